//! Names of things, as opaque text; distinct types so that an agent is never passed for a skill.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<String>> From<T> for $name {
            fn from(id: T) -> Self {
                Self(id.into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// An agent (a user who may take conversations).
    AgentId
);
id!(
    /// A contact centre with its own numbers, skills and agents.
    UccId
);
id!(
    /// A queue of one UCC.
    SkillId
);
id!(
    /// One customer contact, from arrival to end.
    ConversationId
);
id!(
    /// The contact centre asking one agent to take one conversation.
    OfferId
);
id!(
    /// One running phone of an agent.
    StationId
);
