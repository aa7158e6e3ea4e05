//! Accounts: addresses of record and their registration.

use sip_core::{
    agent::{self as sip, AccountConfig, AccountId, RegistrationState},
    wire::Uri,
};

use super::{Session, dial};
use crate::{AccountSettings, CommandError, Notification, Output, Token};

/// More accounts than a person has.
const MOST: usize = 32;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) config: AccountConfig,
    /// Codec names, best first; empty means the session's list.
    pub(super) codecs: Vec<String>,
    pub(super) state: RegistrationState,
}

/// As the JSON-RPC face writes it.
pub(super) fn account_name(account: AccountId) -> String {
    format!("acc-{}", account.0)
}

impl Session {
    pub(super) fn add_account(&mut self, token: Option<Token>, settings: AccountSettings) {
        let AccountSettings { config, codecs } = settings;
        if let Err(error) = self.check_account(&config) {
            return self.refuse(token, error);
        }
        let account = self.insert_account(config, codecs);
        self.give(token, serde_json::json!({ "account": account_name(account) }));
    }

    fn check_account(&self, config: &AccountConfig) -> Result<(), CommandError> {
        let uri = &config.uri;
        if !uri.is_sip() || uri.user.is_none() {
            return Err(CommandError::BadParams(format!(
                "uri: `{uri}` is not sip:USER@DOMAIN"
            )));
        }
        let ways = [
            ("uri", Some(uri)),
            ("registrar", config.registrar.as_ref()),
            ("outbound_proxy", config.outbound_proxy.as_ref()),
        ];
        for (field, way) in ways {
            if let Some(why) = way.and_then(dial::unreachable) {
                return Err(CommandError::BadParams(format!("{field}: {why}")));
            }
        }
        if self.accounts.len() >= MOST {
            return Err(CommandError::WrongState(format!(
                "there are already {MOST} accounts"
            )));
        }
        match self.accounts.iter().find(|(_, a)| a.config.uri == *uri) {
            Some((id, _)) => {
                let name = account_name(*id);
                Err(CommandError::WrongState(format!(
                    "{uri} is already there as account {name}"
                )))
            }
            None => Ok(()),
        }
    }

    pub(super) fn insert_account(&mut self, mut config: AccountConfig, codecs: Vec<String>) -> AccountId {
        self.counters.account += 1;
        let account = AccountId(self.counters.account);
        if config.outbound_proxy.is_none() {
            config.outbound_proxy = proxy_implied(&config);
        }
        self.out.push(Output::Sip(sip::Command::AddAccount {
            account,
            config: Box::new(config.clone()),
        }));
        let state = RegistrationState::Unregistered;
        self.accounts.insert(
            account,
            Account {
                config,
                codecs,
                state,
            },
        );
        account
    }

    pub(super) fn remove_account(&mut self, token: Option<Token>, account: AccountId) {
        if self.center.station() == Some(account) {
            let problem = "the account belongs to the contact centre; sign out to remove it";
            return self.refuse(token, CommandError::WrongState(problem.into()));
        }
        if self.accounts.remove(&account).is_none() {
            return self.refuse(token, no_account(account));
        }
        self.out.push(Output::Sip(sip::Command::RemoveAccount(account)));
        self.done(token);
    }

    pub(super) fn registration(&mut self, account: AccountId, state: RegistrationState) {
        let (name, status, reason, retry_in_s) = match &state {
            RegistrationState::Registering => ("registering", None, None, None),
            RegistrationState::Registered { .. } => ("registered", None, None, None),
            RegistrationState::Unregistered => ("unregistered", None, None, None),
            RegistrationState::Failed {
                status,
                reason,
                retry_in,
            } => (
                "failed",
                *status,
                Some(reason.clone()),
                retry_in.map(|d| d.as_secs()),
            ),
        };
        let known = self.accounts.get(&account).map(|a| &a.state);
        // A refresh changes nothing but the lifetime.
        let refreshed = matches!(
            (known, &state),
            (
                Some(RegistrationState::Registered { .. }),
                RegistrationState::Registered { .. }
            )
        );
        if !refreshed {
            self.out.push(Output::Notify(Notification::AccountState {
                account: account_name(account),
                state: name,
                status,
                reason,
                retry_in_s,
            }));
        }
        self.station_at_stop(account, &state);
        let Some(known) = self.accounts.get_mut(&account) else {
            return;
        };
        let was_failed = matches!(known.state, RegistrationState::Failed { .. });
        // What the station's own state says is part of the view's connection.
        let station = self.center.station() == Some(account);
        if let (RegistrationState::Failed { reason, .. }, false, false) = (&state, was_failed, station) {
            let text = format!("{} cannot take calls: {reason}", known.config.uri);
            self.toasts.error(self.now, text);
        }
        known.state = state;
    }
}

pub(super) fn no_account(account: AccountId) -> CommandError {
    CommandError::NotFound(format!("there is no account {}", account_name(account)))
}

/// A registrar that is not where the domain says is also where calls must go first.
fn proxy_implied(config: &AccountConfig) -> Option<Uri> {
    let registrar = config.registrar.as_ref()?;
    let port = |uri: &Uri| uri.port.unwrap_or(5060);
    let same = registrar.host == config.uri.host && port(registrar) == port(&config.uri);
    let plain = registrar.params.value("transport").is_none();
    (!(same && plain)).then(|| registrar.clone())
}
