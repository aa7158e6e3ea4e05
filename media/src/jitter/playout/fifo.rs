//! Decoded samples on their way to the ear: kept with what they are, cut with a seam, made shorter or longer.

use crate::{
    FRAME,
    codec::MAX_FRAME,
    session::FrameKind,
    stretch::{self, Care},
};

/// Voice looked at when taking out or putting in a period: 30 ms.
pub(super) const WINDOW: usize = 1_440;
/// Blend between what was cut off and what follows: 5 ms.
pub(super) const SEAM: usize = 240;
const FIFO: usize = 3 * MAX_FRAME;
/// Spans of one kind that can be told apart.
const SPANS: usize = 32;

/// Decoded samples waiting to be played, and where they came from.
#[derive(Debug)]
pub(super) struct Fifo {
    samples: Box<[f32]>,
    pub(super) len: usize,
    spans: [(FrameKind, usize); SPANS],
    used: usize,
    /// The end of what was cut off, to blend into what is pushed next.
    seam: [f32; SEAM],
    seam_len: usize,
}

impl Fifo {
    pub(super) fn new() -> Self {
        Self {
            samples: vec![0.0; FIFO].into_boxed_slice(),
            len: 0,
            spans: [(FrameKind::Idle, 0); SPANS],
            used: 0,
            seam: [0.0; SEAM],
            seam_len: 0,
        }
    }

    /// Appends; what does not fit is lost (cannot happen: at most two frames wait).
    pub(super) fn push(&mut self, new: &[f32], kind: FrameKind) {
        let n = new.len().min(self.samples.len() - self.len);
        let place = &mut self.samples[self.len..self.len + n];
        place.copy_from_slice(&new[..n]);
        let blend = self.seam_len.min(n);
        for (i, (sample, old)) in place.iter_mut().zip(&self.seam[..blend]).enumerate() {
            let weight = (i + 1) as f32 / (blend + 1) as f32;
            *sample = *sample * weight + old * (1.0 - weight);
        }
        self.seam_len = 0;
        self.len += n;
        match self.spans[..self.used].last_mut() {
            Some(last) if last.0 == kind || self.used == SPANS => last.1 += n,
            _ => {
                self.spans[self.used] = (kind, n);
                self.used += 1;
            }
        }
    }

    /// Takes the next frame out, silence where there is nothing; says what most of it is.
    pub(super) fn pull(&mut self, out: &mut [f32; FRAME]) -> FrameKind {
        let n = self.len.min(FRAME);
        out[..n].copy_from_slice(&self.samples[..n]);
        out[n..].fill(0.0);
        if n < FRAME && self.seam_len > 0 {
            let m = self.seam_len.min(FRAME - n);
            for (i, (sample, old)) in out[n..n + m].iter_mut().zip(&self.seam).enumerate() {
                *sample = old * (1.0 - (i + 1) as f32 / m as f32);
            }
            self.seam_len = 0;
        }
        self.samples.copy_within(n..self.len, 0);
        self.len -= n;
        let mut kind = (FrameKind::Idle, 0);
        let mut left = n;
        let mut gone = 0;
        for span in &mut self.spans[..self.used] {
            let part = span.1.min(left);
            if part > kind.1 {
                kind = (span.0, part);
            }
            span.1 -= part;
            left -= part;
            if span.1 > 0 {
                break;
            }
            gone += 1;
        }
        self.spans.copy_within(gone..self.used, 0);
        self.used -= gone;
        kind.0
    }

    /// Keeps only a seam.
    pub(super) fn cut(&mut self) {
        let n = self.len.min(SEAM);
        if n > 0 {
            self.seam[..n].copy_from_slice(&self.samples[..n]);
            self.seam_len = n;
        }
        self.len = 0;
        self.used = 0;
    }

    pub(super) fn shorten(&mut self, care: Care, most: usize) -> usize {
        let window = self.len.min(WINDOW);
        if window < stretch::MIN_WINDOW {
            return 0;
        }
        let removed = stretch::shorten(&mut self.samples[..window], care, most);
        if removed > 0 {
            self.samples.copy_within(window..self.len, window - removed);
            self.len -= removed;
            self.relabel(FrameKind::Accelerated, -(removed as i64));
        }
        removed
    }

    pub(super) fn lengthen(&mut self) -> usize {
        if self.len < stretch::MIN_WINDOW || self.len + WINDOW > self.samples.len() {
            return 0;
        }
        let room = (self.len + WINDOW).min(self.samples.len());
        let added = stretch::lengthen(&mut self.samples[..room], self.len, Care::Careful);
        if added > 0 {
            self.len += added;
            self.relabel(FrameKind::Expanded, added as i64);
        }
        added
    }

    /// The next frame is of `kind`; the spans follow a change of length.
    fn relabel(&mut self, kind: FrameKind, change: i64) {
        let first = FRAME.min(self.len);
        let rest = self.len - first;
        let last = self.spans[..self.used].last().map_or(FrameKind::Normal, |s| s.0);
        debug_assert!(change != 0);
        self.spans[0] = (kind, first);
        self.spans[1] = (last, rest);
        self.used = if rest > 0 { 2 } else { 1 };
    }
}
