//! One line to one request (JSON-RPC 2.0 §4).

use serde_json::{Map, Value, json};

/// An error as JSON-RPC writes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Option<Value>,
}

impl RpcError {
    pub(super) const PARSE: i64 = -32700;
    pub(super) const INVALID_REQUEST: i64 = -32600;
    pub(super) const NO_METHOD: i64 = -32601;
    pub(super) const BAD_PARAMS: i64 = -32602;

    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }
}

/// A request; `id` is `None` for a notification, which gets no response.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// Reads a line. An error carries the id to answer to: `null` where none can be read.
pub(super) fn parse(line: &[u8]) -> Result<Request, (Value, RpcError)> {
    let value: Value = serde_json::from_slice(line).map_err(|e| {
        (
            Value::Null,
            RpcError::new(RpcError::PARSE, format!("not JSON: {e}")),
        )
    })?;
    let invalid = |id: Value, problem: &str| (id, RpcError::new(RpcError::INVALID_REQUEST, problem));
    let mut request = match value {
        Value::Object(request) => request,
        Value::Array(_) => return Err(invalid(Value::Null, "batches are not taken: one object a line")),
        _ => return Err(invalid(Value::Null, "a request is a JSON object")),
    };
    let id = request.remove("id");
    let answer_to = match &id {
        Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
        _ => Value::Null,
    };
    if let Some(id) = &id
        && !matches!(id, Value::String(_) | Value::Number(_) | Value::Null)
    {
        return Err(invalid(Value::Null, "id must be a string, a number or null"));
    }
    if request.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid(answer_to, "jsonrpc must be \"2.0\""));
    }
    let Some(Value::String(method)) = request.remove("method") else {
        return Err(invalid(answer_to, "method must be a string"));
    };
    let params = match request.remove("params") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(params)) => params,
        Some(Value::Array(empty)) if empty.is_empty() => Map::new(),
        Some(_) => {
            let error = RpcError::new(
                RpcError::BAD_PARAMS,
                "params must be an object: parameters go by name",
            );
            return Err((answer_to, error));
        }
    };
    Ok(Request { id, method, params })
}

/// A response line.
pub(super) fn response(id: &Value, result: Result<Value, RpcError>) -> String {
    let response = match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(RpcError { code, message, data }) => {
            let mut error = json!({ "code": code, "message": message });
            if let Some(data) = data {
                error["data"] = data;
            }
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    };
    response.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> (Value, i64) {
        let (id, error) = parse(line.as_bytes()).unwrap_err();
        (id, error.code)
    }

    #[test]
    fn requests_and_notifications_are_told_apart() {
        let request = parse(br#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"x":1}}"#).unwrap();
        assert_eq!((request.id, request.method.as_str()), (Some(json!("a")), "m"));
        assert_eq!(parse(br#"{"jsonrpc":"2.0","method":"m"}"#).unwrap().id, None);
    }

    #[test]
    fn what_is_no_request_is_answered_with_the_right_code_and_id() {
        assert_eq!(code("{nonsense"), (Value::Null, -32700));
        assert_eq!(code("\u{fffd}"), (Value::Null, -32700));
        assert_eq!(code("[]"), (Value::Null, -32600));
        for line in ["42", "\"hello\"", "true", "null"] {
            let (id, error) = parse(line.as_bytes()).unwrap_err();
            assert_eq!((id, error.code), (Value::Null, -32600), "{line}");
            assert!(!error.message.contains("batch"), "{line}: {}", error.message);
        }
        assert_eq!(code(r#"{"id":4,"method":"m"}"#), (json!(4), -32600));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":5}"#), (json!(5), -32600));
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#),
            (Value::Null, -32600)
        );
        assert_eq!(
            code(r#"{"jsonrpc":"2.0","id":6,"method":"m","params":[1]}"#),
            (json!(6), -32602)
        );
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(code(&deep).1, -32700);
    }
}
