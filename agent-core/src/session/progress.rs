//! What SIP and the media engine say about calls.

use sip_core::{
    agent::{self as sip, CallId, CallState},
    sdp::{Direction, NegotiatedMedia},
};

use super::{
    REMEMBERED_CALLS, Session,
    call::{Phase, Wanted},
};
use crate::{CommandError, MediaCommand, MediaInput, Notification, Output, Token};

impl Session {
    pub(super) fn sip(&mut self, event: sip::Event) {
        match event {
            sip::Event::Registration { account, state } => self.registration(account, state),
            sip::Event::Incoming(arrived) => self.incoming(*arrived),
            sip::Event::State {
                call,
                state,
                status,
                reason,
            } => self.moved(call, state, status, reason),
            sip::Event::Media {
                call,
                media,
                local_hold,
                remote_hold,
            } => {
                self.agreed(call, media, local_hold, remote_hold);
            }
            sip::Event::MediaRefused { call, status, cause } => self.not_agreed(call, status, &cause),
            sip::Event::Ended {
                call,
                status,
                reason,
                cause,
            } => self.finish(call, status, reason, cause),
            sip::Event::Pong { .. } => {}
            sip::Event::Trouble { what } => self.toasts.error(self.now, what),
            sip::Event::Stopped => self.finish_stop(),
        }
    }

    fn moved(&mut self, id: CallId, state: CallState, status: Option<u16>, reason: Option<String>) {
        let now = self.now;
        let Ok(call) = self.find(id) else { return };
        let name = match state {
            CallState::Calling => "calling",
            CallState::Ringing => "ringing",
            CallState::Early => "early",
            CallState::Confirmed => "confirmed",
        };
        // A call that is being hung up, or that we are answering, keeps its own phase until it is confirmed.
        match (state, &call.phase) {
            (_, Phase::Ending) | (CallState::Confirmed, Phase::Confirmed) => {}
            (CallState::Confirmed, _) => {
                call.phase = Phase::Confirmed;
                call.answered.get_or_insert(now);
            }
            (CallState::Ringing, Phase::Calling) => call.phase = Phase::Ringing,
            (CallState::Early, Phase::Calling | Phase::Ringing) => call.phase = Phase::Early,
            _ => {}
        }
        let confirmed = matches!(call.phase, Phase::Confirmed);
        self.tell(id, name, status, reason);
        if confirmed {
            // Two calls may be confirmed at once when the second was started before the first was answered.
            let newest = self
                .calls
                .iter()
                .filter(|c| matches!(c.phase, Phase::Confirmed))
                .max_by_key(|c| c.precedence);
            if let Some(newest) = newest.map(|c| c.id) {
                self.hold_others(newest);
            }
        }
    }

    /// `call.state`, unless that was said last.
    pub(super) fn tell(
        &mut self,
        id: CallId,
        state: &'static str,
        status: Option<u16>,
        reason: Option<String>,
    ) {
        let Ok(call) = self.find(id) else { return };
        if call.told == Some((state, status)) || (state == "calling" && call.told.is_some()) {
            return;
        }
        call.told = Some((state, status));
        self.out.push(Output::Notify(Notification::CallState {
            call: id.to_string(),
            state,
            status,
            reason,
            cause: None,
        }));
    }

    fn agreed(&mut self, id: CallId, media: Box<NegotiatedMedia>, local_hold: bool, remote_hold: bool) {
        let now = self.now;
        let Ok(call) = self.find(id) else { return };
        call.local_hold = local_hold;
        call.remote_hold = remote_hold;
        if call.hold_pending == Some(local_hold) {
            call.hold_pending = None;
        }
        match call.hold_pending.unwrap_or(local_hold) {
            true => call.held_since = call.held_since.or(Some(now)),
            false => call.held_since = None,
        }
        call.media = Some(media.clone());
        let leg = call.leg;
        let answered: Vec<Token> = call
            .waiting
            .extract_if(.., |(_, want)| match want {
                Wanted::Hold => local_hold,
                Wanted::Resume => !local_hold,
                Wanted::Reinvite => true,
            })
            .map(|(token, _)| token)
            .collect();
        self.out.push(Output::Notify(Notification::CallMedia {
            call: id.to_string(),
            codec: media.codec.name.clone(),
            direction: direction_name(media.direction),
            local_hold,
            remote_hold,
            srtp: false,
            remote: media.remote_rtp.map(|a| a.to_string()).unwrap_or_default(),
        }));
        self.out.push(Output::Media(MediaCommand::Update { leg, media }));
        for token in answered {
            self.done(Some(token));
        }
    }

