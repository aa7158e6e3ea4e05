//! Voices of the simulated customers and colleagues, and the music a held customer hears.
//!
//! All of it is Ogg Opus, 48 kHz mono, made by `assets/speech/make.sh`.

/// One recorded voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Who speaks.
    pub name: &'static str,
    /// An Ogg Opus file, 48 kHz mono.
    pub ogg_opus: &'static [u8],
}

/// People who call.
pub const CUSTOMERS: &[Voice] = &[
    Voice {
        name: "Ada Lovelace",
        ogg_opus: include_bytes!("../speech/customer_ada.opus"),
    },
    Voice {
        name: "Grace Hopper",
        ogg_opus: include_bytes!("../speech/customer_grace.opus"),
    },
    Voice {
        name: "Alan Turing",
        ogg_opus: include_bytes!("../speech/customer_alan.opus"),
    },
    Voice {
        name: "Katherine Johnson",
        ogg_opus: include_bytes!("../speech/customer_katherine.opus"),
    },
];

/// People who can be called.
pub const COLLEAGUES: &[Voice] = &[
    Voice {
        name: "Dorothy Vaughan",
        ogg_opus: include_bytes!("../speech/colleague_dorothy.opus"),
    },
    Voice {
        name: "Charles Babbage",
        ogg_opus: include_bytes!("../speech/colleague_charles.opus"),
    },
];

/// An Ogg Opus file that repeats without a seam worth noticing.
pub const HOLD_MUSIC: &[u8] = include_bytes!("../speech/hold_music.opus");
