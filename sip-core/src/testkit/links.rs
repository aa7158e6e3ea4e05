//! What the network does between two given hosts.

use std::{collections::BTreeMap, net::IpAddr};

use super::Faults;

/// Faults of single links, and cuts. A link is named by its two addresses, in either order.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<(IpAddr, IpAddr), Link>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    pub(super) faults: Option<Faults>,
    pub(super) cut: bool,
}

impl Links {
    pub(super) fn get(&self, a: IpAddr, b: IpAddr) -> Link {
        self.0.get(&key(a, b)).copied().unwrap_or_default()
    }

    pub(super) fn entry(&mut self, a: IpAddr, b: IpAddr) -> &mut Link {
        self.0.entry(key(a, b)).or_default()
    }
}

fn key(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    (a.min(b), a.max(b))
}
