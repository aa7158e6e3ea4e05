//! No local device: the server and the simulator.

use std::time::Instant;

use crossbeam_channel::Select;

use super::{AudioBackend, CaptureClock, Notice};
use crate::FRAME;

/// Hears silence, plays into nothing, lets the timer pace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silent;

impl AudioBackend for Silent {
    fn clock(&mut self, _now: Instant) -> CaptureClock {
        CaptureClock::Absent
    }

    fn read(&mut self, frame: &mut [f32; FRAME]) {
        frame.fill(0.0);
    }

    fn write(&mut self, _frame: &[f32; FRAME]) {}

    fn write_ring(&mut self, _frame: Option<&[f32; FRAME]>) {}

    fn needed(&mut self, _needed: bool) {}

    fn notice(&mut self) -> Option<Notice> {
        None
    }

    fn rests(&self) -> bool {
        true
    }

    fn wakes<'a>(&'a self, _wake: &mut Select<'a>) {}

    fn close(&mut self) {}
}
