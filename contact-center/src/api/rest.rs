//! Resources: who I am, my station's SIP account, health and figures.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use contact_api::rest::{Health, Me, StationSip};

use super::{Api, problem::Failure, sessions::Session};

pub(super) async fn me(State(api): State<Api>, session: Session) -> Result<Json<Me>, Failure> {
    let me = api.inner.center.me(session.user.into()).await?;
    me.map(Json).ok_or_else(Failure::token)
}

/// This station becomes the agent's phone and gets a SIP account with a new secret. The station before, if
/// any, is told and its tokens are revoked.
pub(super) async fn stations(State(api): State<Api>, session: Session) -> Result<Json<StationSip>, Failure> {
    let user = session.user.clone();
    let moved = api
        .inner
        .center
        .station_in(session.user.into(), session.station.into())
        .await?;
    let moved =
        moved.map_err(|refusal| Failure::new(StatusCode::CONFLICT, "wrong_state", refusal.to_string()))?;
    if let Some(before) = moved.from {
        api.forget(&user, before.as_str());
    }
    Ok(Json(moved.sip))
}

/// 200 while calls can be taken, whatever else is wrong; 503 when the center has stopped.
pub(super) async fn healthz(State(api): State<Api>) -> Response {
    let mut problems = api.inner.health.problems();
    let alive = api.inner.center.metrics().await.is_ok();
    if !alive {
        problems.insert("queue", "The queue has stopped; restart the server.".into());
    }
    let health = Health {
        status: if problems.is_empty() { "ok" } else { "degraded" }.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        problems: problems
            .into_iter()
            .map(|(part, sentence)| (part.to_owned(), sentence))
            .collect(),
    };
    let status = if alive {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health)).into_response()
}

pub(super) async fn metrics(State(api): State<Api>) -> Result<Response, Failure> {
    let text = api.inner.center.metrics().await?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response())
}
