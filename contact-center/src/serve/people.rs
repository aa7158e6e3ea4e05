//! The demo's people: customers who call, colleagues who answer, and what the unattended agent says.

use std::{net::IpAddr, sync::Arc};

use media::sound::SoundError;
use ringside_assets::speech::{self, COLLEAGUES, CUSTOMERS, HOLD_MUSIC};
use sip_core::{server::Password, wire::Uri};

use super::{ServeConfig, ServeError};
use crate::{
    center::hex,
    simulate::{Colleague, SimulatorConfig, Voice},
};

/// Every bundled sound as samples: 48 kHz mono.
pub(super) struct Sounds {
    pub(super) hold_music: Arc<[f32]>,
    customers: Vec<Voice>,
    colleagues: Vec<Voice>,
}

impl Sounds {
    /// Decodes them. Takes a good part of a second.
    pub(super) fn decode(config: &ServeConfig) -> Result<Self, ServeError> {
        let wanted = |voices, wanted| decode(if wanted { voices } else { &[] });
        Ok(Self {
            hold_music: media::sound::decode(HOLD_MUSIC)?,
            customers: wanted(CUSTOMERS, config.customers.is_some())?,
            colleagues: wanted(COLLEAGUES, config.colleagues)?,
        })
    }

    /// The colleagues, each with a password of this run.
    pub(super) fn colleagues(&self, domain: &str) -> Result<Vec<Colleague>, ServeError> {
        let colleague = |voice: &Voice| {
            let name = &voice.name;
            let mut secret = [0; 16];
            getrandom::fill(&mut secret)?;
            let first = name.split(' ').next().unwrap_or(name).to_lowercase();
            let uri = format!("sip:{first}@{domain}").parse()?;
            Ok(Colleague {
                uri,
                name: name.clone(),
                password: hex(&secret),
                voice: Arc::clone(&voice.samples),
            })
        };
        self.colleagues.iter().map(colleague).collect()
    }
}

fn decode(voices: &[speech::Voice]) -> Result<Vec<Voice>, SoundError> {
    voices
        .iter()
        .map(|voice| {
            Ok(Voice {
                name: voice.name.to_owned(),
                samples: media::sound::decode(voice.ogg_opus)?,
            })
        })
        .collect()
}

/// The bundled customers' voices.
///
/// # Errors
/// When a bundled file is broken.
pub fn customer_voices() -> Result<Vec<Voice>, SoundError> {
    decode(CUSTOMERS)
}

/// The colleagues' accounts at the registrar.
pub(super) fn accounts(colleagues: &[Colleague]) -> Vec<(String, Password)> {
    colleagues
        .iter()
        .filter_map(|c| Some((c.uri.user.clone()?, Password::new(c.password.clone()))))
        .collect()
}

/// What the simulator plays; `None` when nobody is wanted.
pub(super) fn simulation(
    config: &ServeConfig,
    sounds: Sounds,
    colleagues: Vec<Colleague>,
    numbers: &[String],
    proxy: Uri,
    media_ip: IpAddr,
) -> Result<Option<SimulatorConfig>, ServeError> {
    if config.customers.is_none() && colleagues.is_empty() {
        return Ok(None);
    }
    let numbers = numbers
        .iter()
        .map(|number| number.parse())
        .collect::<Result<_, _>>()?;
    let customers = config.customers.clone();
    Ok(Some(SimulatorConfig {
        proxy,
        numbers,
        customers,
        voices: sounds.customers,
        colleagues,
        media_ip,
    }))
}

/// Speech for an agent nobody sits at: 48 kHz mono. Empty when the bundled file is broken.
pub fn voice_of_the_agent() -> Arc<[f32]> {
    COLLEAGUES
        .first()
        .and_then(|voice| media::sound::decode(voice.ogg_opus).ok())
        .unwrap_or_else(|| Arc::new([]))
}
