//! CONTRACTS §3: method and parameters to one [`Command`].

use std::time::Duration;

use agent_core::{AccountSettings, Command, Digits, Secret};
use sip_core::{agent::AccountConfig, wire::Uri};

use super::{
    params::{Params, bad},
    request::{Request, RpcError},
};
use crate::drivers::codecs;

/// What CONTRACTS §3 names and this version cannot do yet: a program must not take it for its own typo.
const NOT_YET: &[&str] = &[
    "call.conference",
    "call.record",
    "call.record_pause",
    "call.record_resume",
    "call.record_stop",
    "call.split",
    "call.transfer",
    "call.update",
    "classify",
    "contacts.search",
    "conversation.add",
    "conversation.cancel_consult",
    "conversation.complete",
    "conversation.transfer",
    "dial",
    "history.list",
    "message.send",
    "recording.pause",
    "recording.resume",
    "recording.stop",
    "subscribe",
    "unsubscribe",
    "wrapup.end",
    "wrapup.extend",
];

/// The command a request asks for; `server` is `--server`.
pub(super) fn command(request: Request, server: Option<&str>) -> Result<Command, RpcError> {
    let Request { method, params, .. } = request;
    let mut p = Params::new(params);
    let command = match method.as_str() {
        "account.add" => Command::AddAccount(Box::new(account(&mut p)?)),
        "account.remove" => Command::RemoveAccount(p.account()?.ok_or_else(|| bad("account", "is missing"))?),
        "call.start" => Command::StartCall {
            to: p.text("to")?,
            account: p.account()?,
            headers: p.headers()?,
        },
        "call.ring" => Command::Ring {
            call: p.call()?,
            status: p.status(180)?,
            early_media: p.flag("early_media", false)?,
        },
        "call.answer" => Command::Answer(p.call()?),
        "call.reject" => Command::Reject {
            call: p.call()?,
            status: p.status(486)?,
        },
        "call.redirect" => Command::Redirect {
            call: p.call()?,
            to: p.text("to")?,
        },
        "call.hangup" => Command::Hangup(p.call()?),
        "call.hold" => Command::Hold(p.call()?),
        "call.resume" => Command::Resume(p.call()?),
        "call.mute" => Command::Mute(p.call()?),
        "call.unmute" => Command::Unmute(p.call()?),
        "call.dtmf" => dtmf(&mut p)?,
        "call.stats" => Command::Stats(p.call()?),
        "call.reinvite" => {
            let call = p.call()?;
            if !p.flag("offer", true)? {
                return Err(bad(
                    "offer",
                    "false is not available yet: a re-INVITE always offers",
                ));
            }
            Command::Reinvite(call)
        }
        "agent.sign_in" => Command::SignIn {
            server: match (p.optional_text("server")?, server) {
                (Some(given), _) => given,
                (None, Some(option)) => option.to_owned(),
                (None, None) => return Err(bad("server", "is missing, and there is no --server")),
            },
            address: p.text("address")?,
            password: Secret(p.text("password")?),
        },
        // A program that signs out means it: the contract's method asks nothing back. `force: false` does.
        "agent.sign_out" => Command::SignOut {
            force: p.flag("force", true)?,
        },
        "agent.ucc_sign_in" => {
            // Nothing asks back at a sign-in; taken because the two methods share their parameters.
            p.flag("force", false)?;
            Command::UccSignIn(p.text("ucc")?)
        }
        "agent.ucc_sign_out" => Command::UccSignOut {
            ucc: p.text("ucc")?,
            force: p.flag("force", false)?,
        },
        "agent.ready" => {
            p.optional_text("reason")?;
            Command::Ready
        }
        "agent.not_ready" => Command::NotReady {
            reason: p.optional_text("reason")?,
        },
        "agent.why" => Command::Why,
        "offer.accept" => Command::AcceptOffer(p.text("offer")?),
        "offer.ignore" => Command::IgnoreOffer(p.text("offer")?),
        "queue.take" => Command::TakeFromQueue(p.text("conversation")?),
        "queue.list" => Command::ListQueue,
        "conversation.end" => Command::EndConversation(p.text("conversation")?),
        unknown => {
            let problem = match NOT_YET.contains(&unknown) {
                true => format!("`{unknown}` is not available in this version yet"),
                false => format!("there is no method `{unknown}`"),
            };
            return Err(RpcError::new(RpcError::NO_METHOD, problem));
        }
    };
    p.finish()?;
    Ok(command)
}

