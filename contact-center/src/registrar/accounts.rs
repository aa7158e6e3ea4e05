//! The registrar as the queue's list of SIP accounts: stations get their secrets while it runs.

use sip_core::server::{Command, Password};
use sip_net::Handle;

use super::set_user;
use crate::center::{SipAccount, SipAccounts};

/// Issues and revokes accounts of a running registrar. Never blocks.
#[derive(Clone, Debug)]
pub struct Accounts(Handle<Command>);

impl Accounts {
    /// Accounts of the registrar behind this handle.
    pub const fn new(handle: Handle<Command>) -> Self {
        Self(handle)
    }
}

impl SipAccounts for Accounts {
    fn issue(&self, account: SipAccount) {
        set_user(&self.0, account.username, Password::new(account.password));
    }

    fn revoke(&self, username: &str) {
        if self.0.send(Command::RemoveUser(username.to_owned())).is_err() {
            tracing::debug!("user not removed: the registrar has stopped");
        }
    }
}
