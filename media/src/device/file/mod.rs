//! Files, tones and silence in place of a sound card (`--audio-in`, `--audio-out`), paced by the timer.

mod microphone;
mod writer;

use std::{path::PathBuf, time::Instant};

use crossbeam_channel::Select;

use self::{microphone::Microphone, writer::Writer};
use super::{AudioBackend, CaptureClock, Notice};
use crate::{
    FRAME,
    engine::{DeviceRole, EngineError, FileInput},
};

/// A microphone that is not one and a speaker that is a WAV file, or nothing.
pub(crate) struct FileBackend {
    microphone: Microphone,
    speaker: Option<Writer>,
    told: bool,
}

impl FileBackend {
    /// Loads the input whole and creates the output with its header.
    pub(crate) fn open(input: FileInput, output: Option<PathBuf>) -> Result<Self, EngineError> {
        Ok(Self {
            microphone: Microphone::open(input)?,
            speaker: output.map(Writer::create).transpose()?,
            told: false,
        })
    }

    fn status(&self, problem: Option<String>) -> Notice {
        Notice {
            role: DeviceRole::Call,
            input: Some(self.microphone.name().to_owned()),
            output: Some(self.speaker.as_ref().map_or("discard", Writer::name).to_owned()),
            problem,
            path_changed: false,
        }
    }
}

impl AudioBackend for FileBackend {
    fn clock(&mut self, _now: Instant) -> CaptureClock {
        CaptureClock::Absent
    }

    fn read(&mut self, frame: &mut [f32; FRAME]) {
        self.microphone.read(frame);
    }

    fn write(&mut self, frame: &[f32; FRAME]) {
        if let Some(speaker) = &mut self.speaker {
            speaker.write(frame);
        }
    }

    fn write_ring(&mut self, _frame: Option<&[f32; FRAME]>) {}

    fn needed(&mut self, _needed: bool) {}

    fn notice(&mut self) -> Option<Notice> {
        let problem = self.speaker.as_mut().and_then(Writer::problem);
        if problem.is_none() && self.told {
            return None;
        }
        self.told = true;
        Some(self.status(problem))
    }

    fn rests(&self) -> bool {
        // A file runs from the first to the last tick.
        false
    }

    fn wakes<'a>(&'a self, _wake: &mut Select<'a>) {}

    fn close(&mut self) {
        if let Some(speaker) = &mut self.speaker {
            speaker.close();
        }
    }
}
