//! The pages of the window, one file each. A screen draws from a [`Scene`](super::scene::Scene), keeps what is
//! typed and chosen in [`Local`](super::local::Local) and puts what the person wants into a list of commands.

pub mod confirm;
pub mod contact;
pub mod conversation;
pub mod dialogues;
pub mod idle;
pub mod keypad;
pub mod me_menu;
pub mod profile;
pub mod quit;
pub mod rail;
pub mod ring;
pub mod settings;
pub mod sign_in;
pub mod sound;
pub mod top_bar;
