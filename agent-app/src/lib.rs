//! Ringside: the agent's window and its headless twin.
//!
//! | looking for | open |
//! |---|---|
//! | the one owner of session and drivers, and the handle faces hold | [`runtime`] |
//! | one thing of the operating system | [`drivers`] |
//! | a contact centre of one's own, to try it | `demo` |
//! | what the agent sees | [`window`] |
//! | JSON-RPC on stdin and stdout | [`headless`] |

#[cfg(feature = "demo")]
pub mod demo;
pub mod drivers;
pub mod headless;
pub mod runtime;
pub mod window;
