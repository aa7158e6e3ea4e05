//! One datagram socket: its reader, sending at once, and a bounded queue for when the socket cannot.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use sip_core::FlowId;
use tokio::{net::UdpSocket, sync::mpsc};

use crate::driver::FromNet;

/// The largest UDP payload.
const LARGEST: usize = 65_535;
/// After this many read errors in a row the socket is given up.
const PATIENCE: u32 = 64;
/// The wait before a datagram is tried again that the system had no buffer for.
const BREATH: Duration = Duration::from_millis(2);

/// Reads datagrams until the driver is gone or the socket is broken.
pub(crate) async fn read(flow: FlowId, socket: Arc<UdpSocket>, to_driver: mpsc::Sender<FromNet>) {
    let mut buffer = vec![0; LARGEST];
    let mut failures = 0;
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, from)) => {
                failures = 0;
                let data = Bytes::copy_from_slice(&buffer[..length]);
                if to_driver
                    .send(FromNet::Received { flow, from, data })
                    .await
                    .is_err()
                {
                    return;
                }
            }
            // An ICMP error for something sent earlier (Windows: WSAECONNRESET). It says nothing about the
            // next datagram; the transaction it belongs to times out by itself.
            Err(e) if is_about_a_peer(&e) => {
                tracing::debug!(?flow, error = %e, "a datagram could not be delivered")
            }
            Err(e) => {
                failures += 1;
                tracing::warn!(?flow, error = %e, "reading datagrams failed");
                if failures >= PATIENCE {
                    let reason = format!("reading datagrams failed: {e}");
                    let _ = to_driver.send(FromNet::Closed { flow, reason }).await;
                    return;
                }
                tokio::time::sleep(Duration::from_millis(u64::from(failures))).await;
            }
        }
    }
}

fn is_about_a_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::Interrupted
    )
}

/// The driver's end of sending. Dropping it ends the [`write`] task once the queue is sent.
#[derive(Debug)]
pub(crate) struct Sender {
    socket: Arc<UdpSocket>,
    queue: mpsc::UnboundedSender<(SocketAddr, Bytes)>,
    waiting: Arc<AtomicUsize>,
    limit: usize,
}

/// Datagrams that wait until the socket can send.
#[derive(Debug)]
pub(crate) struct Queue {
    datagrams: mpsc::UnboundedReceiver<(SocketAddr, Bytes)>,
    waiting: Arc<AtomicUsize>,
}

/// Why a datagram is not sent and will not be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{waiting} bytes are waiting to be sent already")]
    QueueFull { waiting: usize },
    #[error(transparent)]
    System(#[from] io::Error),
}

impl Sender {
    /// `limit` is in bytes.
    pub(crate) fn new(socket: Arc<UdpSocket>, limit: usize) -> (Self, Queue) {
        let (queue, datagrams) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let sender = Self {
            socket,
            queue,
            waiting: Arc::clone(&waiting),
            limit,
        };
        (sender, Queue { datagrams, waiting })
    }

    /// Sends one datagram now, or as soon as the socket can: a socket that was just opened says that it
    /// would block until the runtime has looked at it for the first time.
    pub(crate) fn send(&self, to: SocketAddr, bytes: &Bytes) -> Result<(), Refused> {
        let waiting = self.waiting.load(Ordering::Acquire);
        if waiting == 0 {
            match self.try_send(to, bytes) {
                Ok(()) => return Ok(()),
                Err(e) if is_passing(&e) => {}
                Err(e) => return Err(e.into()),
            }
        }
        if waiting + bytes.len() > self.limit {
            return Err(Refused::QueueFull { waiting });
        }
        self.waiting.fetch_add(bytes.len(), Ordering::AcqRel);
        // An error means that the task was ended with the driver.
        let _ = self.queue.send((to, bytes.clone()));
        Ok(())
    }

    fn try_send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        match self.socket.try_send_to(bytes, to) {
            // An ICMP error of an earlier datagram is reported on the next send: once more then.
            Err(e) if is_about_a_peer(&e) => self.socket.try_send_to(bytes, to),
            result => result,
        }
        .map(|_| ())
    }
}

/// Sends what is queued, in order.
pub(crate) async fn write(
    flow: FlowId,
    socket: Arc<UdpSocket>,
    mut queue: Queue,
    to_driver: mpsc::Sender<FromNet>,
) {
    while let Some((to, data)) = queue.datagrams.recv().await {
        let sent = send_when_possible(&socket, to, &data).await;
        queue.waiting.fetch_sub(data.len(), Ordering::AcqRel);
        if let Err(e) = sent {
            let reason = e.to_string();
            let failed = FromNet::NotSent {
                flow,
                to,
                data,
                reason,
            };
            // Without a driver there is nobody to tell.
            let _ = to_driver.send(failed).await;
        }
    }
}

async fn send_when_possible(socket: &UdpSocket, to: SocketAddr, data: &[u8]) -> io::Result<()> {
    let mut again = true;
    loop {
        match socket.send_to(data, to).await {
            Ok(_) => return Ok(()),
            Err(e) if is_passing(&e) => tokio::time::sleep(BREATH).await,
            Err(e) if is_about_a_peer(&e) && again => again = false,
            Err(e) => return Err(e),
        }
    }
}

/// The system has no room right now. BSD says so with an error that no readiness event ends.
fn is_passing(error: &io::Error) -> bool {
    #[cfg(unix)]
    const NO_BUFFER: Option<i32> = Some(if cfg!(target_os = "linux") { 105 } else { 55 });
    #[cfg(not(unix))]
    const NO_BUFFER: Option<i32> = Some(10_055);
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == NO_BUFFER
}
