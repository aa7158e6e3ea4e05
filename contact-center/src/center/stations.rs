//! Stations: becoming an agent's phone, and the SIP account that comes with it.

use contact_api::{
    event::Event as Wire,
    frame::goaway,
    rest::{Me, StationSip},
};

use super::{
    accounts,
    feed::Audience,
    handle::Moved,
    hex,
    owner::Owner,
    project::{self, Told},
};
use crate::{
    acd::{AgentId, Refusal, StationId},
    store::{StationAccount, Write},
};

impl Owner {
    /// The agent whose station has this address of record.
    pub(super) fn agent_at(&self, aor: &str) -> Option<AgentId> {
        let mut agents = self.acd.state().agents.iter();
        let agent = agents.find(|(_, row)| row.station.as_ref().is_some_and(|own| own.uri == aor));
        agent.map(|(agent, _)| agent.clone())
    }

    pub(super) fn station_in(
        &mut self,
        now: u64,
        agent: &AgentId,
        station: StationId,
    ) -> Result<Moved, Refusal> {
        let name = self
            .acd
            .roster()
            .agents
            .get(agent)
            .map(|def| def.name.clone())
            .unwrap_or_default();
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)
            .map_err(|error| Refusal::WrongState(format!("The server has no randomness: {error}")))?;
        let account = StationAccount {
            username: accounts::username(agent, &station),
            station: station.to_string(),
            user: agent.to_string(),
            nonce: hex(&nonce),
        };
        let uri = accounts::aor(&self.settings.domain, &account.username);
        let from = self.acd.station_in(now, agent, station.clone(), uri)?;
        if let Some(old) = &from {
            self.revoke_account(agent, old);
            let event = Wire::Takeover {
                by: station.to_string(),
            };
            let told = Told {
                audience: Audience::Station(old.clone()),
                subject: format!("agent/{agent}"),
                version: self.acd.state().agents.get(agent).map_or(0, |row| row.version),
                event,
            };
            self.publish(now, told);
            self.let_go(old, goaway::TAKEOVER);
        }
        let sip = accounts::sip_account(&self.server_key, &self.settings.domain, &account, &name);
        self.store.write(Write::Station {
            username: account.username.clone(),
            station: account.station.clone(),
            user: account.user.clone(),
            nonce: account.nonce.clone(),
            at: now,
        });
        self.stations.insert(account.username.clone(), account);
        self.accounts.issue(sip.clone());
        let sip = StationSip {
            uri: sip.uri,
            username: sip.username,
            password: sip.password,
            registrar: self.settings.registrar.clone(),
        };
        Ok(Moved { sip, from })
    }

    pub(super) fn reissue_accounts(&self) {
        for account in self.stations.values() {
            let name = self
                .acd
                .roster()
                .agents
                .get(account.user.as_str())
                .map(|def| def.name.clone());
            if let Some(name) = name {
                let domain = &self.settings.domain;
                self.accounts
                    .issue(accounts::sip_account(&self.server_key, domain, account, &name));
            }
        }
    }

    pub(super) fn revoke_account(&mut self, agent: &AgentId, station: &StationId) {
        let username = accounts::username(agent, station);
        self.accounts.revoke(&username);
        self.stations.remove(&username);
        self.store.write(Write::ForgetStation { username });
    }

    pub(super) fn me(&self, agent: &AgentId) -> Option<Me> {
        let def = self.acd.roster().agents.get(agent)?;
        Some(Me {
            agent: agent.to_string(),
            name: def.name.clone(),
            address: def.address.clone(),
            uccs: project::uccs(&self.acd, agent),
        })
    }
}
