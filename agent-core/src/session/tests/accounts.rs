//! Accounts and their registration.

use std::time::Duration;

use sip_core::{
    agent::{self as sip, AccountConfig, AccountId, RegistrationState},
    wire::Uri,
};

use super::world::World;
use crate::{AccountSettings, Command, Input, Notification, Output};

fn account(uri: &str, registrar: Option<&str>) -> Command {
    let config = AccountConfig {
        uri: Uri::parse(uri).unwrap(),
        display_name: None,
        registrar: registrar.map(|r| Uri::parse(r).unwrap()),
        outbound_proxy: None,
        username: None,
        password: Some("pw".into()),
        register: true,
        expires: Duration::from_secs(600),
    };
    Command::AddAccount(Box::new(AccountSettings {
        config,
        codecs: vec!["PCMU".into()],
    }))
}

#[test]
fn an_account_is_named_registers_and_its_states_are_told() {
    let mut w = World::headless();
    let token = w.ask(account("sip:me@example.com", None));
    assert_eq!(w.reply(token).unwrap().unwrap()["account"], "acc-1");
    let state = RegistrationState::Failed {
        status: Some(503),
        reason: "overloaded".into(),
        retry_in: Some(Duration::from_secs(2)),
    };
    w.input(Input::Sip(sip::Event::Registration {
        account: AccountId(1),
        state,
    }));
    let told = Notification::AccountState {
        account: "acc-1".into(),
        state: "failed",
        status: Some(503),
        reason: Some("overloaded".into()),
        retry_in_s: Some(2),
    };
    assert_eq!(w.notes(), [&told]);
    let twice = w.ask(account("sip:me@example.com", None));
    assert_eq!(w.reply(twice).unwrap().unwrap_err().code(), 2);
    let gone = w.ask(Command::RemoveAccount(AccountId(1)));
    assert!(w.reply(gone).unwrap().is_ok());
    let again = w.ask(Command::RemoveAccount(AccountId(1)));
    assert_eq!(w.reply(again).unwrap().unwrap_err().code(), 1);
}

#[test]
fn numbers_are_completed_and_the_accounts_codecs_are_used() {
    let mut w = World::headless();
    w.send(account("sip:me@example.com", None));
    w.send(Command::StartCall {
        to: "100".into(),
        account: Some(AccountId(1)),
        headers: vec![],
    });
    let crate::MediaCommand::Open { codecs, .. } = w.media()[0].clone() else {
        panic!()
    };
    assert_eq!(codecs, ["PCMU"]);
    w.opened(w.last_leg());
    assert_eq!(w.sip()[1], "call sip:100@example.com");
}

#[test]
fn a_registrar_elsewhere_is_where_calls_go_first() {
    for (uri, registrar, proxied) in [
        ("sip:me@example.com", None, false),
        ("sip:me@127.0.0.1", Some("sip:127.0.0.1"), false),
        ("sip:me@127.0.0.1", Some("sip:127.0.0.1:15060"), true),
        ("sip:me@example.com", Some("sip:127.0.0.1:5060"), true),
        ("sip:me@example.com", Some("sip:example.com;transport=tcp"), true),
    ] {
        let mut w = World::headless();
        w.send(account(uri, registrar));
        let proxy = w.out.iter().find_map(|o| match o {
            Output::Sip(sip::Command::AddAccount { config, .. }) => Some(config.outbound_proxy.is_some()),
            _ => None,
        });
        assert_eq!(proxy, Some(proxied), "{uri} {registrar:?}");
    }
}

#[test]
fn a_name_goes_through_the_account_that_completes_it_and_an_address_goes_directly() {
    let mut w = World::headless();
    w.ask(account("sip:me@example.com", None));
    for (to, through) in [
        ("bob", Some(AccountId(1))),
        ("+31 20 123", Some(AccountId(1))),
        ("sip:bob@10.0.0.1", None),
        ("10.0.0.1:5070", None),
    ] {
        w.take();
        let (to, account, headers) = (to.to_owned(), None, Vec::new());
        w.send(Command::StartCall { to, account, headers });
        w.opened(w.last_leg());
        let called = w.out.iter().find_map(|o| match o {
            Output::Sip(sip::Command::Call { account, .. }) => Some(*account),
            _ => None,
        });
        assert_eq!(called, Some(through));
    }
}

#[test]
fn a_refresh_is_not_told_as_a_change() {
    let mut w = World::headless();
    w.ask(account("sip:me@example.com", None));
    w.take();
    for _ in 0..2 {
        let (account, expires) = (AccountId(1), Duration::from_secs(300));
        let state = RegistrationState::Registered { expires };
        w.input(Input::Sip(sip::Event::Registration { account, state }));
    }
    assert_eq!(w.notes().len(), 1);
}

#[test]
fn what_this_version_cannot_reach_is_no_account() {
    for (uri, registrar, field) in [
        ("sips:me@example.com", None, "uri: "),
        ("sip:me@example.com", Some("sip:r;transport=tls"), "registrar: "),
        ("sip:me@example.com", Some("sip:r;transport=ws"), "registrar: "),
    ] {
        let mut w = World::headless();
        let token = w.ask(account(uri, registrar));
        let error = w.reply(token).unwrap().unwrap_err();
        assert_eq!(error.code(), -32602);
        assert!(error.to_string().starts_with(field), "{error}");
        assert!(w.sip().is_empty(), "nothing is tried for ever");
    }
}
