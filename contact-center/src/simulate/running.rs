//! A simulation at work, and what came of it.

use serde::Serialize;
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinHandle},
};

/// What the customers went through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Calls made.
    pub placed: u64,
    /// Calls the server answered.
    pub answered: u64,
    /// Calls ended by the other side after they were answered.
    pub ended_by_server: u64,
    /// Calls the customer hung up.
    pub hung_up: u64,
    /// Calls that failed, with the sentence of each of the first 1,000.
    pub failed: Vec<String>,
    /// Voice packets customers received.
    pub packets_heard: u64,
    /// Calls colleagues took.
    pub colleague_calls: u64,
}

/// A simulation at work.
#[derive(Debug)]
pub struct Running {
    pub(super) stop: oneshot::Sender<()>,
    pub(super) task: JoinHandle<Report>,
}

impl Running {
    /// Hangs everything up and says what happened.
    pub async fn stop(self) -> Report {
        // An error means that the plan is done already.
        let _ = self.stop.send(());
        Self::said(self.task.await)
    }

    /// Waits until the plan is done, or ends it when `enough` is.
    pub async fn finished_or(mut self, enough: impl Future<Output = ()>) -> Report {
        tokio::select! {
            report = &mut self.task => return Self::said(report),
            () = enough => {}
        }
        self.stop().await
    }

    fn said(report: Result<Report, JoinError>) -> Report {
        report.unwrap_or_else(|error| Report {
            failed: vec![format!("the simulator ended badly: {error}")],
            ..Report::default()
        })
    }
}
