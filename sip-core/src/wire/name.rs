//! Header field names: canonical spelling, compact forms, comparison without case (RFC 3261 §7.3).

/// A header field name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HeaderName {
    /// A name from the table below.
    Known(&'static str),
    /// Any other name, as it was written; compare through [`HeaderName::is`].
    Other(String),
}

/// Canonical names with their compact form, if any.
const NAMES: &[(&str, Option<char>)] = &[
    ("Via", Some('v')),
    ("From", Some('f')),
    ("To", Some('t')),
    ("Call-ID", Some('i')),
    ("CSeq", None),
    ("Contact", Some('m')),
    ("Max-Forwards", None),
    ("Content-Length", Some('l')),
    ("Content-Type", Some('c')),
    ("Content-Encoding", Some('e')),
    ("Route", None),
    ("Record-Route", None),
    ("Authorization", None),
    ("WWW-Authenticate", None),
    ("Proxy-Authorization", None),
    ("Proxy-Authenticate", None),
    ("Authentication-Info", None),
    ("Expires", None),
    ("Min-Expires", None),
    ("Allow", None),
    ("Allow-Events", Some('u')),
    ("Supported", Some('k')),
    ("Require", None),
    ("Proxy-Require", None),
    ("Unsupported", None),
    ("Accept", None),
    ("Subject", Some('s')),
    ("Event", Some('o')),
    ("Refer-To", Some('r')),
    ("Referred-By", Some('b')),
    ("Session-Expires", Some('x')),
    ("Accept-Contact", Some('a')),
    ("Reject-Contact", Some('j')),
    ("Request-Disposition", Some('d')),
    ("Identity", Some('y')),
    ("Identity-Info", Some('n')),
    ("User-Agent", None),
    ("Server", None),
    ("Reason", None),
    ("Retry-After", None),
    ("Warning", None),
    ("Date", None),
    ("Timestamp", None),
    ("Organization", None),
    ("Path", None),
    ("Service-Route", None),
    ("Replaces", None),
    ("Subscription-State", None),
    ("P-Asserted-Identity", None),
    ("Alert-Info", None),
    ("Call-Info", None),
    ("RAck", None),
    ("RSeq", None),
    ("Min-SE", None),
    ("Diversion", None),
    ("History-Info", None),
    ("Privacy", None),
    ("SIP-ETag", None),
    ("SIP-If-Match", None),
    ("Join", None),
    ("Target-Dialog", None),
    ("Refer-Sub", None),
    ("User-to-User", None),
    ("Flow-Timer", None),
    ("Recv-Info", None),
    ("Info-Package", None),
    ("Security-Client", None),
    ("Security-Server", None),
    ("Security-Verify", None),
    ("P-Preferred-Identity", None),
    ("P-Access-Network-Info", None),
    ("Answer-Mode", None),
    ("Priority", None),
    ("In-Reply-To", None),
    ("Reply-To", None),
    ("MIME-Version", None),
    ("Content-Disposition", None),
    ("Content-Language", None),
    ("Accept-Encoding", None),
    ("Accept-Language", None),
    ("Error-Info", None),
    ("Proxy-Authentication-Info", None),
];

impl HeaderName {
    /// Reads a name in any case or in its compact form.
    pub fn new(name: &str) -> Self {
        let known = NAMES.iter().find(|(long, short)| {
            long.eq_ignore_ascii_case(name)
                || matches!((short, name.as_bytes()), (Some(s), [b]) if s.eq_ignore_ascii_case(&char::from(*b)))
        });
        match known {
            Some((long, _)) => Self::Known(long),
            None => Self::Other(name.to_owned()),
        }
    }

    /// The name as it goes on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Other(name) => name,
        }
    }

    /// Whether this is `name` (long form, any case).
    pub fn is(&self, name: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(name)
    }
}
