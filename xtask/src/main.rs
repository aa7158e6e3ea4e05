//! Demo, test and set-up commands.
fn main() {}
