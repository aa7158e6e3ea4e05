//! Which request an answer belongs to. Every request gets exactly one response.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use agent_core::{CommandError, Token};
use serde_json::{Value, json};

use super::{
    input::{Line, MAX_LINE},
    methods,
    request::{self, RpcError},
    writer::Writer,
};
use crate::runtime::{FaceEvent, RuntimeHandle};

/// Requests that wait for their answer.
#[derive(Clone, Debug)]
pub(super) struct Responses {
    writer: Writer,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    ids: HashMap<u64, Value>,
    stopped: bool,
}

impl Responses {
    pub(super) fn new(writer: Writer) -> Self {
        Self {
            writer,
            waiting: Arc::default(),
        }
    }

    /// Handles one line of input.
    pub(super) fn line(&self, line: Line<'_>, handle: &RuntimeHandle, server: Option<&str>) {
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong => {
                let problem = format!("a line is at most {MAX_LINE} bytes");
                return self.refuse(&Value::Null, RpcError::new(RpcError::PARSE, problem));
            }
        };
        let request = match request::parse(bytes) {
            Ok(request) => request,
            Err((id, error)) => return self.refuse(&id, error),
        };
        let id = request.id.clone();
        match (methods::command(request, server), id) {
            (Ok(command), Some(id)) => match self.wait(id) {
                Ok(token) => handle.request(token, command),
                Err(id) => self.refuse(&id, stopped()),
            },
            (Ok(command), None) => handle.send(command),
            (Err(error), Some(id)) => self.refuse(&id, error),
            // A notification gets no response, not even an error (JSON-RPC 2.0 §4.1).
            (Err(error), None) => tracing::warn!(error.message, "a notification that cannot be done"),
        }
    }

    /// Takes what the session tells.
    pub(super) fn sink(&self) -> impl FnMut(FaceEvent) + Send + 'static {
        let this = self.clone();
        move |event| match event {
            FaceEvent::Reply { token, result } => {
                let Some(id) = this.lock().ids.remove(&token.0) else {
                    return;
                };
                this.writer
                    .line(request::response(&id, result.map(|r| r.0).map_err(rpc_error)));
            }
            FaceEvent::Notify(notification) => match serde_json::to_value(&notification) {
                Ok(mut line) => {
                    line["jsonrpc"] = json!("2.0");
                    this.writer.line(line.to_string());
                }
                Err(error) => tracing::error!(%error, "a notification cannot be written"),
            },
            // For eyes, not for programs.
            FaceEvent::Alert { .. } => {}
            FaceEvent::Stopped => {
                let left = {
                    let mut waiting = this.lock();
                    waiting.stopped = true;
                    std::mem::take(&mut waiting.ids)
                };
                for id in left.values() {
                    this.refuse(id, stopped());
                }
            }
        }
    }

    fn wait(&self, id: Value) -> Result<Token, Value> {
        let mut waiting = self.lock();
        if waiting.stopped {
            return Err(id);
        }
        waiting.next += 1;
        let token = waiting.next;
        waiting.ids.insert(token, id);
        Ok(Token(token))
    }

    fn refuse(&self, id: &Value, error: RpcError) {
        self.writer.line(request::response(id, Err(error)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> RpcError {
    RpcError::new(2, "the session has stopped")
}

fn rpc_error(error: CommandError) -> RpcError {
    let data = match &error {
        CommandError::Refused { status, reason } => Some(json!({ "status": status, "reason": reason })),
        _ => None,
    };
    RpcError {
        code: error.code(),
        message: error.to_string(),
        data,
    }
}
