//! INVITEs left behind: a silent address whose turn is over may wake up after all (RFC 3261 §9.1, §13.2.2.4).
//!
//! ```text
//!               1xx: CANCEL
//!   left behind ───────────▶ cancelled ──487──▶ forgotten
//!        │ silence: forgotten     │
//!        └────────2xx────────────┴─▶ ACK, and BYE once for each fork
//! ```
//!
//! The caller talks to another address by then, or has given up: nobody above hears of it.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

use super::{Endpoint, Outgoing};
use crate::{
    dialog::Dialog,
    transaction::{ClientId, Path},
    wire::{Method, Request, Response},
};

/// Forks that are hung up on for one INVITE; a peer that answers more often is not worth a word.
const MAX_FORKS: usize = 8;

#[derive(Debug)]
struct LeftBehind {
    outgoing: Outgoing,
    /// To tags of the forks that have had their BYE.
    hung_up: BTreeSet<String>,
}

/// Every INVITE left behind that may still be answered.
#[derive(Debug, Default)]
pub(super) struct Behind(HashMap<ClientId, LeftBehind>);

impl Behind {
    /// Nothing more comes from this transaction.
    pub(super) fn forget(&mut self, client: ClientId) {
        self.0.remove(&client);
    }
}

impl Endpoint {
    /// Gives up on a silent address.
    pub(super) fn leave_behind(&mut self, now: Instant, client: ClientId, outgoing: Outgoing) {
        if outgoing.request.method != Method::INVITE {
            return self.layer.abandon(client);
        }
        let hung_up = BTreeSet::new();
        self.behind.0.insert(client, LeftBehind { outgoing, hung_up });
        self.layer.cancel(now, client);
    }

    /// A response from an address that was left behind.
    pub(super) fn late_response(&mut self, now: Instant, client: ClientId, response: &Response, path: Path) {
        let Some(left) = self.behind.0.get_mut(&client) else {
            return;
        };
        if !(200..300).contains(&response.status) {
            return;
        }
        let invite = &left.outgoing.request;
        let Some(mut dialog) = Dialog::from_response(invite, response, path) else {
            return;
        };
        let fork = dialog.id().remote_tag.clone();
        let known = left.hung_up.contains(&fork);
        if !known && left.hung_up.len() >= MAX_FORKS {
            return;
        }
        left.hung_up.insert(fork);
        let mut ack = dialog.ack(response.headers.cseq().map_or(0, |c| c.seq));
        ack.headers.copy_credentials(&invite.headers);
        let mut requests = vec![ack];
        if !known {
            requests.push(dialog.request(Method::BYE));
        }
        let login = left.outgoing.login;
        for request in requests {
            self.send_late(now, request, &dialog, login);
        }
    }

    fn send_late(&mut self, now: Instant, request: Request, dialog: &Dialog, login: Option<super::Login>) {
        let outgoing = Outgoing {
            request,
            next_hop: dialog.next_hop(),
            contact: None,
            prefer: Some(dialog.path()),
            login,
        };
        self.send(now, outgoing);
    }
}
