//! The owner task: everything that happens becomes an [`Input`], every [`Output`] goes to its driver.

use std::{
    sync::{Arc, OnceLock},
    thread,
    time::Instant,
};

use agent_core::{Input, Output, Session, View};
use tokio::sync::{mpsc, watch};

use super::{FaceEvent, RuntimeConfig, RuntimeError, RuntimeHandle, Sink};

/// What [`start`] gives back.
pub(super) struct Started {
    pub(super) handle: RuntimeHandle,
    pub(super) thread: thread::JoinHandle<()>,
    pub(super) sip: Vec<String>,
}

struct Owner {
    session: Session,
    inputs: mpsc::UnboundedReceiver<Input>,
    view: watch::Sender<Arc<View>>,
    on_change: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
    sink: Box<dyn Sink>,
}

pub(super) fn start(config: RuntimeConfig, sink: Box<dyn Sink>) -> Result<Started, RuntimeError> {
    let session = Session::new(config.session);
    let (sender, inputs) = mpsc::unbounded_channel();
    let (view, seen) = watch::channel(Arc::new(session.view().clone()));
    let on_change = Arc::new(OnceLock::new());
    let handle = RuntimeHandle {
        inputs: sender,
        view: seen,
        on_change: Arc::clone(&on_change),
    };
    let owner = Owner {
        session,
        inputs,
        view,
        on_change,
        sink,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = thread::Builder::new()
        .name("session".into())
        .spawn(move || runtime.block_on(owner.run()))?;
    Ok(Started {
        handle,
        thread,
        sip: Vec::new(),
    })
}

impl Owner {
    async fn run(mut self) {
        loop {
            let input = match self.session.next_wake() {
                Some(wake) => tokio::select! {
                    input = self.inputs.recv() => input,
                    () = tokio::time::sleep_until(wake.into()) => Some(Input::Tick),
                },
                None => self.inputs.recv().await,
            };
            let stopped = self.step(input.unwrap_or(Input::Stop));
            if stopped {
                return;
            }
        }
    }

    /// Handles one input; true when the session has stopped.
    fn step(&mut self, input: Input) -> bool {
        let mut stopped = false;
        for output in self.session.handle(Instant::now(), input) {
            match output {
                Output::Reply { token, result } => (self.sink)(FaceEvent::Reply { token, result }),
                Output::Notify(notification) => (self.sink)(FaceEvent::Notify(notification)),
                Output::Alert { title, body } => (self.sink)(FaceEvent::Alert { title, body }),
                Output::Stopped => {
                    (self.sink)(FaceEvent::Stopped);
                    stopped = true;
                }
                _ => {}
            }
        }
        if **self.view.borrow() != *self.session.view() {
            self.view.send_replace(Arc::new(self.session.view().clone()));
            if let Some(call) = self.on_change.get() {
                call();
            }
        }
        stopped
    }
}
