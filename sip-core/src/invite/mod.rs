//! Calls: INVITE sessions from both sides.