fn dtmf(p: &mut Params) -> Result<Command, RpcError> {
    let call = p.call()?;
    let digits = p.text("digits")?;
    match p.optional_text("method")?.as_deref() {
        None | Some("rfc4733") => Ok(Command::Dtmf {
            call,
            digits: Digits(digits),
        }),
        Some("info" | "inband") => Err(bad("method", "only rfc4733 is available yet")),
        Some(_) => Err(bad("method", "must be rfc4733, info or inband")),
    }
}

fn account(p: &mut Params) -> Result<AccountSettings, RpcError> {
    let uri = uri(p, "uri")?.ok_or_else(|| bad("uri", "is missing"))?;
    let expires = p.number("expires", 600)?;
    if !(1..=86_400).contains(&expires) {
        return Err(bad("expires", "must be 1 to 86400 seconds"));
    }
    match p.optional_text("srtp")?.as_deref() {
        None | Some("off" | "optional") => {}
        Some("required") => {
            return Err(bad(
                "srtp",
                "required is refused: this version cannot encrypt voice yet",
            ));
        }
        Some(_) => return Err(bad("srtp", "must be off, optional or required")),
    }
    let codecs = match p.list("codecs")? {
        none if none.is_empty() => none,
        names => {
            let names = names.iter().map(String::as_str);
            codecs::choose(names).map_err(|e| RpcError::new(RpcError::BAD_PARAMS, e.to_string()))?
        }
    };
    let config = AccountConfig {
        uri,
        display_name: p.optional_text("display_name")?,
        registrar: self::uri(p, "registrar")?,
        outbound_proxy: self::uri(p, "outbound_proxy")?,
        username: p.optional_text("username")?,
        password: p.optional_text("password")?,
        register: p.flag("register", true)?,
        expires: Duration::from_secs(expires),
    };
    Ok(AccountSettings { config, codecs })
}

