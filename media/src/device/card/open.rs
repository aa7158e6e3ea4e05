//! Opens one stream with a fixed buffer of 10 ms.
//!
//! The callbacks below are the real-time part: they convert the card's sample type to `f32`, copy to or
//! from a ring and touch atomics; the clock they read is memory the system maps, not a call into it. `assert_no_alloc` aborts a test that makes them allocate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use assert_no_alloc::assert_no_alloc;
use cpal::{
    BufferSize, Device, Error, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig,
    traits::{DeviceTrait, StreamTrait},
};

use crate::device::line::{
    CaptureFeed, CaptureLine, Counters, Format, PlayoutFeed, PlayoutLine, capture_line, playout_line,
};

/// Opening takes longer than this only when the sound service hangs.
const TIMEOUT: Option<Duration> = Some(Duration::from_secs(5));
/// Buffers per second: 10 ms each.
const BUFFERS_PER_S: u32 = 100;

/// A running stream and what there is to watch of it.
pub(super) struct Open {
    /// Dropping it ends the callbacks.
    _stream: Stream,
    pub(super) counters: Arc<Counters>,
    /// The system said that the stream is dead.
    pub(super) failed: Arc<AtomicBool>,
    pub(super) rate: u32,
}

/// Opens a card for capture. `rate` overrides what the card claims (a stale rate of a Bluetooth headset).
pub(super) fn capture(device: &Device, rate: Option<u32>) -> Result<(Open, CaptureLine), Error> {
    let supported = device.default_input_config()?;
    let (config, format) = plan(&supported);
    let failed = Arc::new(AtomicBool::new(false));
    let heard = Format {
        rate: rate.unwrap_or(format.rate),
        ..format
    };
    for config in attempts(config) {
        let Some((feed, line)) = capture_line(heard) else {
            return Err(unusable(format));
        };
        let counters = feed.counters();
        match build_capture(device, config, supported.sample_format(), feed, failed.clone()) {
            Ok(stream) => {
                stream.play()?;
                return Ok((open(stream, counters, failed, heard.rate), line));
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedConfig => {}
            Err(error) => return Err(error),
        }
    }
    Err(unusable(format))
}

/// Opens a card for playout.
pub(super) fn playout(device: &Device) -> Result<(Open, PlayoutLine), Error> {
    let epoch = Instant::now();
    let supported = device.default_output_config()?;
    let (config, format) = plan(&supported);
    let failed = Arc::new(AtomicBool::new(false));
    for config in attempts(config) {
        let Some((feed, line)) = playout_line(format, epoch) else {
            return Err(unusable(format));
        };
        let counters = feed.counters();
        match build_playout(
            device,
            config,
            supported.sample_format(),
            (feed, epoch),
            failed.clone(),
        ) {
            Ok(stream) => {
                stream.play()?;
                return Ok((open(stream, counters, failed, format.rate), line));
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedConfig => {}
            Err(error) => return Err(error),
        }
    }
    Err(unusable(format))
}

fn open(stream: Stream, counters: Arc<Counters>, failed: Arc<AtomicBool>, rate: u32) -> Open {
    Open {
        _stream: stream,
        counters,
        failed,
        rate,
    }
}

/// The card's own rate and channels, and 10 ms as near as its limits allow.
fn plan(supported: &SupportedStreamConfig) -> (StreamConfig, Format) {
    let frames = supported.sample_rate() / BUFFERS_PER_S;
    let frames = match *supported.buffer_size() {
        SupportedBufferSize::Range { min, max } => frames.clamp(min, max.max(min)),
        SupportedBufferSize::Unknown => frames,
    };
    let config = StreamConfig {
        channels: supported.channels(),
        sample_rate: supported.sample_rate(),
        buffer_size: BufferSize::Fixed(frames.max(1)),
    };
    let format = Format {
        rate: supported.sample_rate(),
        channels: supported.channels(),
    };
    (config, format)
}

/// A fixed buffer first; a card that refuses it gets to choose (cpal's default is 2 s on some systems,
/// which is why it comes last).
fn attempts(config: StreamConfig) -> [StreamConfig; 2] {
    let default = StreamConfig {
        buffer_size: BufferSize::Default,
        ..config
    };
    [config, default]
}

fn unusable(format: Format) -> Error {
    Error::with_message(
        ErrorKind::UnsupportedConfig,
        format!(
            "its format of {} Hz, {} channels cannot be used",
            format.rate, format.channels
        ),
    )
}

fn build_capture(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    mut feed: CaptureFeed,
    failed: Arc<AtomicBool>,
) -> Result<Stream, Error> {
    macro_rules! build {
        ($sample:ty) => {
            device.build_input_stream(
                config,
                move |data: &[$sample], _: &cpal::InputCallbackInfo| {
                    assert_no_alloc(|| feed.push(data.iter().map(|s| to_f32(*s))));
                },
                move |error| note(&failed, &error),
                TIMEOUT,
            )
        };
    }
    each_format!(format, build)
}

fn build_playout(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    (mut feed, epoch): (PlayoutFeed, Instant),
    failed: Arc<AtomicBool>,
) -> Result<Stream, Error> {
    macro_rules! build {
        ($sample:ty) => {
            device.build_output_stream(
                config,
                move |data: &mut [$sample], _: &cpal::OutputCallbackInfo| {
                    assert_no_alloc(|| {
                        feed.pull(
                            epoch.elapsed().as_micros() as u64,
                            data.len(),
                            |at, sample| data[at] = <$sample>::from_sample_(sample),
                        );
                    });
                },
                move |error| note(&failed, &error),
                TIMEOUT,
            )
        };
    }
    each_format!(format, build)
}

/// Calls a macro with the Rust type of a sample format.
macro_rules! each_format {
    ($format:expr, $build:ident) => {
        match $format {
            SampleFormat::I8 => $build!(i8),
            SampleFormat::I16 => $build!(i16),
            SampleFormat::I24 => $build!(cpal::I24),
            SampleFormat::I32 => $build!(i32),
            SampleFormat::U8 => $build!(u8),
            SampleFormat::U16 => $build!(u16),
            SampleFormat::U32 => $build!(u32),
            SampleFormat::F32 => $build!(f32),
            SampleFormat::F64 => $build!(f64),
            other => Err(Error::with_message(
                ErrorKind::UnsupportedConfig,
                format!("its sample format {other} cannot be used"),
            )),
        }
    };
}
use each_format;

fn to_f32<S: SizedSample>(sample: S) -> f32
where
    f32: FromSample<S>,
{
    f32::from_sample_(sample)
}

/// From cpal's error callback, which may run on the real-time thread: only a flag.
fn note(failed: &AtomicBool, error: &Error) {
    if !matches!(
        error.kind(),
        ErrorKind::Xrun | ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged
    ) {
        failed.store(true, Relaxed);
    }
}
