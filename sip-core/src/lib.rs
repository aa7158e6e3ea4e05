//! SIP user agent, registrar and proxy as pure state machines.
