//! How long a phone takes from INVITE to `call.incoming`, and from `call.answer` to the caller's 200 OK: two phones
//! in one process over loopback UDP. Prints p50 and p95 in milliseconds; the goal is 20 each.
//!
//! `cargo run --release -p agent-app --example ring_latency -- 200`

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use agent_app::runtime::{FaceEvent, Runtime, RuntimeConfig};
use agent_core::{Command, Notification};
use sip_core::agent::CallId;

const PATIENCE: Duration = Duration::from_secs(5);

struct Phone {
    runtime: Runtime,
    events: Receiver<(Instant, Notification)>,
}

impl Phone {
    fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let (told, events) = channel();
        let mut config = RuntimeConfig::silent();
        config.sip_listen = vec!["udp:127.0.0.1:0".parse()?];
        config.accept_any_user = true;
        config.session.exclusive = false;
        let runtime = Runtime::start(config, move |event| {
            if let FaceEvent::Notify(notification) = event {
                // The other end is there until the phone stops.
                let _ = told.send((Instant::now(), notification));
            }
        })?;
        Ok(Self { runtime, events })
    }

    fn wait(
        &self,
        wanted: impl Fn(&Notification) -> bool,
    ) -> Result<(Instant, Notification), RecvTimeoutError> {
        loop {
            let told = self.events.recv_timeout(PATIENCE)?;
            if wanted(&told.1) {
                return Ok(told);
            }
        }
    }
}

fn state(wanted: &'static str) -> impl Fn(&Notification) -> bool {
    move |n| matches!(n, Notification::CallState { state, .. } if *state == wanted)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: u64 = std::env::args().nth(1).map_or(Ok(100), |n| n.parse())?;
    let (caller, callee) = (Phone::start()?, Phone::start()?);
    let target = callee.runtime.listening()[0].replace("udp:", "sip:bench@");
    let (mut to_incoming, mut to_answered) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let headers = Vec::new();
        caller.runtime.handle().send(Command::StartCall {
            to: target.clone(),
            account: None,
            headers,
        });
        // `calling` is told as the INVITE leaves.
        let (sent, _) = caller.wait(state("calling"))?;
        let (arrived, _) = callee.wait(|n| matches!(n, Notification::CallIncoming { .. }))?;
        caller.wait(state("ringing"))?;
        let answering = Instant::now();
        callee
            .runtime
            .handle()
            .send(Command::Answer(CallId::incoming(round)));
        let (answered, _) = caller.wait(state("confirmed"))?;
        to_incoming.push(arrived.saturating_duration_since(sent));
        to_answered.push(answered.saturating_duration_since(answering));
        caller
            .runtime
            .handle()
            .send(Command::Hangup(CallId::outgoing(round)));
        caller.wait(state("ended"))?;
        callee.wait(state("ended"))?;
    }
    report("INVITE to call.incoming", &mut to_incoming);
    report("call.answer to 200 OK at the caller", &mut to_answered);
    caller.runtime.shutdown();
    callee.runtime.shutdown();
    Ok(())
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: p50 {:.2} ms, p95 {:.2} ms, max {:.2} ms ({} calls)",
        at(0.5),
        at(0.95),
        at(1.0),
        times.len()
    );
}
