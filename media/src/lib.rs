//! Voice path: RTP, jitter buffer, codecs, mixer and audio devices.
