//! Sockets for sip-core on tokio.
