//! Ringside: the agent's window and its headless twin.
//!
//! | looking for | open |
//! |---|---|
//! | the one owner of session and drivers, and the handle faces hold | [`runtime`] |
//! | one thing of the operating system | [`drivers`] |
//! | what the agent sees | [`window`] |
//! | JSON-RPC on stdin and stdout | [`headless`] |

pub mod drivers;
pub mod headless;
pub mod runtime;
pub mod window;
