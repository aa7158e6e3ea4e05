//! The options of `ringside headless` (CONTRACTS §3).

use std::{path::PathBuf, time::Duration};

use agent_core::{AutoAnswer, SessionConfig};
use clap::Args;
use media::engine::{Backend, FileInput};
use sip_net::Listen;

use crate::{
    drivers::{center, codecs},
    runtime::RuntimeConfig,
};

/// Level of `tone:HZ` without one.
const TONE_DBFS: f32 = -12.0;

/// Options of `ringside headless`.
#[derive(Args, Clone, Debug)]
pub struct HeadlessOptions {
    /// Where SIP listens, ADDRESS:PORT with udp: or tcp: in front for one of them; repeatable [default: both, any port]
    #[arg(long = "sip-listen", value_name = "[TRANSPORT:]ADDRESS:PORT", value_parser = listen)]
    sip_listen: Vec<Listen>,
    /// What the microphone hears: silence (the default), tone:HZ[,DBFS] or a WAV file
    #[arg(long, value_name = "silence|tone:HZ[,DBFS]|FILE.wav", value_parser = audio_in)]
    audio_in: Option<FileInput>,
    /// Where the ear goes: discard (the default), or a WAV file (48 kHz mono, 16 bits)
    #[arg(long, value_name = "discard|FILE.wav", value_parser = audio_out)]
    audio_out: Option<AudioOut>,
    /// No microphone and no ear: the same as --audio-in silence --audio-out discard
    #[arg(long, conflicts_with_all = ["audio_in", "audio_out"])]
    null_audio: bool,
    /// Take calls for any user of the Request-URI; otherwise those for an account, and direct calls to this phone without a user
    #[arg(long)]
    accept_any_user: bool,
    /// Answer incoming calls with this status, after so many milliseconds; 180 rings for ever
    #[arg(long, value_name = "CODE[,MS]", value_parser = auto_answer)]
    auto_answer: Option<AutoAnswer>,
    /// Where settings and other data live; without it nothing is read or kept
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// The contact centre for agent.sign_in
    #[arg(long, value_name = "URL", value_parser = server)]
    pub(super) server: Option<String>,
    /// Encryption of voice
    #[arg(long, value_name = "off|optional|required", default_value = "optional", value_parser = srtp)]
    srtp: Srtp,
    /// Codecs, best first; G722 is not available yet and is skipped
    #[arg(long, value_name = "opus,G722,PCMA,PCMU", value_parser = codec_list)]
    codecs: Option<CodecList>,
}

#[derive(Clone, Debug)]
struct CodecList(Vec<String>);

/// This version cannot encrypt: `required` is refused while reading the options.
#[derive(Clone, Copy, Debug)]
struct Srtp;

#[derive(Clone, Debug)]
enum AudioOut {
    Discard,
    File(PathBuf),
}

impl HeadlessOptions {
    /// What the runtime needs.
    pub(super) fn into_config(self) -> RuntimeConfig {
        let Srtp = self.srtp;
        let output = match self.audio_out {
            Some(AudioOut::File(path)) => Some(path),
            Some(AudioOut::Discard) | None => None,
        };
        RuntimeConfig {
            session: SessionConfig {
                codecs: self.codecs.map(|c| c.0).unwrap_or_default(),
                exclusive: false,
                // A program decides how long it lets a call ring.
                direct_ring_limit: None,
                auto_answer: self.auto_answer,
                ..SessionConfig::default()
            },
            sip_listen: self.sip_listen,
            accept_any_user: self.accept_any_user,
            audio: Backend::File {
                input: self.audio_in.unwrap_or(FileInput::Silence),
                output,
            },
            settings: self.data.is_some(),
            data: self.data,
        }
    }
}

fn listen(text: &str) -> Result<Listen, String> {
    text.parse().map_err(|e: sip_net::ListenError| e.to_string())
}

fn audio_in(text: &str) -> Result<FileInput, String> {
    if text == "silence" {
        return Ok(FileInput::Silence);
    }
    let Some(tone) = text.strip_prefix("tone:") else {
        return Ok(FileInput::Wav(text.into()));
    };
    let (hz, dbfs) = tone.split_once(',').unwrap_or((tone, ""));
    let hz: f32 = hz
        .parse()
        .map_err(|_| format!("`{hz}` is not a frequency in Hz"))?;
    let dbfs: f32 = match dbfs {
        "" => TONE_DBFS,
        text => text
            .parse()
            .map_err(|_| format!("`{text}` is not a level in dBFS"))?,
    };
    if !(20.0..=20_000.0).contains(&hz) {
        return Err(format!("{hz} Hz is not between 20 and 20000"));
    }
    if !(-100.0..=0.0).contains(&dbfs) {
        return Err(format!("{dbfs} dBFS is not between -100 and 0"));
    }
    Ok(FileInput::Tone { hz, dbfs })
}

