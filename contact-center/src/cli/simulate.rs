//! `ringside-server simulate`: customers and colleagues against a running server.

use std::{net::IpAddr, time::Duration};

use sip_core::wire::Uri;

use super::{Failure, stop::Stop};
use crate::{
    serve,
    simulate::{self, Script, SimulatorConfig},
};

/// Call a running contact centre as simulated customers with real SIP, RTP and speech.
///
/// Prints one JSON line with what happened once all customers are done, or on SIGTERM or Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    ringside-server simulate --server sip:127.0.0.1:5060 --number sip:sales@127.0.0.1:5060 --customers 10")]
pub(crate) struct Args {
    /// The server's SIP address.
    #[arg(long, value_name = "URI")]
    server: String,
    /// A number to call. Repeatable.
    #[arg(long, value_name = "URI", required = true)]
    number: Vec<String>,
    /// How many customers call in all; for ever when not given.
    #[arg(long, value_name = "N")]
    customers: Option<u64>,
    /// How many are on the line at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = at_least_one)]
    at_once: usize,
    /// Seconds between two customers.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds, allow_hyphen_values = true)]
    every: Duration,
    /// Seconds a customer stays on the line, waiting included.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, allow_hyphen_values = true)]
    stay: Duration,
    /// Makes the same customers again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The address voice is received on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    media: IpAddr,
}

/// A time in seconds, at most a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let value: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(value)
        .ok()
        .filter(|time| *time <= Duration::from_secs(86_400))
        .ok_or_else(|| "not a time from 0 to 86400 s".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count = text.parse::<usize>().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "not a whole number from 1".to_owned())
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let uri = |text: &str| {
        text.parse::<Uri>()
            .map_err(|e| Failure(format!("{text} is not a SIP address: {e}")))
    };
    let (every, stay) = (args.every, args.stay);
    let mut stop = Stop::listen()?;
    let running = simulate::start(SimulatorConfig {
        proxy: uri(&args.server)?,
        numbers: args
            .number
            .iter()
            .map(|number| uri(number))
            .collect::<Result<_, _>>()?,
        customers: Some(Script {
            seed: args.seed,
            first_after: Duration::ZERO,
            pause: every..every + every / 4 + Duration::from_millis(1),
            stay: stay..stay + stay / 4 + Duration::from_millis(1),
            at_once: args.at_once,
            total: args.customers,
        }),
        voices: serve::customer_voices()?,
        colleagues: Vec::new(),
        media_ip: args.media,
    })?;
    let report = running.finished_or(stop.asked()).await;
    super::say(&report)?;
    match report.failed.first() {
        None => Ok(()),
        Some(first) => Err(Failure(format!(
            "{} calls failed, the first: {first}",
            report.failed.len()
        ))),
    }
}