    fn not_agreed(&mut self, id: CallId, status: Option<u16>, cause: &str) {
        let Ok(call) = self.find(id) else { return };
        call.hold_pending = None;
        if !call.local_hold {
            call.held_since = None;
        }
        let asked = std::mem::take(&mut call.waiting);
        if asked.is_empty() {
            self.toasts.error(self.now, cause);
        }
        for (token, _) in asked {
            let error = match status {
                Some(status) => CommandError::Refused {
                    status,
                    reason: cause.to_owned(),
                },
                None => CommandError::Network(cause.to_owned()),
            };
            self.refuse(Some(token), error);
        }
    }

    /// A call is over, once.
    pub(super) fn finish(&mut self, id: CallId, status: Option<u16>, reason: Option<String>, cause: String) {
        let Some(at) = self.calls.iter().position(|c| c.id == id) else {
            return;
        };
        let mut call = self.calls.remove(at);
        let cause = match call.refusal.take() {
            Some((refused, why)) if status == Some(refused) => why,
            _ => cause,
        };
        if self.ended.len() == REMEMBERED_CALLS {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
        self.out.push(Output::Notify(Notification::CallState {
            call: id.to_string(),
            state: "ended",
            status,
            reason,
            cause: Some(cause.clone()),
        }));
        self.out
            .push(Output::Media(MediaCommand::Close { leg: call.leg }));
        let waiting = call.waiting.iter().map(|(token, _)| *token);
        let answering = match &call.wish {
            Some(super::call::Wish::Answer(tokens)) => tokens.clone(),
            _ => Vec::new(),
        };
        for token in waiting.chain(answering) {
            let problem = format!("call {id} has ended: {cause}");
            self.refuse(Some(token), CommandError::WrongState(problem));
        }
        if let Some(offer) = &call.offer {
            self.offered_call_ended(offer, id);
        }
        if call.answered.is_none() && !call.ended_here && !self.stop.is_begun() {
            match (call.outgoing, &call.offer) {
                (true, _) => self
                    .toasts
                    .warning(self.now, format!("No call to {}: {cause}", call.name())),
                (false, None) => self
                    .toasts
                    .info(self.now, format!("Missed call from {}", call.name())),
                (false, Some(_)) => {}
            }
        }
    }

    pub(super) fn media(&mut self, input: MediaInput) {
        match input {
            MediaInput::Opened { leg, local } => {
                let Some(call) = self.by_leg(leg) else {
                    // The call ended while its socket was being bound; it is closed already.
                    return;
                };
                let (id, outgoing) = (call.id, call.outgoing);
                call.local = Some(local.clone());
                if outgoing {
                    self.dial_out(id, local)
                } else {
                    self.leg_ready(id)
                }
            }
            MediaInput::OpenFailed { leg, reason } => self.leg_failed(leg, &reason),
            MediaInput::Levels { leg, levels } => {
                if let Some(call) = self.by_leg(leg) {
                    call.levels = levels;
                }
            }
            MediaInput::Flowing { leg } => {
                if let Some(call) = self.by_leg(leg) {
                    call.trouble = None;
                }
            }
            MediaInput::Lost { leg } => {
                if let Some(call) = self.by_leg(leg) {
                    call.trouble =
                        Some("You do not hear the caller: no voice has arrived for 2 seconds".into());
                }
            }
            MediaInput::Dtmf {
                leg,
                digit,
                duration_ms,
            } => {
                let Some(call) = self.by_leg(leg) else { return };
                let call = call.id.to_string();
                self.out.push(Output::Notify(Notification::CallDtmf {
                    call,
                    digit: digit.to_string(),
                    duration_ms,
                }));
            }
            MediaInput::Audio(state) => {
                // A face shows the problem for as long as there is one: no toast says it again.
                if self.view.audio != state {
                    self.view.audio = state;
                    self.revision += 1;
                }
            }
            MediaInput::Stats { token, stats } => match stats {
                Some(stats) => self.give(Some(token), stats),
                None => {
                    let problem = "the call has ended";
                    self.refuse(Some(token), CommandError::WrongState(problem.into()));
                }
            },
        }
    }

    fn leg_failed(&mut self, leg: crate::LegId, reason: &str) {
        let Some(call) = self.by_leg(leg) else { return };
        let (id, outgoing) = (call.id, call.outgoing);
        let tokens = match call.wish.take() {
            Some(super::call::Wish::Answer(tokens)) => tokens,
            _ => Vec::new(),
        };
        for token in tokens {
            self.refuse(
                Some(token),
                CommandError::Network(format!("no voice for call {id}: {reason}")),
            );
        }
        self.toasts
            .error(self.now, format!("A call cannot have voice: {reason}"));
        if outgoing {
            self.finish(id, None, None, format!("No voice: {reason}"));
        } else {
            self.refuse_by_itself(id, 503, &format!("no voice: {reason}"));
        }
    }
}

const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}
