//! `ringside-server serve`: the whole contact centre.

use std::{net::SocketAddr, path::PathBuf};

use super::{Failure, stop::Stop};
use crate::serve::{self, ServeConfig};

/// Run the whole contact centre.
///
/// With --demo it brings its own users, skills and simulated customers, and needs nothing else. Once it is up,
/// one JSON line on standard output says where: {"ready":true,"api":"http://…","sip":["udp:…"],…}.
/// SIGTERM or Ctrl-C hangs up and ends it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  ringside-server serve --demo --sip 127.0.0.1:5060 --api 127.0.0.1:8080\n  \
    Then sign in with one of the printed agents, or call one of the printed numbers with any SIP phone."
)]
pub(crate) struct Args {
    /// The configuration file (TOML). Not available yet: use --demo.
    #[arg(long, value_name = "FILE", conflicts_with = "demo", hide = true)]
    config: Option<PathBuf>,
    /// Bring up the demo contact centre; so far there is no other.
    #[arg(long, required_unless_present = "config")]
    demo: bool,
    /// Where the demo keeps its database; in memory when not given.
    #[arg(long, value_name = "DIR", requires = "demo")]
    data: Option<PathBuf>,
    /// Where the API listens; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    api: SocketAddr,
    /// Where SIP listens, UDP and TCP; port 0 lets the system choose.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    sip: SocketAddr,
    /// Without simulated customers.
    #[arg(long, requires = "demo")]
    no_customers: bool,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if let Some(file) = &args.config {
        return Err(Failure(format!(
            "cannot serve {}: there is no configuration file yet; start the demo contact centre with --demo",
            file.display()
        )));
    }
    let mut config = ServeConfig {
        api: args.api,
        sip: args.sip,
        data: args.data,
        ..ServeConfig::demo()
    };
    if args.no_customers {
        config.customers = None;
    }
    let mut stop = Stop::listen()?;
    let serving = serve::start(config).await?;
    let said = super::say(serving.ready());
    if said.is_ok() {
        stop.asked().await;
    }
    for problem in serving.stop().await {
        tracing::warn!(problem, "while stopping");
    }
    said
}
