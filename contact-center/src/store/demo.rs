//! The demo's contact centre: one UCC, two skills, a handful of agents.

use super::{Hash, Store, StoreError};

/// Address and password of a demo agent.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Credential {
    /// Sign-in address.
    pub address: String,
    /// The password of this run.
    pub password: String,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// The UCC's id.
const UCC: &str = "u_demo";
/// Skill id, name, number.
const SKILLS: [(&str, &str, &str); 2] = [("s_sales", "Sales", "sales"), ("s_support", "Support", "support")];
/// User part, name, score in Sales, score in Support.
const AGENTS: [(&str, &str, i64, i64); 6] = [
    ("pat", "Pat Jansen", 80, 80),
    ("anna", "Anna de Vries", 60, 40),
    ("bram", "Bram Bakker", 40, 60),
    ("chloe", "Chloé Martin", 60, 0),
    ("deniz", "Deniz Yilmaz", 0, 60),
    ("eva", "Eva Novak", 50, 50),
];

/// Fill the store with the demo's contact centre. What exists stays; passwords are new every time, random
/// unless `password` is given. `pat@domain` comes first.
///
/// # Errors
/// When the database cannot be written or the system has no randomness.
pub async fn seed_demo(
    store: &Store,
    domain: &str,
    password: Option<&str>,
) -> Result<Vec<Credential>, StoreError> {
    store
        .query(
            "INSERT INTO ucc (id, name, settings) VALUES ($1, 'Demo', '{\"feedback_agents_left\":\"confirmation\"}')
             ON CONFLICT DO NOTHING",
            &[UCC],
        )
        .await?;
    for (id, name, number) in SKILLS {
        store
            .query(
                "INSERT INTO skill (id, ucc_id, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[id, UCC, name],
            )
            .await?;
        let address = format!("sip:{number}@{domain}");
        store
            .query(
                "INSERT INTO endpoint (id, address, skill_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                &[&format!("e_{number}"), &address, id],
            )
            .await?;
    }
    let mut credentials = Vec::new();
    for (ord, (user, name, sales, support)) in AGENTS.into_iter().enumerate() {
        let id = format!("a_{user}");
        let address = format!("{user}@{domain}");
        let password = password.map_or_else(random_password, |given| Ok(given.to_owned()));
        let password = password.map_err(|why| store.trouble(why))?;
        let secret = password.clone();
        let hash = tokio::task::spawn_blocking(move || Hash::new(&secret)).await;
        let hash = hash.map_err(|error| store.trouble(error.to_string()))?;
        let hash = hash.map_err(|error| store.trouble(error.to_string()))?;
        store
            .query(
                "INSERT INTO users (id, address, name, role, pass_hash) VALUES ($1, $2, $3, 'agent', $4)
                 ON CONFLICT (id) DO UPDATE SET pass_hash = excluded.pass_hash",
                &[&id, &address, name, hash.as_str()],
            )
            .await?;
        store
            .query(
                "INSERT INTO agent (ucc_id, user_id, ord) VALUES ($1, $2, CAST($3 AS INTEGER))
                 ON CONFLICT DO NOTHING",
                &[UCC, &id, &ord.to_string()],
            )
            .await?;
        for (skill, score) in [(SKILLS[0].0, sales), (SKILLS[1].0, support)] {
            if score > 0 {
                store
                    .query(
                        "INSERT INTO agent_skill (skill_id, user_id, score) VALUES ($1, $2, CAST($3 AS INTEGER))
                         ON CONFLICT DO NOTHING",
                        &[skill, &id, &score.to_string()],
                    )
                    .await?;
            }
        }
        credentials.push(Credential { address, password });
    }
    // Pat is signed in to the demo from the first day, so that the first call rings at once.
    store
        .query(
            "INSERT INTO journal (seq, at, kind, agent, body)
             SELECT 1, 0, 'ucc_in', 'a_pat', '{\"what\":\"ucc_in\",\"agent\":\"a_pat\",\"ucc\":\"u_demo\"}'
             WHERE NOT EXISTS (SELECT 1 FROM journal)",
            &[],
        )
        .await?;
    Ok(credentials)
}

/// Sixteen random letters and digits without look-alikes.
fn random_password() -> Result<String, String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect())
}

impl Store {
    fn trouble(&self, why: String) -> StoreError {
        StoreError::Other {
            place: self.place.clone(),
            why,
        }
    }
}
