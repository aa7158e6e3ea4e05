//! Header fields that are one address: From, To, Route, Record-Route, Refer-To and kin (RFC 3261 §20).

use std::fmt;

use super::Typed;
use crate::wire::{NameAddr, SyntaxError};

macro_rules! address_header {
    ($($(#[$doc:meta])* $type:ident, $name:literal, list: $list:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type(pub NameAddr);

        impl Typed for $type {
            const NAME: &'static str = $name;
            const LIST: bool = $list;

            fn parse(value: &str) -> Result<Self, SyntaxError> {
                match NameAddr::parse(value) {
                    Ok(address) => Ok(Self(address)),
                    Err(e) => Err(SyntaxError::new($name, e.problem)),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

address_header! {
    /// The initiator of the request, with its tag.
    From, "From", list: false;
    /// The logical recipient, with its tag once a dialog exists.
    To, "To", list: false;
    /// A hop the request still has to pass.
    Route, "Route", list: true;
    /// A hop that wants to stay on the way of the dialog.
    RecordRoute, "Record-Route", list: true;
    /// A hop between registrar and phone (RFC 3327).
    Path, "Path", list: true;
    /// The way out a registrar prescribes (RFC 3608).
    ServiceRoute, "Service-Route", list: true;
    /// Whom to call (RFC 3515); `Replaces` may sit in the URI's headers.
    ReferTo, "Refer-To", list: false;
    /// Who asks for the transfer (RFC 3892).
    ReferredBy, "Referred-By", list: false;
    /// The caller as a trusted network vouches for it (RFC 3325).
    PAssertedIdentity, "P-Asserted-Identity", list: true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_routes_are_seen_however_lr_is_written() {
        for text in ["<sip:p;lr>", "<sip:p;lr=on>"] {
            assert!(Route::parse(text).unwrap().0.uri.params.has("lr"));
        }
    }

    #[test]
    fn refer_to_carries_replaces() {
        let target = ReferTo::parse("<sip:c@h?Replaces=1%3Bto-tag%3Da%3Bfrom-tag%3Db>").unwrap();
        assert_eq!(target.0.uri.header("Replaces"), Some("1;to-tag=a;from-tag=b"));
    }

    #[test]
    fn errors_name_the_field() {
        assert_eq!(
            From::parse("<sip:x").unwrap_err().to_string(),
            "From: < is not closed"
        );
    }
}