/// A SIP URI; `sip:` may be left out.
fn uri(p: &mut Params, name: &str) -> Result<Option<Uri>, RpcError> {
    let Some(text) = p.optional_text(name)? else {
        return Ok(None);
    };
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let lower = text.to_ascii_lowercase();
    let whole = match lower.starts_with("sip:") || lower.starts_with("sips:") {
        true => text.to_owned(),
        false => format!("sip:{text}"),
    };
    match Uri::parse(&whole) {
        Ok(uri) if uri.is_sip() => Ok(Some(uri)),
        Ok(_) => Err(bad(name, "must be a sip: URI")),
        Err(error) => Err(bad(name, &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::request;

    fn ask(method: &str, params: &str) -> Result<Command, RpcError> {
        let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        command(
            request::parse(line.as_bytes()).unwrap(),
            Some("http://127.0.0.1:1"),
        )
    }

    fn complaint(method: &str, params: &str) -> (i64, String) {
        let error = ask(method, params).unwrap_err();
        (error.code, error.message)
    }

    #[test]
    fn every_method_of_this_version_is_known() {
        for (method, params) in [
            (
                "account.add",
                r#"{"uri":"sip:a@h","registrar":"sip:h:5070;transport=tcp","username":"a","password":"p","register":false,"expires":60,"outbound_proxy":"h","display_name":"A","srtp":"optional","codecs":["opus","G722"]}"#,
            ),
            ("account.remove", r#"{"account":"acc-1"}"#),
            (
                "call.start",
                r#"{"to":"sip:b@h","account":"acc-1","headers":{"X-A":"1","X-B":["2","3"]}}"#,
            ),
            ("call.ring", r#"{"call":"in-1","status":183,"early_media":true}"#),
            ("call.answer", r#"{"call":"in-1"}"#),
            ("call.reject", r#"{"call":"in-1","status":603}"#),
            ("call.redirect", r#"{"call":"in-1","to":"sip:c@h"}"#),
            ("call.hangup", r#"{"call":"out-1"}"#),
            ("call.hold", r#"{"call":"out-1"}"#),
            ("call.resume", r#"{"call":"out-1"}"#),
            ("call.mute", r#"{"call":"out-1"}"#),
            ("call.unmute", r#"{"call":"out-1"}"#),
            ("call.dtmf", r#"{"call":"out-1","digits":"12#"}"#),
            ("call.stats", r#"{"call":"out-1"}"#),
            ("call.reinvite", r#"{"call":"out-1","offer":true}"#),
            ("agent.sign_in", r#"{"address":"pat@x","password":"p"}"#),
            ("agent.sign_out", "{}"),
            ("agent.ucc_sign_in", r#"{"ucc":"u"}"#),
            ("agent.ucc_sign_out", r#"{"ucc":"u","force":true}"#),
            ("agent.ready", "{}"),
            ("agent.not_ready", r#"{"reason":"lunch"}"#),
            ("agent.why", "{}"),
            ("offer.accept", r#"{"offer":"o"}"#),
            ("offer.ignore", r#"{"offer":"o"}"#),
            ("queue.take", r#"{"conversation":"c"}"#),
            ("queue.list", "{}"),
            ("conversation.end", r#"{"conversation":"c"}"#),
        ] {
            assert!(
                ask(method, params).is_ok(),
                "{method}: {:?}",
                ask(method, params).err()
            );
        }
    }

    #[test]
    fn what_is_not_there_yet_is_told_apart_from_a_typo() {
        for method in [
            "call.transfer",
            "call.conference",
            "call.split",
            "call.update",
            "call.record",
            "call.record_pause",
            "call.record_resume",
            "call.record_stop",
            "message.send",
            "subscribe",
            "unsubscribe",
            "conversation.transfer",
            "conversation.complete",
            "conversation.cancel_consult",
            "conversation.add",
            "recording.pause",
            "recording.resume",
            "recording.stop",
            "wrapup.extend",
            "wrapup.end",
            "classify",
            "dial",
            "contacts.search",
            "history.list",
        ] {
            let sentence = format!("`{method}` is not available in this version yet");
            assert_eq!(complaint(method, r#"{"x":1}"#), (-32601, sentence));
        }
        for typo in ["call.tranfer", "call.record_stopp", "Dial", "wrapup", ""] {
            let sentence = format!("there is no method `{typo}`");
            assert_eq!(complaint(typo, "{}"), (-32601, sentence));
        }
    }

    #[test]
    fn f_022_signing_out_asks_back_only_on_request_and_leaving_one_ucc_always() {
        let forced = |params: &str| match ask("agent.sign_out", params) {
            Ok(Command::SignOut { force }) => force,
            other => panic!("{params}: {other:?}"),
        };
        assert!(forced("{}") && forced(r#"{"force":true}"#));
        assert!(!forced(r#"{"force":false}"#));
        let one = ask("agent.ucc_sign_out", r#"{"ucc":"u"}"#);
        assert!(
            matches!(one, Ok(Command::UccSignOut { force: false, .. })),
            "{one:?}"
        );
    }

    #[test]
    fn complaints_name_the_field() {
        for (method, params, field) in [
            ("call.start", "{}", "to"),
            ("call.start", r#"{"to":7}"#, "to"),
            ("call.start", r#"{"to":"sip:b@h","acount":"acc-1"}"#, "acount"),
            ("call.start", r#"{"to":"sip:b@h","headers":{"X":1}}"#, "headers"),
            ("call.answer", r#"{"call":7}"#, "call"),
            ("call.reject", r#"{"call":"in-1","status":"busy"}"#, "status"),
            ("call.reject", r#"{"call":"in-1","status":99999}"#, "status"),
            ("account.add", r#"{"uri":"nonsense@"}"#, "uri"),
            ("account.add", r#"{"uri":"sip:a@h","srtp":"required"}"#, "srtp"),
            ("account.add", r#"{"uri":"sip:a@h","codecs":["speex"]}"#, "codecs"),
            ("account.add", r#"{"uri":"sip:a@h","expires":0}"#, "expires"),
            (
                "call.dtmf",
                r#"{"call":"in-1","digits":"1","method":"info"}"#,
                "method",
            ),
            ("call.reinvite", r#"{"call":"in-1","offer":false}"#, "offer"),
        ] {
            let (code, message) = complaint(method, params);
            assert_eq!(code, -32602, "{method} {params}: {message}");
            assert!(
                message.starts_with(&format!("{field}:")),
                "{method} {params}: {message}"
            );
        }
        assert_eq!(
            complaint("call.answer", r#"{"call":"x"}"#),
            (1, "there is no call x".into())
        );
    }
}
