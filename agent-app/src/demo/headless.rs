//! The demo without a window: an agent that answers, talks, holds, resumes and hangs up by itself.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use agent_core::{CallPhase, Command, Notification};
use contact_center::serve::voice_of_the_agent;
use media::engine::{Backend, FileInput};
use serde::Serialize;

use super::server::{DemoError, DemoServer};
use crate::{
    drivers::signals,
    runtime::{FaceEvent, Runtime, RuntimeConfig, RuntimeHandle, STOP_LIMIT},
};

/// How long each part of a call takes.
const TALK: Duration = Duration::from_secs(5);
const HOLD: Duration = Duration::from_millis(1_500);
const TALK_AGAIN: Duration = Duration::from_secs(2);
/// No new call is accepted this close to the end.
const LAST_CALL: Duration = Duration::from_secs(3);
/// How often the agent looks at the view.
const GLANCE: Duration = Duration::from_millis(100);
/// Below this a frame is silence.
const SPEECH_DBFS: f32 = -50.0;
/// 10 ms frames per glance.
const FRAMES_PER_GLANCE: u64 = 10;

/// The one line the headless demo prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DemoReport {
    /// Conversations offered to the agent.
    pub calls_offered: u64,
    /// Offers the agent accepted and was connected for.
    pub calls_answered: u64,
    /// Of those, calls that ended cleanly.
    pub calls_ended: u64,
    /// 10 ms frames of customers' speech in the agent's ear.
    pub audio_frames_heard: u64,
    /// What went wrong.
    pub errors: Vec<String>,
    /// 10 ms frames of the agent's speech that reached the contact centre.
    #[serde(skip)]
    pub agent_frames_heard: u64,
    /// A signal ended it early: what is missing is no fault.
    #[serde(skip)]
    pub interrupted: bool,
}

impl DemoReport {
    /// The line.
    pub fn json(&self) -> String {
        // Numbers and strings only: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// At least one call offered, answered, heard both ways (half a second of speech) and ended, unless it was
    /// interrupted.
    pub fn is_success(&self) -> bool {
        if self.interrupted {
            return self.errors.is_empty();
        }
        self.calls_offered > 0
            && self.calls_answered > 0
            && self.calls_ended > 0
            && self.audio_frames_heard >= 50
            && self.agent_frames_heard >= 50
            && self.errors.is_empty()
    }
}

/// Runs for `duration` and reports.
///
/// # Errors
/// When server or session cannot start; what goes wrong later is in the report.
pub fn run_headless(duration: Duration) -> Result<DemoReport, DemoError> {
    let server = DemoServer::start()?;
    let sign_in = server.sign_in()?;
    let config = RuntimeConfig {
        audio: Backend::File {
            input: FileInput::Samples(voice_of_the_agent()),
            output: None,
        },
        ..RuntimeConfig::silent()
    };
    let (events, inbox) = mpsc::channel();
    let runtime = Runtime::start(config, move |event| {
        // The demo is over when nobody listens any more.
        let _ = events.send(event);
    })?;
    let handle = runtime.handle();
    handle.send(sign_in);
    signals::watch(STOP_LIMIT + signals::AFTERMATH, {
        let handle = handle.clone();
        move || handle.stop()
    });
    let mut demo = Demo {
        handle,
        report: DemoReport::default(),
        call: None,
        signed_in: false,
    };
    demo.watch(&inbox, Instant::now() + duration);
    demo.finish(&inbox);
    let mut report = demo.report;
    runtime.shutdown();
    report.agent_frames_heard = server.heard().agent_speech_frames;
    report.errors.extend(server.stop());
    if report.agent_frames_heard < 50 && report.calls_answered > 0 && !report.interrupted {
        report
            .errors
            .push("the customer did not hear the agent".to_owned());
    }
    Ok(report)
}

/// The call the agent is in.
struct Current {
    call: sip_core::agent::CallId,
    connected: Instant,
    step: Step,
}

enum Step {
    Talking,
    Holding,
    Resumed,
    HangingUp,
}

struct Demo {
    handle: RuntimeHandle,
    report: DemoReport,
    call: Option<Current>,
    signed_in: bool,
}

impl Demo {
    fn watch(&mut self, inbox: &mpsc::Receiver<FaceEvent>, until: Instant) {
        loop {
            let now = Instant::now();
            if self.report.interrupted || (now >= until && self.call.is_none()) {
                return;
            }
            match inbox.recv_timeout(GLANCE) {
                Ok(event) => self.on_event(event),
                Err(mpsc::RecvTimeoutError::Timeout) => self.glance(now, until),
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// A call still up gets a proper end.
    fn finish(&mut self, inbox: &mpsc::Receiver<FaceEvent>) {
        while let Ok(event) = inbox.recv_timeout(GLANCE) {
            self.on_event(event);
        }
        if !self.signed_in && !self.report.interrupted {
            self.report.errors.push("the agent could not sign in".to_owned());
        }
        if let Some(error) = &self.handle.view().sign_in.error {
            self.report.errors.push(error.clone());
        }
    }

    fn on_event(&mut self, event: FaceEvent) {
        match event {
            // Nobody but a signal stops the session before we do.
            FaceEvent::Stopped => self.report.interrupted = true,
            FaceEvent::Notify(Notification::OfferStarted { .. }) => self.report.calls_offered += 1,
            FaceEvent::Notify(Notification::CallState {
                state: "ended", call, ..
            }) => {
                // Whoever hung up first: an end is an end. One that was not clean is in the server's report.
                let ended = self.call.take_if(|current| current.call.to_string() == call);
                self.report.calls_ended += u64::from(ended.is_some());
            }
            _ => {}
        }
    }

    fn glance(&mut self, now: Instant, until: Instant) {
        let view = self.handle.view();
        self.signed_in |= view.agent.is_some();
        let talking = view.calls.iter().find(|call| call.phase == CallPhase::Connected);
        match (&mut self.call, talking) {
            (None, Some(call)) => {
                self.report.calls_answered += 1;
                self.call = Some(Current {
                    call: call.call,
                    connected: now,
                    step: Step::Talking,
                });
            }
            (Some(current), Some(call)) => {
                if call.levels.heard > SPEECH_DBFS && call.held.is_none() {
                    self.report.audio_frames_heard += FRAMES_PER_GLANCE;
                }
                let talked = now.saturating_duration_since(current.connected);
                let in_a_hurry = now + LAST_CALL >= until;
                let (step, command) = match current.step {
                    Step::Talking if talked >= TALK || in_a_hurry => {
                        (Step::Holding, Command::Hold(current.call))
                    }
                    Step::Holding if talked >= TALK + HOLD => (Step::Resumed, Command::Resume(current.call)),
                    Step::Resumed if talked >= TALK + HOLD + TALK_AGAIN => {
                        (Step::HangingUp, Command::Hangup(current.call))
                    }
                    _ => return,
                };
                current.step = step;
                self.handle.send(command);
            }
            (None, None) if now + LAST_CALL < until => {
                let ringing = view.offers.iter().find(|offer| offer.call.is_some());
                if let Some(id) = ringing.and_then(|offer| offer.offer.clone()) {
                    self.handle.send(Command::AcceptOffer(id));
                }
            }
            _ => {}
        }
    }
}
