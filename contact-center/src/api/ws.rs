//! The live socket (CONTRACTS §4).
//!
//! ```text
//!  opened ──hello──▶ welcome ─▶ replay | snap ─▶ live: ev, res ⇄ cmd, ack
//!     └─ no hello, bad token, wrong station ─▶ goaway       │
//!                    slow, takeover, restart, silence ──────┴─▶ goaway, close
//! ```

use std::sync::Arc;

use axum::{
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::StatusCode,
    response::Response,
};
use contact_api::{
    PROTOCOL,
    frame::{ClientFrame, OpError, Resume, ServerFrame, goaway},
};
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Api, MAX_BODY, problem::Failure, sessions::Session};
use crate::center::Attachment;

/// Longest command id, in bytes.
const MAX_ID: usize = 128;

pub(super) async fn upgrade(
    State(api): State<Api>,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let socket = socket
        .map_err(|why| Failure::new(StatusCode::UPGRADE_REQUIRED, "not_a_websocket", why.body_text()))?;
    Ok(socket
        .max_message_size(MAX_BODY)
        .max_frame_size(MAX_BODY)
        .on_upgrade(|socket| run(api, socket)))
}

async fn run(api: Api, mut socket: WebSocket) {
    match open(&api, &mut socket).await {
        Ok((session, attached)) => {
            let connection = attached.connection;
            let reason = live(&api, &mut socket, attached).await;
            api.inner.center.detach(connection).await;
            if let Some(goaway::TAKEOVER | goaway::SIGNED_OUT) = reason {
                api.forget(&session.user, &session.station);
            }
            if let Some(reason) = reason {
                close(&api, &mut socket, reason).await;
            }
        }
        Err(reason) => close(&api, &mut socket, reason).await,
    }
}

/// The first frame, or the reason to go away.
async fn open(api: &Api, socket: &mut WebSocket) -> Result<(Session, Attachment), &'static str> {
    let (token, station, resume) = hello(api, socket).await?;
    let session = api.sessions().access(api.now(), &token).ok_or(goaway::TOKEN)?;
    if session.station != station {
        return Err(goaway::TOKEN);
    }
    let (agent, own) = (session.user.as_str().into(), session.station.as_str().into());
    let attached = api
        .inner
        .center
        .attach(agent, own, resume)
        .await
        .map_err(|_| goaway::RESTART)??;
    Ok((session, attached))
}

async fn hello(api: &Api, socket: &mut WebSocket) -> Result<(String, String, Option<Resume>), &'static str> {
    let deadline = Instant::now() + api.inner.timing.hello;
    loop {
        let message = timeout_at(deadline, socket.recv())
            .await
            .map_err(|_| goaway::PROTOCOL)?;
        match message {
            Some(Ok(Message::Text(text))) => {
                return match serde_json::from_str(&text) {
                    Ok(ClientFrame::Hello {
                        proto: PROTOCOL,
                        token,
                        station,
                        resume,
                    }) => Ok((token, station, resume)),
                    _ => Err(goaway::PROTOCOL),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Err(goaway::PROTOCOL),
        }
    }
}

/// Until the end; gives the reason to tell the client, `None` when it is gone already.
async fn live(api: &Api, socket: &mut WebSocket, mut attached: Attachment) -> Option<&'static str> {
    let timing = api.inner.timing;
    for frame in std::mem::take(&mut attached.first) {
        send(api, socket, &frame).await?;
    }
    let mut heard = Instant::now();
    let mut ping_at = heard + timing.ping;
    loop {
        tokio::select! {
            frame = attached.live.recv() => match frame {
                // What is queued for a client that does not read is of no use to it.
                Some(_) if attached.goaway.get() == Some(&goaway::SLOW) => return Some(goaway::SLOW),
                Some(frame) => send(api, socket, &frame).await?,
                None => return Some(attached.goaway.get().copied().unwrap_or(goaway::RESTART)),
            },
            message = socket.recv() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => match receive(api, attached.connection, &text).await {
                        Received::Done => {}
                        Received::Refused(frame) => send(api, socket, &frame).await?,
                        Received::Garbage => return Some(goaway::PROTOCOL),
                    },
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => return Some(goaway::PROTOCOL),
                    Some(Ok(Message::Close(_))) | None => return None,
                    // Too large, not UTF-8, or the connection broke; the first two can still be told.
                    Some(Err(_)) => return Some(goaway::PROTOCOL),
                }
            }
            () = tokio::time::sleep_until(ping_at) => {
                if heard.elapsed() >= timing.dead {
                    return None;
                }
                let ping = Message::Ping(axum::body::Bytes::new());
                timeout(timing.write, socket.send(ping)).await.ok()?.ok()?;
                ping_at = Instant::now() + timing.ping.min(timing.dead / 2);
            }
        }
    }
}

enum Received {
    Done,
    /// A command this server cannot read; the client learns that by its id.
    Refused(Arc<str>),
    Garbage,
}

async fn receive(api: &Api, connection: u64, text: &str) -> Received {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Received::Garbage;
    };
    let kind = value.get("t").and_then(Value::as_str).unwrap_or_default();
    if kind != "cmd" {
        // `ack` needs nothing: replay starts where the client says. Other kinds are from newer clients.
        return if value.is_object() {
            Received::Done
        } else {
            Received::Garbage
        };
    }
    let Some(id) = value
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| id.len() <= MAX_ID)
    else {
        return Received::Garbage;
    };
    let id = id.to_owned();
    match serde_json::from_value(value) {
        Ok(ClientFrame::Cmd { id, op, if_version }) => {
            api.inner.center.command(connection, id, op, if_version).await;
            Received::Done
        }
        Ok(_) => Received::Garbage,
        Err(error) => {
            let err = OpError {
                code: "bad_request".into(),
                detail: format!("This server does not understand the command: {error}"),
            };
            let refusal = ServerFrame::Res {
                id,
                ok: false,
                seq: None,
                body: None,
                err: Some(err),
            };
            Received::Refused(serde_json::to_string(&refusal).unwrap_or_default().into())
        }
    }
}

/// `None` when the client is gone or does not read.
async fn send(api: &Api, socket: &mut WebSocket, frame: &str) -> Option<()> {
    timeout(api.inner.timing.write, socket.send(Message::Text(frame.into())))
        .await
        .ok()?
        .ok()
}

async fn close(api: &Api, socket: &mut WebSocket, reason: &'static str) {
    let frame = ServerFrame::Goaway {
        reason: reason.into(),
        reconnect_ms: [500, 3_000],
    };
    let text = serde_json::to_string(&frame).unwrap_or_default();
    if send(api, socket, &text).await.is_some() {
        let end = CloseFrame {
            code: close_code::NORMAL,
            reason: reason.into(),
        };
        let _ = timeout(api.inner.timing.write, socket.send(Message::Close(Some(end)))).await;
    }
}
