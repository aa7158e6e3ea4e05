//! Who may register and call: digest keys by user name, never passwords.

use std::collections::HashMap;

use super::Password;
use crate::auth::{Ha1, Hash};

#[derive(Debug)]
struct Keys {
    sha_256: Ha1,
    md5: Ha1,
}

/// The users of one realm.
#[derive(Debug)]
pub(super) struct Users {
    realm: String,
    keys: HashMap<String, Keys>,
}

impl Users {
    pub(super) fn new(realm: &str) -> Self {
        Self {
            realm: realm.to_owned(),
            keys: HashMap::new(),
        }
    }

    pub(super) fn set(&mut self, name: &str, password: &Password) {
        let key = |hash| Ha1::new(hash, name, &self.realm, password.as_str());
        let keys = Keys {
            sha_256: key(Hash::Sha256),
            md5: key(Hash::Md5),
        };
        self.keys.insert(name.to_owned(), keys);
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.keys.remove(name).is_some()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.contains_key(name)
    }

    pub(super) fn key(&self, name: &str, hash: Hash) -> Option<Ha1> {
        let keys = self.keys.get(name)?;
        match hash {
            Hash::Sha256 => Some(keys.sha_256.clone()),
            Hash::Md5 => Some(keys.md5.clone()),
            _ => None,
        }
    }
}
