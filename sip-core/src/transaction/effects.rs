//! What the machines ask for, carried out: messages sent and handed up, alarms moved, transactions forgotten.

use std::time::Instant;

use super::{
    ClientId, Effect, Layer, Output, Path, ServerId, derive,
    entry::{Id, ServerMachine},
};
use crate::wire::{Request, Response};

impl Layer {
    pub(super) fn apply_client(
        &mut self,
        now: Instant,
        id: ClientId,
        effects: Vec<Effect>,
        mut at_hand: Option<(Response, Path)>,
    ) {
        let mut done = false;
        let mut silent = false;
        let mut cancel = None;
        let Some(tx) = self.clients.get_mut(&id) else {
            return;
        };
        for effect in effects {
            let output = match effect {
                Effect::Send => Output::Transmit {
                    path: tx.path,
                    bytes: tx.bytes.clone(),
                    reopen: None,
                },
                Effect::Acknowledge => {
                    let Some((response, _)) = &at_hand else { continue };
                    let Ok(bytes) = derive::ack_for_failure(&tx.request, response).to_bytes() else {
                        continue;
                    };
                    Output::Transmit {
                        path: tx.path,
                        bytes,
                        reopen: None,
                    }
                }
                Effect::Deliver => {
                    let Some((response, path)) = at_hand.take() else {
                        continue;
                    };
                    Output::Response {
                        client: id,
                        response: Box::new(response),
                        path,
                    }
                }
                Effect::Cancel => {
                    cancel = Some((derive::cancel(&tx.request), tx.path, tx.key.branch().to_owned()));
                    continue;
                }
                Effect::NoReply => {
                    silent = true;
                    Output::NoReply { client: id }
                }
                Effect::Done => {
                    done = true;
                    continue;
                }
                Effect::Trying => continue,
            };
            self.outputs.push_back(output);
        }
        if let Some((request, path, branch)) = cancel {
            // The CANCEL has its own transaction on the INVITE's branch; its 200 or 481 changes nothing.
            self.start_client(now, request, path, &branch);
        }
        if done {
            self.forget_client(id);
            if !silent {
                self.outputs.push_back(Output::Over { client: id });
            }
        } else {
            self.reindex_client(id);
        }
    }

    pub(super) fn apply_server(
        &mut self,
        now: Instant,
        id: ServerId,
        effects: Vec<Effect>,
        mut at_hand: Option<(Request, Path)>,
    ) {
        let mut done = false;
        let Some(tx) = self.servers.get_mut(&id) else {
            return;
        };
        for effect in effects {
            match effect {
                Effect::Trying => {
                    let trying = tx.request.response(100, "");
                    let mut nested = Vec::new();
                    if let ServerMachine::Invite(m) = &mut tx.machine
                        && m.respond(now, &self.timing, 100, &mut nested)
                    {
                        tx.bytes = trying.to_bytes().ok();
                    }
                    if let Some(bytes) = &tx.bytes {
                        self.outputs.push_back(Output::Transmit {
                            path: tx.path,
                            bytes: bytes.clone(),
                            reopen: tx.reopen,
                        });
                    }
                }
                Effect::Send => {
                    if let Some(bytes) = &tx.bytes {
                        self.outputs.push_back(Output::Transmit {
                            path: tx.path,
                            bytes: bytes.clone(),
                            reopen: tx.reopen,
                        });
                    }
                }
                Effect::Deliver => {
                    if let Some((request, path)) = at_hand.take() {
                        self.outputs.push_back(Output::Ack {
                            request: Box::new(request),
                            invite: Some(id),
                            path,
                        });
                    }
                }
                Effect::NoReply => self.outputs.push_back(Output::Unacknowledged { server: id }),
                Effect::Done => done = true,
                Effect::Acknowledge | Effect::Cancel => {}
            }
        }
        if done {
            self.forget_server(id);
        } else {
            self.reindex_server(id);
        }
    }

    pub(super) fn reindex_client(&mut self, id: ClientId) {
        if let Some(tx) = self.clients.get_mut(&id) {
            self.alarms.set(Id::Client(id), tx.timers().next_timeout());
        }
    }

    pub(super) fn reindex_server(&mut self, id: ServerId) {
        if let Some(tx) = self.servers.get_mut(&id) {
            self.alarms.set(Id::Server(id), tx.timers().next_timeout());
        }
    }

    pub(super) fn forget_client(&mut self, id: ClientId) {
        if let Some(tx) = self.clients.remove(&id) {
            self.client_keys.remove(&tx.key);
            self.alarms.set(Id::Client(id), None);
        }
    }

    pub(super) fn forget_server(&mut self, id: ServerId) {
        if let Some(tx) = self.servers.remove(&id) {
            self.server_keys.remove(&tx.key);
            if let Some(merge) = tx.merge {
                self.merge_keys.remove(&merge);
            }
            self.alarms.set(Id::Server(id), None);
        }
    }
}
