//! `ringside-server registrar`: registrar and proxy alone.

use std::path::PathBuf;

use serde_json::json;
use sip_core::server::{Event, Limits};
use sip_net::Listen;

use super::{Failure, stop::Stop};
use crate::registrar::{self, users_file};

/// Run a registrar and proxy alone, without queue and API.
///
/// Phones register with the users of FILE and call each other by name. Once it listens, one JSON line on
/// standard output says where: {"ready":["udp:127.0.0.1:5060"]}. SIGTERM or Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "FILE has one user:password a line; empty lines and lines that begin with # are skipped.\n\
    Example:\n  printf 'alice:secret1\\nbob:secret2\\n' > users.txt\n  \
    ringside-server registrar --listen udp:127.0.0.1:5060 --listen tcp:127.0.0.1:5060 --users users.txt"
)]
pub(crate) struct Args {
    /// Where to listen: udp:ADDRESS:PORT, tcp:ADDRESS:PORT, or ADDRESS:PORT for both. Repeatable; port 0 lets
    /// the system choose.
    #[arg(long, value_name = "LISTEN", required = true)]
    listen: Vec<Listen>,
    /// Who may register: one user:password a line.
    #[arg(long, value_name = "FILE")]
    users: PathBuf,
    /// A name that addresses may use besides the server's own addresses. Repeatable.
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
    /// The digest realm; the first domain, or "ringside", when not given.
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let mut running = registrar::start(registrar::Config {
        listen: args.listen,
        domains: args.domain,
        realm: args.realm,
        users: users_file::read(&args.users)?,
        limits: Limits::default(),
    })?;
    let ready: Vec<String> = running.bound().iter().map(ToString::to_string).collect();
    super::say(&json!({ "ready": ready }))?;
    loop {
        tokio::select! {
            () = stop.asked() => break,
            event = running.next_event() => match event {
                Some(event) => report(&event),
                None => return Err(Failure("the registrar has ended by itself".to_owned())),
            },
        }
    }
    running.shutdown().await;
    Ok(())
}

fn report(event: &Event) {
    match event {
        Event::Registered { aor, contact, .. } => tracing::info!(%aor, %contact, "registered"),
        Event::Unregistered { aor, contact, .. } => tracing::info!(%aor, %contact, "no longer registered"),
        Event::WrongPassword { user, from } => tracing::warn!(%user, %from, "wrong password or unknown user"),
        Event::Trouble { what } => tracing::error!(%what),
    }
}
