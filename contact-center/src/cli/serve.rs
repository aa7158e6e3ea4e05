//! `ringside-server serve`: the whole contact centre.

use std::path::PathBuf;

use super::Failure;

/// Run the whole contact centre.
///
/// With --demo it brings its own users, skills and simulated customers, and needs nothing else. Once it is up,
/// one JSON line on standard output says where: {"ready":true,"api":"http://…","sip":["udp:…"],…}.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration file (TOML).
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "demo",
        conflicts_with = "demo"
    )]
    pub(crate) config: Option<PathBuf>,
    /// Bring up the demo contact centre.
    #[arg(long)]
    pub(crate) demo: bool,
    /// Where the demo keeps its data; a temporary folder when not given.
    #[arg(long, value_name = "DIR", requires = "demo")]
    pub(crate) data: Option<PathBuf>,
    /// Where the API listens; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) api: std::net::SocketAddr,
    /// Where SIP listens, UDP and TCP; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) sip: std::net::SocketAddr,
    /// Without simulated customers.
    #[arg(long, requires = "demo")]
    pub(crate) no_customers: bool,
}

#[expect(
    clippy::unused_async,
    reason = "the whole contact centre will wait for its sockets here"
)]
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    tracing::debug!(?args, "serve");
    Err(Failure("serve is not available yet".to_owned()))
}
