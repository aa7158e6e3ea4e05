//! Asking the system's resolver, with a time limit.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use sip_core::{DnsAnswer, DnsQuestion};
use tokio::{net::lookup_host, time::timeout};

/// Answers one question. The system's resolver does not tell "no such name" from "no answer" reliably,
/// so both are [`DnsAnswer::Failed`] with its sentence.
pub(crate) async fn resolve(question: DnsQuestion, limit: Duration) -> DnsAnswer {
    match question {
        DnsQuestion::Addresses(name) => {
            match addresses(&name, timeout(limit, lookup_host((name.as_str(), 0))).await) {
                // A system without a hosts file: the name means this computer all the same (RFC 6761 §6.3).
                DnsAnswer::Failed(_) if name.eq_ignore_ascii_case("localhost") => {
                    DnsAnswer::Addresses(vec![Ipv4Addr::LOCALHOST.into()])
                }
                answer => answer,
            }
        }
    }
}

fn addresses<A>(name: &str, found: Result<io::Result<A>, tokio::time::error::Elapsed>) -> DnsAnswer
where
    A: Iterator<Item = std::net::SocketAddr>,
{
    match found {
        Ok(Ok(found)) => {
            let mut list: Vec<IpAddr> = Vec::new();
            for address in found.map(|a| a.ip()) {
                if !list.contains(&address) {
                    list.push(address);
                }
            }
            DnsAnswer::Addresses(list)
        }
        Ok(Err(error)) => DnsAnswer::Failed(format!("cannot find {name}: {error}")),
        Err(_) => DnsAnswer::Failed(format!("cannot find {name}: the resolver does not answer")),
    }
}
