//! Telling the person through the operating system, window or no window.
//!
//! For now the log, and whoever asked to be called: the window asks for the system's attention there.

/// Tells. Names and numbers stay out of the log.
pub fn tell(title: &str) {
    tracing::info!(title, "alert");
}