// clap wants a `Result`.
#[allow(clippy::unnecessary_wraps)]
fn audio_out(text: &str) -> Result<AudioOut, String> {
    Ok(match text {
        "discard" => AudioOut::Discard,
        path => AudioOut::File(path.into()),
    })
}

fn auto_answer(text: &str) -> Result<AutoAnswer, String> {
    let (status, after) = text.split_once(',').unwrap_or((text, "0"));
    let status: u16 = status
        .trim()
        .parse()
        .map_err(|_| format!("`{status}` is not a SIP status"))?;
    let after: u64 = after
        .trim()
        .parse()
        .map_err(|_| format!("`{after}` is not a number of milliseconds"))?;
    if !matches!(status, 180..=189 | 200 | 400..=699) {
        return Err(format!(
            "{status} cannot be an automatic answer: use 180 to 189, 200, or 400 to 699"
        ));
    }
    if after > 3_600_000 {
        return Err("more than an hour".into());
    }
    let after = Duration::from_millis(after);
    Ok(AutoAnswer { status, after })
}

fn srtp(text: &str) -> Result<Srtp, String> {
    match text {
        "off" | "optional" => Ok(Srtp),
        "required" => Err(
            "this version cannot encrypt voice yet, and will not send it plain when encryption is required"
                .into(),
        ),
        other => Err(format!("`{other}` is none of off, optional, required")),
    }
}

/// The rule of `agent.sign_in`'s `server`.
fn server(text: &str) -> Result<String, String> {
    match center::check_address(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn codec_list(text: &str) -> Result<CodecList, String> {
    codecs::choose(text.split(','))
        .map(CodecList)
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: HeadlessOptions,
    }

    fn read(args: &[&str]) -> Result<RuntimeConfig, String> {
        let args = std::iter::once(&"ringside").chain(args);
        Cli::try_parse_from(args)
            .map(|cli| cli.options.into_config())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn every_option_of_the_contract_is_read() {
        let config = read(&[
            "--sip-listen",
            "127.0.0.1:5070",
            "--sip-listen",
            "tcp:127.0.0.1:0",
            "--audio-in",
            "tone:440,-20",
            "--audio-out",
            "ear.wav",
            "--accept-any-user",
            "--auto-answer",
            "200,250",
            "--data",
            "d",
            "--server",
            "http://127.0.0.1:1",
            "--srtp",
            "off",
            "--codecs",
            "opus,G722,PCMA,PCMU",
        ])
        .unwrap();
        assert_eq!(config.sip_listen.len(), 2);
        assert!(config.accept_any_user && config.settings);
        assert_eq!(config.session.codecs, ["opus", "PCMA", "PCMU"]);
        let auto = config.session.auto_answer.unwrap();
        assert_eq!((auto.status, auto.after), (200, Duration::from_millis(250)));
        let Backend::File { input, output } = config.audio else {
            panic!()
        };
        assert_eq!(
            input,
            FileInput::Tone {
                hz: 440.0,
                dbfs: -20.0
            }
        );
        assert_eq!(output, Some("ear.wav".into()));
        assert!(read(&["--null-audio"]).is_ok());
    }

    #[test]
    fn bad_usage_is_said() {
        for args in [
            &["--sip-listen", "nowhere"][..],
            &["--audio-in", "tone:loud"],
            &["--audio-in", "tone:440,5"],
            &["--auto-answer", "302"],
            &["--auto-answer", "busy"],
            &["--codecs", "speex"],
            &["--srtp", "maybe"],
            &["--server", "nonsense"],
            &["--server", "ftp://x"],
            &["--server", ""],
            &["--null-audio", "--audio-in", "silence"],
        ] {
            assert!(read(args).is_err(), "{args:?}");
        }
        assert!(
            read(&["--srtp", "required"])
                .unwrap_err()
                .contains("will not send it plain")
        );
    }
}
