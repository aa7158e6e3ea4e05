//! The requests of a sign-in and of its renewal.

use std::time::Duration;

use agent_core::{LinkFault, Secret};
use contact_api::rest::{Me, Problem, RefreshRequest, StationSip, TokenRequest, TokenResponse};
use reqwest::{RequestBuilder, StatusCode, header::RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::address::Server;

/// Longest wait for a connection, and for a whole request.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// Largest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;
/// What to wait when the server does not say.
const DEFAULT_RETRY_S: u64 = 30;

/// Speaks REST with one server.
pub(super) struct Client {
    http: reqwest::Client,
    server: Server,
}

impl Client {
    pub(super) fn new(server: &Server) -> Result<Self, LinkFault> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT)
            // A password is never carried on to wherever a redirect points.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("Ringside/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| LinkFault::Unreachable {
                server: server.typed.clone(),
                why: reason(&e),
            })?;
        let server = server.clone();
        Ok(Self { http, server })
    }

    /// Tokens for an address and password.
    pub(super) async fn token(
        &self,
        address: &str,
        password: &Secret,
        station: &str,
    ) -> Result<TokenResponse, LinkFault> {
        let body = TokenRequest {
            address: address.to_owned(),
            password: password.0.clone(),
            station: station.to_owned(),
        };
        let request = self
            .http
            .post(self.server.resource("api/v1/auth/token"))
            .json(&body);
        self.send(request).await
    }

    /// New tokens for old ones; a refresh token works once.
    pub(super) async fn refresh(&self, refresh: &str) -> Result<TokenResponse, LinkFault> {
        let body = RefreshRequest {
            refresh: refresh.to_owned(),
        };
        let request = self
            .http
            .post(self.server.resource("api/v1/auth/refresh"))
            .json(&body);
        self.send(request).await.map_err(|fault| match fault {
            LinkFault::BadCredentials => LinkFault::Expired,
            fault => fault,
        })
    }

    /// Who we are.
    pub(super) async fn me(&self, token: &str) -> Result<Me, LinkFault> {
        self.send(
            self.http
                .get(self.server.resource("api/v1/me"))
                .bearer_auth(token),
        )
        .await
    }

    /// A SIP account for this station.
    pub(super) async fn station(&self, token: &str) -> Result<StationSip, LinkFault> {
        let request = self
            .http
            .post(self.server.resource("api/v1/stations"))
            .bearer_auth(token);
        self.send(request).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, LinkFault> {
        let mut response = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = response.status();
        let retry_s = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok()?.parse().ok())
            .unwrap_or(DEFAULT_RETRY_S);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(&e))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(self.stranger("its answer is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| self.stranger("its answer is not understood"));
        }
        let problem: Option<Problem> = serde_json::from_slice(&body).ok();
        Err(match (status, problem) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Some(_)) => LinkFault::BadCredentials,
            (StatusCode::TOO_MANY_REQUESTS, _) => LinkFault::TooManyAttempts { retry_s },
            (_, Some(problem)) => LinkFault::Unreachable {
                server: self.server.typed.clone(),
                why: problem.detail,
            },
            (status, None) if status.is_server_error() => LinkFault::Unreachable {
                server: self.server.typed.clone(),
                why: format!("it answers {status}"),
            },
            (status, None) => self.stranger(&format!("it answers {status}")),
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> LinkFault {
        LinkFault::Unreachable {
            server: self.server.typed.clone(),
            why: reason(error),
        }
    }

    fn stranger(&self, why: &str) -> LinkFault {
        LinkFault::NotRingside {
            server: self.server.typed.clone(),
            why: why.to_owned(),
        }
    }
}

/// The innermost reason, in the system's words: the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".into();
    }
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    super::words(source)
}
