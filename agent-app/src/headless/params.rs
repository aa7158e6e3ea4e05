//! Parameters of a request: each is taken by name, every complaint names it, and what is left over is a mistake.

use serde_json::{Map, Value};
use sip_core::agent::{AccountId, CallId};

use super::request::RpcError;

/// The parameters not taken yet.
#[derive(Debug)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    pub(super) const fn new(params: Map<String, Value>) -> Self {
        Self(params)
    }

    /// Takes a value that may be absent; `null` is absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|v| !v.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, RpcError> {
        self.optional_text(name)?.ok_or_else(|| bad(name, "is missing"))
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<String>, RpcError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(bad(name, "must be a string")),
        }
    }

    pub(super) fn flag(&mut self, name: &str, otherwise: bool) -> Result<bool, RpcError> {
        match self.take(name) {
            None => Ok(otherwise),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(bad(name, "must be true or false")),
        }
    }

    pub(super) fn number(&mut self, name: &str, otherwise: u64) -> Result<u64, RpcError> {
        match self.take(name) {
            None => Ok(otherwise),
            Some(value) => value.as_u64().ok_or_else(|| bad(name, "must be a whole number")),
        }
    }

    /// A SIP status; its range is checked where it is used.
    pub(super) fn status(&mut self, otherwise: u16) -> Result<u16, RpcError> {
        let status = self.number("status", otherwise.into())?;
        u16::try_from(status).map_err(|_| bad("status", "must be a SIP status"))
    }

    pub(super) fn call(&mut self) -> Result<CallId, RpcError> {
        let name = self.text("call")?;
        let read = |prefix: &str| name.strip_prefix(prefix)?.parse::<u64>().ok();
        match (read("in-"), read("out-")) {
            (Some(n), _) => Ok(CallId::incoming(n)),
            (_, Some(n)) => Ok(CallId::outgoing(n)),
            _ => Err(RpcError::new(1, format!("there is no call {name}"))),
        }
    }

    pub(super) fn account(&mut self) -> Result<Option<AccountId>, RpcError> {
        let Some(name) = self.optional_text("account")? else {
            return Ok(None);
        };
        match name.strip_prefix("acc-").and_then(|n| n.parse().ok()) {
            Some(n) => Ok(Some(AccountId(n))),
            None => Err(RpcError::new(1, format!("there is no account {name}"))),
        }
    }

    /// `{name: value}` or `{name: [value, …]}`.
    pub(super) fn headers(&mut self) -> Result<Vec<(String, String)>, RpcError> {
        let problem = || bad("headers", "must be an object of strings, or of lists of strings");
        let Some(value) = self.take("headers") else {
            return Ok(Vec::new());
        };
        let Value::Object(fields) = value else {
            return Err(problem());
        };
        let mut headers = Vec::new();
        for (name, value) in fields {
            let values = match value {
                Value::Array(values) => values,
                one => vec![one],
            };
            for value in values {
                let Value::String(value) = value else {
                    return Err(problem());
                };
                headers.push((name.clone(), value));
            }
        }
        Ok(headers)
    }

    /// A list of strings, or one string with commas.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<String>, RpcError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(text.split(',').map(|s| s.trim().to_owned()).collect()),
            Some(Value::Array(values)) => values
                .into_iter()
                .map(|v| match v {
                    Value::String(text) => Ok(text),
                    _ => Err(bad(name, "must be a list of strings")),
                })
                .collect(),
            Some(_) => Err(bad(name, "must be a list of strings")),
        }
    }

    /// Nothing may be left: a misspelt parameter must not be ignored in silence.
    pub(super) fn finish(self) -> Result<(), RpcError> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(bad(&name, "is not a parameter of this method")),
        }
    }
}

/// −32602 with the field's name.
pub(super) fn bad(name: &str, problem: &str) -> RpcError {
    RpcError::new(RpcError::BAD_PARAMS, format!("{name}: {problem}"))
}
