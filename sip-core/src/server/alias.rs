//! Phones behind NAT and on connections: the address a message really came from, written into its Contact.
//!
//! The `alias=ADDRESS~PORT~PROTOCOL` parameter (1 UDP, 2 TCP) comes back in the Request-URI of the other
//! side's requests, so that nothing has to be remembered and a restarted server still finds the phone.

use std::net::{IpAddr, SocketAddr};

use crate::{
    Transport,
    transaction::Path,
    wire::{
        Headers, Uri,
        header::{Contact, Typed},
    },
};

const PARAM: &str = "alias";

/// Notes the real source on the Contact when it is another than what is written there.
pub(super) fn stamp(headers: &mut Headers, source: Path) {
    let Some(Contact::Address(mut contact)) = headers.first::<Contact>() else {
        return;
    };
    if !contact.uri.is_sip() || contact.uri.params.has(PARAM) || is_at(&contact.uri, source) {
        return;
    }
    let protocol = match source.transport {
        Transport::Udp => 1,
        Transport::Tcp => 2,
        Transport::Tls | Transport::Ws | Transport::Wss => return,
    };
    let (ip, port) = (source.peer.ip(), source.peer.port());
    contact
        .uri
        .params
        .set(PARAM, Some(&format!("{ip}~{port}~{protocol}")));
    headers.replace_first(Contact::NAME, &contact.to_string());
}

/// Whether a URI says exactly where the message came from.
fn is_at(uri: &Uri, source: Path) -> bool {
    let transport = match uri.transport() {
        Some(name) => Transport::from_name(name),
        None => Some(Transport::Udp),
    };
    transport == Some(source.transport)
        && uri.host.ip() == Some(source.peer.ip())
        && uri.port.unwrap_or(5060) == source.peer.port()
}

/// Takes the note off a Request-URI.
pub(super) fn take(uri: &mut Uri) -> Option<(Transport, SocketAddr)> {
    let text = uri.params.value(PARAM)?.to_owned();
    uri.params.remove(PARAM);
    let mut parts = text.splitn(3, '~');
    let (ip, port, protocol) = (parts.next()?, parts.next()?, parts.next()?);
    let transport = match protocol {
        "1" => Transport::Udp,
        "2" => Transport::Tcp,
        _ => return None,
    };
    let ip: IpAddr = ip.parse().ok()?;
    Some((transport, SocketAddr::new(ip, port.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FlowId;

    fn stamped(contact: &str, transport: Transport, peer: &str) -> String {
        let mut headers = Headers::new();
        headers.push("Contact", contact);
        let path = Path {
            flow: FlowId::from_driver(1),
            transport,
            peer: peer.parse().unwrap(),
        };
        stamp(&mut headers, path);
        headers.get("Contact").unwrap().to_owned()
    }

    #[test]
    fn a_true_contact_stays_as_it_is() {
        assert_eq!(
            stamped("<sip:a@192.0.2.1>", Transport::Udp, "192.0.2.1:5060"),
            "<sip:a@192.0.2.1>"
        );
    }

    #[test]
    fn the_real_source_comes_back() {
        for (transport, peer) in [
            (Transport::Udp, "198.51.100.7:1024"),
            (Transport::Tcp, "[2001:db8::1]:40000"),
        ] {
            let text = stamped("\"A\" <sip:a@10.0.0.1:5060>;q=1", transport, peer);
            let mut address = crate::wire::NameAddr::parse(&text).unwrap();
            assert_eq!(
                take(&mut address.uri),
                Some((transport, peer.parse().unwrap())),
                "{text}"
            );
            assert_eq!(address.uri.to_string(), "sip:a@10.0.0.1:5060");
        }
    }

    #[test]
    fn nonsense_is_no_way() {
        for text in [
            "sip:a@h;alias=x",
            "sip:a@h;alias=1.2.3.4~70000~1",
            "sip:a@h;alias=1.2.3.4~1~9",
            "sip:a@h",
        ] {
            assert_eq!(take(&mut Uri::parse(text).unwrap()), None);
        }
    }
}
