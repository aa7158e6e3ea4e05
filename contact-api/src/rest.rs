//! REST bodies of acp/1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::UccInfo;

/// `POST /api/v1/auth/token`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct TokenRequest {
    /// The agent's sign-in address, `pat@demo.ringside`.
    pub address: String,
    /// The password.
    pub password: String,
    /// The station's stable id, chosen by the client (one per installation and session).
    pub station: String,
}

/// Answer to [`TokenRequest`].
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct TokenResponse {
    /// Bearer token for REST and for `hello`.
    pub access: String,
    /// Exchanged for a new pair when `access` has expired.
    pub refresh: String,
    /// Lifetime of `access` in seconds.
    pub expires_in: u64,
}

/// `POST /api/v1/auth/refresh`; answered with a new [`TokenResponse`]. A refresh token works once: using it
/// again revokes every token of that sign-in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct RefreshRequest {
    /// The refresh token of the latest pair.
    pub refresh: String,
}

/// `GET /healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`, or `degraded` when there is a problem; calls go on either way.
    pub status: String,
    /// The server's version.
    pub version: String,
    /// What is wrong, by part: one sentence each, with what to do.
    pub problems: std::collections::BTreeMap<String, String>,
}

/// `POST /api/v1/stations`: the SIP account of this station.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct StationSip {
    /// Address of record, `sip:st-4f2a@demo.ringside`.
    pub uri: String,
    /// Digest user name.
    pub username: String,
    /// Digest password: random, this station's own, new at every sign-in.
    pub password: String,
    /// Where to register and send requests, `sip:127.0.0.1:5060;transport=udp`.
    pub registrar: String,
}

/// `GET /api/v1/me`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// The agent's id.
    pub agent: String,
    /// The agent's name.
    pub name: String,
    /// The sign-in address.
    pub address: String,
    /// The UCCs the agent belongs to.
    pub uccs: Vec<UccInfo>,
}

/// An RFC 9457 problem document (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `about:blank` or a URI naming the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do, for people.
    pub detail: String,
    /// A stable machine code: `bad_credentials`, `token_expired`, `not_found`, ….
    pub code: String,
}

impl std::fmt::Debug for StationSip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StationSip")
            .field("uri", &self.uri)
            .field("registrar", &self.registrar)
            .finish_non_exhaustive()
    }
}
