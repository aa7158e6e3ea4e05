//! Plain sentences for the end of a call.

use crate::wire::{Headers, Response, header::CSeq};

/// What a final response to INVITE means to the person who called.
pub(super) fn of_refusal(response: &Response, note: Option<&str>) -> String {
    let words = match response.status {
        300..=399 => "the peer redirected the call too often or to nowhere",
        401 | 407 => note.unwrap_or("wrong user name or password"),
        403 => "the server does not allow this call",
        404 | 604 => "this address does not exist",
        408 => "the peer did not answer in time",
        410 => "this address does not exist any more",
        415 | 488 | 606 => "the peer cannot do voice the way we offer it",
        480 => "the peer is not reachable now",
        481 => "the peer does not know this call",
        482 | 483 => "the call went round in circles",
        484 => "the address is incomplete",
        486 | 600 => "the peer is busy",
        487 => "the call was cancelled",
        603 => "the peer declined",
        500..=599 => "the server failed",
        _ => "the peer refused the call",
    };
    format!("{words} ({} {})", response.status, response.reason)
}

/// The text of a Reason header (RFC 3326): the quoted text, else protocol and cause.
pub(super) fn reason_text(headers: &Headers) -> Option<String> {
    let value = headers.get("Reason")?;
    let text = value.split_once("text=").map(|(_, text)| text.trim());
    let words = match text.and_then(|t| t.strip_prefix('"')) {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => text.map_or(value, |t| t.split([';', ',']).next().unwrap_or_default()),
    };
    let words = words.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

/// The code of a Reason header with protocol SIP.
pub(super) fn reason_code(headers: &Headers) -> Option<u16> {
    let value = headers.get("Reason")?;
    let rest = value.trim().strip_prefix("SIP")?;
    let (_, code) = rest.split_once("cause=")?;
    code.split([';', ',', ' ']).next()?.parse().ok()
}

/// The number of the request a response answers.
pub(super) fn seq_of(response: &Response) -> u32 {
    response.headers.cseq().map_or(0, |CSeq { seq, .. }| seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_however_they_are_quoted() {
        let mut headers = Headers::new();
        headers.push("Reason", r#"SIP;cause=200;text="Call completed elsewhere""#);
        assert_eq!(reason_text(&headers).as_deref(), Some("Call completed elsewhere"));
        assert_eq!(reason_code(&headers), Some(200));
        headers.set("Reason", "Q.850;cause=16");
        assert_eq!(reason_text(&headers).as_deref(), Some("Q.850;cause=16"));
        assert_eq!(reason_code(&headers), None);
    }
}
