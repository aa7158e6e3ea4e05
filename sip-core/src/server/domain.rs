//! Which names and addresses are ours.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
};

use crate::{
    NetworkSnapshot,
    wire::{Host, Uri},
};

/// Our names and addresses.
#[derive(Debug, Default)]
pub(super) struct Domain {
    names: Vec<Host>,
    listening: HashSet<SocketAddr>,
    network: HashSet<IpAddr>,
}

impl Domain {
    pub(super) fn new(names: Vec<Host>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    pub(super) fn listening(&mut self, local: SocketAddr) {
        self.listening.insert(local);
    }

    pub(super) fn set_network(&mut self, network: &NetworkSnapshot) {
        self.network = network.addresses.iter().copied().collect();
    }

    /// Whether an address of record with this host is one of ours; ports do not matter there.
    pub(super) fn owns(&self, host: &Host) -> bool {
        if self.names.contains(host) {
            return true;
        }
        match host {
            Host::Ip(ip) => self.has_address(*ip),
            Host::Name(name) => name == "localhost" && self.listening.iter().any(|l| is_local(l.ip())),
        }
    }

    /// Whether a request for this URI ends here. A phone on the same computer has our address with a port of
    /// its own; without a port an address is ours.
    pub(super) fn is_us(&self, uri: &Uri) -> bool {
        uri.is_sip() && self.owns(&uri.host) && uri.port.is_none_or(|port| self.has_port(port))
    }

    /// Whether this is one of our sockets.
    pub(super) fn is_our_socket(&self, address: SocketAddr) -> bool {
        self.has_port(address.port()) && self.has_address(address.ip())
    }

    /// An address of record as it is shown.
    pub(super) fn aor(&self, user: &str) -> String {
        let host = match (self.names.first(), self.listening.iter().min()) {
            (Some(name), _) => name.clone(),
            (None, Some(local)) => Host::Ip(local.ip()),
            (None, None) => Host::Name("localhost".to_owned()),
        };
        Uri::sip(Some(user), host, None).to_string()
    }

    fn has_port(&self, port: u16) -> bool {
        self.listening.iter().any(|l| l.port() == port)
    }

    fn has_address(&self, ip: IpAddr) -> bool {
        self.listening.iter().any(|l| {
            l.ip() == ip
                || (l.ip().is_unspecified() && l.is_ipv4() == ip.is_ipv4() && self.network.contains(&ip))
        })
    }
}

fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(listening: &[&str]) -> Domain {
        let mut domain = Domain::new(vec![Host::parse("example.com").unwrap()]);
        domain.set_network(&NetworkSnapshot {
            addresses: vec!["192.0.2.7".parse().unwrap(), "127.0.0.1".parse().unwrap()],
        });
        for local in listening {
            domain.listening(local.parse().unwrap());
        }
        domain
    }

    fn is_us(domain: &Domain, uri: &str) -> bool {
        domain.is_us(&Uri::parse(uri).unwrap())
    }

    #[test]
    fn names_and_own_addresses_are_ours() {
        let d = domain(&["127.0.0.1:5060"]);
        for ours in [
            "sip:a@example.com",
            "sip:a@127.0.0.1",
            "sip:a@127.0.0.1:5060",
            "sip:a@localhost",
            "sip:EXAMPLE.com",
        ] {
            assert!(is_us(&d, ours), "{ours}");
        }
        for foreign in [
            "sip:a@example.org",
            "sip:a@127.0.0.1:5070",
            "sip:a@192.0.2.7",
            "tel:+31",
        ] {
            assert!(!is_us(&d, foreign), "{foreign}");
        }
    }

    #[test]
    fn any_address_means_those_the_computer_has() {
        let d = domain(&["0.0.0.0:5060"]);
        assert!(is_us(&d, "sip:a@192.0.2.7") && is_us(&d, "sip:a@127.0.0.1:5060"));
        assert!(!is_us(&d, "sip:a@192.0.2.8") && !is_us(&d, "sip:a@[::1]"));
    }
}
