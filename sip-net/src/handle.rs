//! What the rest of the program holds of a running machine.

use std::{fmt, net::SocketAddr, sync::Arc};

use sip_core::Transport;
use tokio::{sync::mpsc, task::JoinHandle};

/// A bound listening socket; prints as `udp:127.0.0.1:5060`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bound {
    /// What it speaks.
    pub transport: Transport,
    /// Its address, the port filled in.
    pub address: SocketAddr,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.transport.param_name(), self.address)
    }
}

/// The driver has stopped; the command was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the SIP driver has stopped")]
pub struct Stopped;

pub(crate) enum Message<C> {
    Command(C),
    Shutdown,
}

/// Sends commands to a running machine from anywhere, audio and window threads included.
pub struct Handle<C> {
    pub(crate) commands: mpsc::UnboundedSender<Message<C>>,
    pub(crate) bound: Arc<[Bound]>,
}

impl<C> Handle<C> {
    /// Queues a command. Never blocks.
    ///
    /// # Errors
    /// [`Stopped`] when the driver is gone.
    pub fn send(&self, command: C) -> Result<(), Stopped> {
        self.commands.send(Message::Command(command)).map_err(|_| Stopped)
    }

    /// The listening sockets, in the order asked for.
    pub fn bound(&self) -> &[Bound] {
        &self.bound
    }
}

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
            bound: Arc::clone(&self.bound),
        }
    }
}

impl<C> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}

/// A machine on its sockets. Ends with [`shutdown`](Self::shutdown), or when this and every [`Handle`] is dropped.
#[derive(Debug)]
pub struct Running<C, E> {
    /// Commands go here.
    pub handle: Handle<C>,
    /// What the machine says, in order. Read it: the channel has no bound.
    pub events: mpsc::UnboundedReceiver<E>,
    pub(crate) task: JoinHandle<()>,
}

impl<C, E> Running<C, E> {
    /// The listening sockets, in the order asked for.
    pub fn bound(&self) -> &[Bound] {
        self.handle.bound()
    }

    /// The next event; `None` once the driver has stopped.
    pub async fn next_event(&mut self) -> Option<E> {
        self.events.recv().await
    }

    /// Writes out what is queued (bounded by [`Limits::flush`](crate::Limits)), closes every socket and waits
    /// for that. Commands sent before are still carried out. Tell the machine to say goodbye first.
    pub async fn shutdown(self) {
        // An error means that it has stopped already.
        let _ = self.handle.commands.send(Message::Shutdown);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the SIP driver ended badly");
        }
    }
}
