//! N−1 mixer: everyone hears everyone but himself.
//!
//! Per tick: [`put`](Mixer::put) what each member says, then [`take`](Mixer::take) what each hears. All
//! voices are summed once and each listener's own is taken away again. The mixer holds no audio from one
//! tick to the next, so it adds no delay: whoever puts nothing in a tick is silent in it.

mod limiter;

pub use limiter::Limiter;

use crate::FRAME;

/// Members a mix can have.
pub const MAX_MEMBERS: usize = 16;

/// A place in one mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member(usize);

/// One mix of up to [`MAX_MEMBERS`]. Nothing allocates after [`new`](Mixer::new).
#[derive(Debug)]
pub struct Mixer {
    places: Box<[Place]>,
    sum: [f32; FRAME],
    summed: bool,
}

#[derive(Clone, Debug)]
struct Place {
    taken: bool,
    spoke: bool,
    said: [f32; FRAME],
    limiter: Limiter,
}

impl Default for Mixer {
    fn default() -> Self {
        Self::new()
    }
}

impl Mixer {
    /// An empty mix.
    pub fn new() -> Self {
        let place = Place {
            taken: false,
            spoke: false,
            said: [0.0; FRAME],
            limiter: Limiter::default(),
        };
        Self {
            places: vec![place; MAX_MEMBERS].into_boxed_slice(),
            sum: [0.0; FRAME],
            summed: false,
        }
    }

    /// Adds a member; `None` when the mix is full.
    pub fn join(&mut self) -> Option<Member> {
        let index = self.places.iter().position(|p| !p.taken)?;
        if let Some(place) = self.places.get_mut(index) {
            place.taken = true;
            place.spoke = false;
            place.limiter = Limiter::default();
        }
        Some(Member(index))
    }

    /// Removes a member; its place can be given to another.
    pub fn leave(&mut self, member: Member) {
        if let Some(place) = self.places.get_mut(member.0) {
            place.taken = false;
            place.spoke = false;
        }
        self.summed = false;
    }

    /// Members at present.
    pub fn len(&self) -> usize {
        self.places.iter().filter(|p| p.taken).count()
    }

    /// Nobody is here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts a tick: forgets what was said in the last one.
    pub fn begin(&mut self) {
        for place in &mut self.places {
            place.spoke = false;
        }
        self.summed = false;
    }

    /// What a member says in this tick. A second `put` in a tick adds to the first (a leg and its sounds).
    pub fn put(&mut self, member: Member, frame: &[f32; FRAME]) {
        let Some(place) = self.places.get_mut(member.0) else {
            return;
        };
        if place.spoke {
            for (said, sample) in place.said.iter_mut().zip(frame) {
                *said += sample;
            }
        } else {
            place.said = *frame;
            place.spoke = true;
        }
        self.summed = false;
    }

    /// What a member hears in this tick: all others, limited below full scale. Call it once per tick and
    /// member, after every `put`.
    pub fn take(&mut self, member: Member, out: &mut [f32; FRAME]) {
        self.add_up();
        *out = self.sum;
        let Some(place) = self.places.get_mut(member.0) else {
            return;
        };
        if place.spoke {
            for (heard, own) in out.iter_mut().zip(&place.said) {
                *heard -= own;
            }
        }
        place.limiter.process(out);
    }

    /// What everybody says together in this tick, not limited (for a recorder or a listener without a place).
    pub fn all(&mut self) -> &[f32; FRAME] {
        self.add_up();
        &self.sum
    }

    fn add_up(&mut self) {
        if self.summed {
            return;
        }
        self.sum.fill(0.0);
        for place in self.places.iter().filter(|p| p.spoke) {
            for (sum, sample) in self.sum.iter_mut().zip(&place.said) {
                *sum += sample;
            }
        }
        self.summed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(tick: usize, hz: f32, amplitude: f32) -> [f32; FRAME] {
        std::array::from_fn(|i| {
            let t = (tick * FRAME + i) as f64 / 48_000.0;
            ((t * f64::from(hz) * std::f64::consts::TAU).sin() as f32) * amplitude
        })
    }

    #[test]
    fn each_hears_everyone_but_himself() {
        let mut mixer = Mixer::new();
        let members: Vec<Member> = (0..MAX_MEMBERS).map(|_| mixer.join().unwrap()).collect();
        assert_eq!(mixer.join(), None, "a full mix takes nobody in");
        for tick in 0..10 {
            mixer.begin();
            for (n, m) in members.iter().enumerate() {
                mixer.put(*m, &[0.001 * (n + 1) as f32; FRAME]);
            }
            let all: f32 = (1..=MAX_MEMBERS).map(|n| 0.001 * n as f32).sum();
            for (n, m) in members.iter().enumerate() {
                let mut heard = [0.0; FRAME];
                mixer.take(*m, &mut heard);
                let expected = all - 0.001 * (n + 1) as f32;
                assert!(
                    heard.iter().all(|s| (s - expected).abs() < 1e-6),
                    "tick {tick} member {n}"
                );
            }
        }
    }

    #[test]
    fn a_member_who_left_is_heard_no_more() {
        let mut mixer = Mixer::new();
        let (a, b) = (mixer.join().unwrap(), mixer.join().unwrap());
        mixer.begin();
        mixer.put(a, &[0.5; FRAME]);
        mixer.leave(a);
        let mut heard = [1.0; FRAME];
        mixer.take(b, &mut heard);
        assert_eq!(heard, [0.0; FRAME]);
        assert_eq!(mixer.len(), 1);
    }

    #[test]
    fn v_007_a_tone_through_a_bridge_of_three_has_no_discontinuity() {
        let mut mixer = Mixer::new();
        let [a, b, c] = std::array::from_fn(|_| mixer.join().unwrap());
        // A sine fulfils y[n] = 2 cos(w) y[n-1] - y[n-2]; what is left over is a discontinuity.
        let w = std::f64::consts::TAU * 1_000.0 / 48_000.0;
        let (mut y1, mut y2) = (0.0f64, 0.0f64);
        let mut worst = 0.0f64;
        for tick in 0..60_000 {
            mixer.begin();
            mixer.put(a, &tone(tick % 100, 1_000.0, 0.3));
            mixer.put(b, &tone(tick % 100, 700.0, 0.3));
            let mut heard = [0.0; FRAME];
            mixer.take(b, &mut heard);
            let mut unused = [0.0; FRAME];
            mixer.take(c, &mut unused);
            for (i, s) in heard.iter().enumerate() {
                let y = f64::from(*s);
                if tick > 0 || i > 1 {
                    worst = worst.max((y - (2.0 * w.cos() * y1 - y2)).abs());
                }
                (y2, y1) = (y1, y);
            }
        }
        assert!(worst < 1e-4, "discontinuity of {:.1} dBFS", 20.0 * worst.log10());
    }

    #[test]
    fn loud_crowd_does_not_clip() {
        let mut mixer = Mixer::new();
        let members: Vec<Member> = (0..8).map(|_| mixer.join().unwrap()).collect();
        for tick in 0..50 {
            mixer.begin();
            for m in &members {
                mixer.put(*m, &tone(tick, 440.0, 0.9));
            }
            let mut heard = [0.0; FRAME];
            mixer.take(members[0], &mut heard);
            assert!(heard.iter().all(|s| s.abs() < 1.0));
        }
    }
}
