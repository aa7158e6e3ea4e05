//! Accounts: their registrations, and who we are in a call.

use std::time::Instant;

use super::{AccountConfig, AccountId, Event, RegistrationState, UserAgent, user_agent::Owner};
use crate::{
    FlowId,
    flow::{Failure, JobId, Login},
    invite::Profile,
    register::{Next, Registration},
    transaction::Path,
    wire::{Host, NameAddr, Response, Uri},
};

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) config: AccountConfig,
    registration: Option<Registration>,
}

impl Account {
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.registration.as_ref()?.next_timeout()
    }
}

impl UserAgent {
    pub(super) fn add_account(&mut self, now: Instant, id: AccountId, config: AccountConfig) {
        if self.accounts.contains_key(&id) {
            self.remove_account(now, id);
        }
        let login = Login(id.0);
        let username = config.username.as_deref().or(config.uri.user.as_deref());
        if let (Some(username), Some(password)) = (username, &config.password) {
            self.endpoint.set_login(login, username, password);
        }
        let registration = config
            .register
            .then(|| Registration::new(config.clone(), login, &self.config.user_agent, &mut self.endpoint));
        self.accounts.insert(id, Account { config, registration });
        self.on_registration(id, |r, endpoint| r.start(now, endpoint));
    }

    /// Unregisters; the account is forgotten when that is answered.
    pub(super) fn remove_account(&mut self, now: Instant, id: AccountId) {
        let registers = self.accounts.get(&id).is_some_and(|a| a.registration.is_some());
        if registers {
            self.on_registration(id, |r, endpoint| r.stop(now, endpoint));
        } else {
            self.accounts.remove(&id);
            self.endpoint.remove_login(Login(id.0));
        }
    }

    /// The registrar has removed it already.
    pub(super) fn forget_account(&mut self, now: Instant, id: AccountId) {
        self.on_registration(id, |r, endpoint| r.forget(now, endpoint));
        // One that never registered.
        if self.accounts.remove(&id).is_some() {
            self.endpoint.remove_login(Login(id.0));
        }
    }

    pub(super) fn reregister(&mut self, now: Instant, id: AccountId) {
        self.on_registration(id, |r, endpoint| r.again(now, endpoint));
    }

    pub(super) fn stop_accounts(&mut self, now: Instant) {
        let ids: Vec<AccountId> = self.accounts.keys().copied().collect();
        for id in ids {
            self.remove_account(now, id);
        }
    }

    pub(super) fn accounts_timeout(&mut self, now: Instant) {
        let due: Vec<AccountId> = self
            .accounts
            .iter()
            .filter(|(_, a)| a.next_timeout().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.on_registration(id, |r, endpoint| r.handle_timeout(now, endpoint));
        }
    }

    pub(super) fn accounts_moved(&mut self, now: Instant) {
        let ids: Vec<AccountId> = self.accounts.keys().copied().collect();
        for id in ids {
            self.on_registration(id, |r, endpoint| r.network_changed(now, endpoint));
        }
    }

    pub(super) fn accounts_flow_closed(&mut self, now: Instant, flow: FlowId) {
        let ids: Vec<AccountId> = self.accounts.keys().copied().collect();
        for id in ids {
            self.on_registration(id, |r, endpoint| r.flow_closed(now, endpoint, flow));
        }
    }

    pub(super) fn account_response(
        &mut self,
        now: Instant,
        id: AccountId,
        job: JobId,
        response: &Response,
        path: Path,
        note: Option<String>,
    ) {
        self.on_registration(id, |r, endpoint| {
            if r.owns(job) {
                r.response(now, endpoint, response, path, note)
            } else {
                Next::Quiet
            }
        });
    }

    pub(super) fn account_unanswered(&mut self, now: Instant, id: AccountId, job: JobId, failure: &Failure) {
        self.on_registration(id, |r, endpoint| {
            if r.owns(job) {
                r.unanswered(now, endpoint, failure)
            } else {
                Next::Quiet
            }
        });
    }

    fn on_registration(
        &mut self,
        id: AccountId,
        f: impl FnOnce(&mut Registration, &mut crate::flow::Endpoint) -> Next,
    ) {
        let Some(account) = self.accounts.get_mut(&id) else {
            return;
        };
        let Some(registration) = &mut account.registration else {
            return;
        };
        let next = f(registration, &mut self.endpoint);
        let gone = registration.is_gone();
        let (told, job) = match next {
            Next::Quiet => (vec![], None),
            Next::Tell(state) => (vec![state], None),
            Next::Trying(job) => (vec![RegistrationState::Registering], Some(job)),
            Next::FailedAndTrying(state, job) => (vec![state, RegistrationState::Registering], Some(job)),
            Next::Refreshing(job) | Next::Leaving(job) => (vec![], Some(job)),
        };
        for state in told {
            self.events.push_back(Event::Registration { account: id, state });
        }
        if let Some(job) = job {
            self.owners.insert(job, Owner::Account(id));
        }
        if gone {
            self.accounts.remove(&id);
            self.endpoint.remove_login(Login(id.0));
        }
    }

    /// Who we are when we call (or ping) through an account, or directly from the listening address.
    pub(super) fn profile(&self, account: Option<AccountId>) -> Profile {
        let Some((id, Account { config, .. })) = account.and_then(|id| self.accounts.get_key_value(&id))
        else {
            let host = self.endpoint.any_address();
            return Profile {
                account: None,
                identity: NameAddr::new(Uri::sip(Some(DIRECT_USER), host.ip(), None)),
                contact_user: Some(DIRECT_USER.to_owned()),
                login: None,
                proxy: None,
                registrar: None,
            };
        };
        let mut identity = NameAddr::new(config.uri.clone());
        identity.display_name = config.display_name.clone();
        Profile {
            account: Some(*id),
            identity,
            contact_user: config.uri.user.clone(),
            login: Some(Login(id.0)),
            proxy: config.outbound_proxy.clone().map(|mut proxy| {
                proxy.params.set("lr", None);
                proxy
            }),
            registrar: config
                .registrar
                .clone()
                .map(|registrar| (registrar, config.uri.host.clone())),
        }
    }

    /// The account an incoming request is for, by its Request-URI's user; the domain decides between equals.
    pub(super) fn account_for(&self, uri: &Uri) -> Option<AccountId> {
        let same_user = |a: &&(&AccountId, &Account)| a.1.config.uri.user == uri.user && uri.user.is_some();
        let accounts: Vec<_> = self.accounts.iter().collect();
        let mut matching = accounts.iter().filter(same_user);
        let first = matching.clone().next()?;
        let best = matching.find(|(_, a)| same_host(&a.config.uri.host, &uri.host));
        Some(*best.unwrap_or(first).0)
    }
}

/// The user part of our addresses when there is no account.
pub(super) const DIRECT_USER: &str = "ringside";

fn same_host(a: &Host, b: &Host) -> bool {
    a == b
}
