//! Sign-in, refresh, and who is asking.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
};
use contact_api::rest::{RefreshRequest, TokenRequest, TokenResponse};

use super::{
    Api,
    body::Body,
    problem::Failure,
    random,
    sessions::{ACCESS_MS, Refreshed, Session},
};
use crate::store::{TokenRow, Write};

/// A sign-in waits this long for its turn to be hashed.
const HASH_PATIENCE: Duration = Duration::from_secs(10);
/// Longest address, password and station id.
const MAX_FIELD: usize = 256;

pub(super) async fn token(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Body(request): Body<TokenRequest>,
) -> Result<Json<TokenResponse>, Failure> {
    for (name, text) in [
        ("address", &request.address),
        ("password", &request.password),
        ("station", &request.station),
    ] {
        if text.is_empty() || text.len() > MAX_FIELD {
            let detail = format!("{name} must have 1 to {MAX_FIELD} bytes.");
            return Err(Failure::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "bad_field",
                detail,
            ));
        }
    }
    let address = request.address.trim().to_lowercase();
    let user = check_password(&api, &address, request.password, from.ip()).await?;
    let session = Session {
        user,
        station: request.station,
    };
    let (access, refresh) = pair()?;
    let family = random().map_err(Failure::internal)?;
    let rows = api
        .sessions()
        .issue(api.now(), &session, &access, &refresh, &family);
    keep(&api, rows);
    Ok(Json(TokenResponse {
        access,
        refresh,
        expires_in: ACCESS_MS / 1000,
    }))
}

/// The user id, or the one answer for a wrong address and a wrong password.
async fn check_password(api: &Api, address: &str, password: String, from: IpAddr) -> Result<String, Failure> {
    let attempt = api.gate().attempt(api.now(), address, from);
    attempt.map_err(|seconds| {
        let detail = format!("Too many attempts; try again in {seconds} s.");
        Failure::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail).retry_after(seconds)
    })?;
    let user = api.inner.users.get(address);
    let hash = user.map_or(&api.inner.nobody, |user| &user.password).clone();
    let slot = tokio::time::timeout(HASH_PATIENCE, api.inner.hashing.acquire()).await;
    let Ok(Ok(_slot)) = slot else {
        let detail = "Too many people sign in at once; try again in a moment.";
        return Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry_after(5));
    };
    let fits = tokio::task::spawn_blocking(move || hash.fits(&password))
        .await
        .map_err(Failure::internal)?;
    match user {
        Some(user) if fits => {
            api.gate().succeeded(address, from);
            Ok(user.agent.to_string())
        }
        _ => Err(Failure::new(
            StatusCode::UNAUTHORIZED,
            "bad_credentials",
            "Sign-in address or password is wrong.",
        )),
    }
}

pub(super) async fn refresh(
    State(api): State<Api>,
    Body(request): Body<RefreshRequest>,
) -> Result<Json<TokenResponse>, Failure> {
    let (access, refresh) = pair()?;
    let refreshed = api
        .sessions()
        .refresh(api.now(), &request.refresh, &access, &refresh);
    match refreshed {
        Refreshed::Pair(rows) => {
            keep(&api, rows);
            Ok(Json(TokenResponse {
                access,
                refresh,
                expires_in: ACCESS_MS / 1000,
            }))
        }
        Refreshed::Stolen(family) => {
            tracing::warn!("a refresh token was used twice; its sign-in is revoked");
            api.inner.store.write(Write::ForgetFamily(family));
            Err(Failure::token())
        }
        Refreshed::Unknown => Err(Failure::token()),
    }
}

fn pair() -> Result<(String, String), Failure> {
    Ok((
        random().map_err(Failure::internal)?,
        random().map_err(Failure::internal)?,
    ))
}

fn keep(api: &Api, rows: Vec<TokenRow>) {
    for row in rows {
        api.inner.store.write(Write::Token(row));
    }
}

impl FromRequestParts<Api> for Session {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        token
            .and_then(|token| api.sessions().access(api.now(), token))
            .ok_or_else(Failure::token)
    }
}
