//! Answering 401 and 407 for whoever sends (RFC 3261 §22.1–22.3).

use std::collections::BTreeMap;

use crate::{
    Ids,
    auth::DigestClient,
    wire::{Method, Request, Response, header::CSeq},
};

/// Challenges answered for one request; a proxy and a server with one stale nonce each make four.
const MAX_ANSWERS: u8 = 5;

/// Names a user name and password kept by the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Login(pub u64);

/// Every user name and password, with what servers asked so far.
#[derive(Debug, Default)]
pub(super) struct Logins(BTreeMap<Login, DigestClient>);

impl Logins {
    pub(super) fn set(&mut self, login: Login, username: &str, password: &str) {
        self.0.insert(login, DigestClient::new(username, password));
    }

    pub(super) fn remove(&mut self, login: Login) {
        self.0.remove(&login);
    }

    /// Adds credentials nobody asked for yet: to REGISTER only, which goes where they were asked for before.
    pub(super) fn authorize_unasked(&mut self, login: Option<Login>, request: &mut Request, ids: &mut Ids) {
        if request.method == Method::REGISTER
            && let Some(client) = login.and_then(|l| self.0.get_mut(&l))
            && client.is_primed()
        {
            client.authorize(request, &ids.tag());
        }
    }

    /// Makes `request` ready to be sent again with credentials and the next CSeq.
    ///
    /// # Errors
    /// A sentence that says why there is no point.
    pub(super) fn answer(
        &mut self,
        login: Option<Login>,
        request: &mut Request,
        response: &Response,
        answers: &mut u8,
        ids: &mut Ids,
    ) -> Result<(), String> {
        let Some(client) = login.and_then(|l| self.0.get_mut(&l)) else {
            return Err("the server asks for a password and there is none".to_owned());
        };
        if *answers >= MAX_ANSWERS {
            return Err("the server asks for the password again and again".to_owned());
        }
        *answers += 1;
        client
            .challenged(request, response)
            .map_err(|error| error.to_string())?;
        client.authorize(request, &ids.tag());
        if let Some(CSeq { seq, method }) = request.headers.cseq() {
            request.headers.set_typed(&CSeq::new(seq + 1, method));
        }
        Ok(())
    }
}
