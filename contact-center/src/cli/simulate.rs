//! `ringside-server simulate`: customers and colleagues against a running server.

use super::Failure;

/// Call a running contact centre as simulated customers, and answer as simulated colleagues.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

#[expect(clippy::unused_async, reason = "the simulator will wait for its calls here")]
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    tracing::debug!(?args, "simulate");
    Err(Failure("simulate is not available yet".to_owned()))
}
