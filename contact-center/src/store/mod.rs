//! The database: accounts, roster, journal, feed, tokens. SQLite through sqlx.
//!
//! Reads happen once, at the start ([`Store::load`]); while running the tables in memory are what counts and
//! the database follows: [`Store::write`] never waits. A database that is full, locked or broken is a
//! [health problem](crate::health::Health) and is retried; calls go on.
//!
//! | file | holds |
//! |---|---|
//! | `open` | opening, pragmas, migrations, errors in words |
//! | `load` | everything read at the start |
//! | `writer` | the one task that writes, in batches, and retries |
//! | `rows` | how one write becomes rows |
//! | `password` | argon2 hashes |
//! | `faults` | ways to break it, for tests |
//! | `demo` | the demo's contact centre |

mod demo;
mod faults;
mod load;
mod open;
mod password;
mod rows;
mod writer;

pub use demo::{Credential, seed_demo};
pub use load::{Loaded, StationAccount, User};
pub use open::{Location, Store, StoreError};
pub use password::{Hash, PasswordError};
pub use rows::{FeedRow, TokenKind, TokenRow, Write};
