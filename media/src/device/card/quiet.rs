//! ALSA's library writes every look-up that fails to standard error, also when somebody is merely looking for
//! devices. While one of these lives, what it says on this thread goes to the log instead.

/// Takes ALSA's complaints of the current thread.
#[cfg(target_os = "linux")]
pub(super) struct Quiet(Option<std::rc::Rc<std::cell::RefCell<alsa::Output>>>);

#[cfg(target_os = "linux")]
impl Quiet {
    pub(super) fn new() -> Self {
        Self(alsa::Output::local_error_handler().ok())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(output) = &self.0 {
            output.borrow().buffer_string(|bytes| {
                if !bytes.is_empty() {
                    tracing::trace!(alsa = %String::from_utf8_lossy(bytes).trim_end());
                }
            });
        }
    }
}

/// Other systems' audio libraries are quiet by themselves.
#[cfg(not(target_os = "linux"))]
pub(super) struct Quiet;

#[cfg(not(target_os = "linux"))]
impl Quiet {
    pub(super) const fn new() -> Self {
        Self
    }
}
