//! A higher priority for the media thread where the system gives one without extra rights.

/// Asks for the highest priority an ordinary process may have; being refused is normal on Linux.
pub(super) fn raise() {
    use thread_priority::{ThreadPriority, set_current_thread_priority};
    if let Err(error) = set_current_thread_priority(ThreadPriority::Max) {
        tracing::debug!("the media thread keeps normal priority: {error}");
    }
}
