//! Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3) and merged requests (§8.2.2.2).

use crate::wire::{Method, Request, Response};

/// A client transaction: branch, the method because a CANCEL shares its INVITE's branch, and the number, so that
/// a response cannot make us count on from one that we never sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientKey {
    branch: String,
    method: String,
    seq: u32,
}

impl ClientKey {
    pub(super) fn new(branch: &str, method: &Method, seq: u32) -> Self {
        Self {
            branch: branch.to_owned(),
            method: method.to_string(),
            seq,
        }
    }

    pub(super) fn of_response(response: &Response) -> Option<Self> {
        let headers = &response.headers;
        let cseq = headers.cseq()?;
        Some(Self::new(&headers.branch()?, &cseq.method, cseq.seq))
    }

    pub(super) fn branch(&self) -> &str {
        &self.branch
    }
}

/// A server transaction. ACK counts as INVITE: it matches the transaction it acknowledges.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ServerKey {
    /// The branch is unique in time and space by its magic cookie.
    Branch {
        branch: String,
        host: String,
        port: u16,
        method: String,
    },
    /// A sender of RFC 2543: everything that stays the same in its copies. The To tag is left out
    /// because the ACK has the one of our response.
    Rfc2543 {
        uri: String,
        from_tag: Option<String>,
        call_id: String,
        cseq: u32,
        via: String,
        method: String,
    },
}

impl ServerKey {
    pub(super) fn of(request: &Request) -> Option<Self> {
        Self::with_method(request, &request.method)
    }

    /// The INVITE a CANCEL means.
    pub(super) fn of_cancelled(cancel: &Request) -> Option<Self> {
        Self::with_method(cancel, &Method::INVITE)
    }

    fn with_method(request: &Request, method: &Method) -> Option<Self> {
        let headers = &request.headers;
        let via = headers.top_via()?;
        let (cseq, call_id) = (headers.cseq()?, headers.call_id()?);
        let method = if *method == Method::ACK {
            &Method::INVITE
        } else {
            method
        };
        let method = method.to_string();
        Some(match via.magic_branch() {
            Some(branch) => Self::Branch {
                branch: branch.to_owned(),
                host: via.host.to_string(),
                port: via.port.unwrap_or(5060),
                method,
            },
            None => Self::Rfc2543 {
                uri: request.uri.to_string(),
                from_tag: headers.from_tag(),
                call_id: call_id.to_owned(),
                cseq: cseq.seq,
                via: headers.values("Via").next()?.to_owned(),
                method,
            },
        })
    }
}

/// One request that forked on its way and came by two branches: the same From tag, Call-ID and CSeq.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MergeKey {
    from_tag: String,
    call_id: String,
    cseq: String,
}

impl MergeKey {
    /// `None` inside a dialog (To has a tag), where there is nothing to merge.
    pub(super) fn of(request: &Request) -> Option<Self> {
        if request.method == Method::CANCEL || request.headers.to_tag().is_some() {
            return None;
        }
        Some(Self {
            from_tag: request.headers.from_tag()?,
            call_id: request.headers.get("Call-ID")?.to_owned(),
            cseq: request.headers.get("CSeq")?.to_owned(),
        })
    }
}
