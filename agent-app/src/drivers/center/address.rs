//! What an address typed by a person means: `cc.example.com`, `https://cc.example.com:8443`, `http://127.0.0.1:8080`.

use std::net::{IpAddr, SocketAddr};

use agent_core::LinkFault;
use reqwest::Url;

/// What to write instead of what cannot be read.
const HOW: &str = "write it as https://HOST or HOST:PORT";

/// A contact centre's server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// As typed, for messages.
    pub(super) typed: String,
    base: Url,
}

impl Server {
    /// Reads it. Without a scheme it is `https`, except on this computer, where there is nobody to listen in.
    pub(super) fn parse(typed: &str) -> Result<Self, LinkFault> {
        let typed = typed.trim();
        let fault = |why: &str| LinkFault::BadAddress {
            server: typed.to_owned(),
            why: why.to_owned(),
        };
        let text = match typed.contains("://") {
            true => typed.to_owned(),
            false if is_loopback(typed) => format!("http://{typed}"),
            false => format!("https://{typed}"),
        };
        let base = Url::parse(&text).map_err(|_| fault(HOW))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(fault(HOW));
        }
        // One word alone is more likely a slip than a host; a host of one word can be written with its scheme.
        if !typed.contains(['.', ':']) && !is_loopback(typed) {
            return Err(fault(HOW));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(fault("leave out the user name and password"));
        }
        Ok(Self {
            typed: typed.to_owned(),
            base,
        })
    }

    /// A sentence when what goes there can be read on the way.
    pub(super) fn warning(&self) -> Option<String> {
        let plain = self.base.scheme() == "http" && !is_loopback(self.base.host_str().unwrap_or(""));
        plain.then(|| {
            format!(
                "The connection to {} is not encrypted: use https if the server offers it",
                self.typed
            )
        })
    }

    /// The address of a resource: `api/v1/me`.
    pub(super) fn resource(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// The address of the live stream.
    pub(super) fn socket(&self) -> String {
        let url = self.resource("api/v1/ws");
        let (scheme, rest) = url.as_str().split_once(':').unwrap_or(("", ""));
        format!("{}:{rest}", if scheme == "http" { "ws" } else { "wss" })
    }
}

/// `localhost`, `127.0.0.1`, `[::1]`, with or without a port.
fn is_loopback(host: &str) -> bool {
    let host = host.split('/').next().unwrap_or(host);
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return ip.is_loopback();
    }
    let name = host.split(':').next().unwrap_or(host);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(typed: &str) -> String {
        Server::parse(typed).unwrap().resource("api/v1/me").to_string()
    }

    #[test]
    fn plain_http_only_where_it_is_typed_or_stays_on_this_computer() {
        assert_eq!(me("127.0.0.1:8080"), "http://127.0.0.1:8080/api/v1/me");
        assert_eq!(me("localhost:8080"), "http://localhost:8080/api/v1/me");
        assert_eq!(me("cc.example.com"), "https://cc.example.com/api/v1/me");
        assert_eq!(
            me("localhost.evil.example"),
            "https://localhost.evil.example/api/v1/me"
        );
        assert_eq!(
            me("http://cc.example.com/base/"),
            "http://cc.example.com/base/api/v1/me"
        );
        assert!(
            Server::parse("http://cc.example.com")
                .unwrap()
                .warning()
                .is_some()
        );
        assert!(Server::parse("http://127.0.0.1:1").unwrap().warning().is_none());
        assert!(
            Server::parse("https://cc.example.com")
                .unwrap()
                .warning()
                .is_none()
        );
    }

    #[test]
    fn the_live_stream_is_as_safe_as_the_rest() {
        assert_eq!(
            Server::parse("https://h:1").unwrap().socket(),
            "wss://h:1/api/v1/ws"
        );
        assert_eq!(
            Server::parse("127.0.0.1:1").unwrap().socket(),
            "ws://127.0.0.1:1/api/v1/ws"
        );
    }

    #[test]
    fn nonsense_says_what_to_write() {
        for typed in [
            "",
            "nonsense",
            "ftp://x",
            "https://",
            "http://user:pw@host",
            "two words",
        ] {
            let fault = Server::parse(typed).err();
            assert!(matches!(fault, Some(LinkFault::BadAddress { .. })), "{typed}");
        }
        assert_eq!(me("https://callserver"), "https://callserver/api/v1/me");
        assert_eq!(me("callserver:8443"), "https://callserver:8443/api/v1/me");
    }
}
