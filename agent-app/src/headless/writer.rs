//! Lines to stdout on a thread of their own: a slow reader waits for nobody but itself.

use std::{
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use serde_json::json;

/// Lines a slow reader may leave waiting; beyond that lines are lost, and the log says so.
const QUEUE: usize = 65_536;
/// How long the last lines may take.
const FINISH_LIMIT: Duration = Duration::from_secs(2);

type Hook = Box<dyn FnOnce() + Send>;

/// The queue's end that others hold.
#[derive(Clone)]
pub(super) struct Writer {
    lines: Sender<Option<String>>,
    ready: Sender<String>,
    done: Receiver<()>,
    lost: Arc<AtomicBool>,
    closed: Arc<Mutex<Option<Hook>>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread. Nothing is written before [`ready`](Self::ready).
    pub(super) fn start(mut out: impl Write + Send + 'static) -> Self {
        let (lines, to_write) = bounded::<Option<String>>(QUEUE);
        let (ready, first) = bounded::<String>(1);
        let (finished, done) = bounded::<()>(0);
        let closed: Arc<Mutex<Option<Hook>>> = Arc::default();
        let hook = Arc::clone(&closed);
        let spawned = thread::Builder::new().name("stdout".into()).spawn(move || {
            let _finished = finished;
            let Ok(first) = first.recv() else { return };
            let mut next = Some(first);
            while let Some(mut line) = next {
                line.push('\n');
                if let Err(error) = out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
                    tracing::warn!(%error, "nobody reads stdout any more");
                    if let Some(call) = hook.lock().unwrap_or_else(PoisonError::into_inner).take() {
                        call();
                    }
                    return;
                }
                next = to_write.recv().ok().flatten();
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for stdout");
        }
        Self {
            lines,
            ready,
            done,
            lost: Arc::default(),
            closed,
        }
    }

    /// Writes the `ready` notification, then everything that has waited for it.
    pub(super) fn ready(&self, sip: &[String]) {
        let line = json!({
            "jsonrpc": "2.0",
            "method": "ready",
            "params": { "sip": sip, "version": env!("CARGO_PKG_VERSION") },
        });
        // The thread is gone only when the system refused it, which is logged.
        let _ = self.ready.try_send(line.to_string());
    }

    /// Queues a line. Never blocks.
    pub(super) fn line(&self, line: String) {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(Some(line))
            && !self.lost.swap(true, Ordering::Relaxed)
        {
            tracing::error!("stdout is not read: lines are being lost");
        }
    }

    /// What to do when nobody reads any more.
    pub(super) fn when_closed(&self, call: impl FnOnce() + Send + 'static) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(call));
    }

    /// Waits until everything is written; bounded.
    pub(super) fn finish(&self) {
        // Full or gone: then there is nothing to wait for.
        let _ = self.lines.send_timeout(None, FINISH_LIMIT);
        let _ = self.done.recv_timeout(FINISH_LIMIT);
    }
}
