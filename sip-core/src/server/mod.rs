//! Registrar and stateful proxy.
