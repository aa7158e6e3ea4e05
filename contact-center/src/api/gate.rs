//! Lock-out after wrong passwords (C-010), per sign-in address and per network. Known and unknown addresses
//! are treated alike, so the answer does not tell which exist.
//!
//! An attempt counts before its password is looked at, so that many at once gain nothing.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

/// Attempts on one address before it is locked.
const PER_ADDRESS: u32 = 5;
/// Attempts from one network before it is locked.
const PER_NETWORK: u32 = 50;
/// The first lock, doubled with each further attempt.
const FIRST_LOCK_MS: u64 = 30_000;
const LONGEST_LOCK_MS: u64 = 900_000;
/// Failures are forgotten this long after the last.
const FORGET_MS: u64 = 900_000;
/// So many addresses and networks are remembered; beyond, the stalest go.
const LIMIT: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Gate {
    addresses: HashMap<String, Tally>,
    networks: HashMap<IpAddr, Tally>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    failures: u32,
    last: u64,
    locked_until: u64,
}

impl Gate {
    /// An attempt is about to be made. `Err` is how long to wait, in whole seconds.
    pub(super) fn attempt(&mut self, now: u64, address: &str, from: IpAddr) -> Result<(), u64> {
        prune(&mut self.addresses, now);
        prune(&mut self.networks, now);
        let address = self.addresses.entry(address.to_owned()).or_default();
        let network = self.networks.entry(network(from)).or_default();
        let until = address.locked_until.max(network.locked_until);
        if until > now {
            return Err((until - now).div_ceil(1000));
        }
        address.count(now, PER_ADDRESS);
        network.count(now, PER_NETWORK);
        Ok(())
    }

    /// The attempt's password was right.
    pub(super) fn succeeded(&mut self, address: &str, from: IpAddr) {
        self.addresses.remove(address);
        if let Some(tally) = self.networks.get_mut(&network(from)) {
            tally.failures = tally.failures.saturating_sub(1);
            if tally.failures < PER_NETWORK {
                tally.locked_until = 0;
            }
        }
    }
}

impl Tally {
    fn count(&mut self, now: u64, allowed: u32) {
        if self.last.saturating_add(FORGET_MS) <= now {
            *self = Self::default();
        }
        self.last = now;
        self.failures = self.failures.saturating_add(1);
        if let Some(over) = self.failures.checked_sub(allowed) {
            let lock = FIRST_LOCK_MS
                .saturating_mul(1 << over.min(10))
                .min(LONGEST_LOCK_MS);
            self.locked_until = now.saturating_add(lock);
        }
    }
}

/// An IPv6 customer has a /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

fn prune<K: std::hash::Hash + Eq + Clone>(tallies: &mut HashMap<K, Tally>, now: u64) {
    if tallies.len() < LIMIT {
        return;
    }
    tallies.retain(|_, tally| tally.last.saturating_add(FORGET_MS) > now);
    if tallies.len() >= LIMIT {
        let mut times: Vec<_> = tallies.values().map(|tally| tally.last).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or(0);
        tallies.retain(|_, tally| tally.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn c_010_five_wrong_passwords_lock_an_address_for_longer_and_longer() {
        let mut gate = Gate::default();
        for _ in 0..5 {
            gate.attempt(0, "pat", HERE).unwrap();
        }
        assert_eq!(gate.attempt(0, "pat", HERE), Err(30));
        assert_eq!(gate.attempt(29_001, "pat", HERE), Err(1));
        gate.attempt(30_000, "pat", HERE).unwrap();
        assert_eq!(gate.attempt(30_000, "pat", HERE), Err(60));
        gate.attempt(30_000, "anna", HERE).unwrap();
    }

    #[test]
    fn c_010_a_right_password_wipes_the_slate() {
        let mut gate = Gate::default();
        for _ in 0..20 {
            gate.attempt(0, "pat", HERE).unwrap();
            gate.succeeded("pat", HERE);
        }
    }

    #[test]
    fn c_010_one_network_cannot_try_many_addresses() {
        let mut gate = Gate::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        for n in 0..50 {
            gate.attempt(0, &format!("user{n}"), one).unwrap();
        }
        assert_eq!(gate.attempt(0, "user51", neighbour), Err(30));
        gate.attempt(0, "user52", HERE).unwrap();
    }

    #[test]
    fn c_010_memory_is_bounded() {
        let mut gate = Gate::default();
        for n in 0..60_000_u32 {
            let from = std::net::Ipv4Addr::from_bits(n).into();
            let _ = gate.attempt(u64::from(n), &format!("user{n}"), from);
        }
        assert!(gate.addresses.len() <= LIMIT && gate.networks.len() <= LIMIT);
    }
}
