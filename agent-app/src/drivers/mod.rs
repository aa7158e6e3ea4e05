//! One file per thing of the operating system. Drivers carry out what the session decides; they decide nothing.

pub mod alert;
pub mod center;
pub mod codecs;
pub mod media;
pub mod ring;
pub mod settings;
pub mod signals;
pub mod sip;
