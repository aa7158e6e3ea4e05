//! One connection: a reader and a writer in one task, a bounded write queue.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use sip_core::FlowId;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::timeout,
};

use crate::{Limits, driver::FromNet};

/// Read at most this much at once.
const READ: usize = 16 * 1024;
/// A peer that is gone without a word is noticed after about a minute of silence.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The driver's end of a connection. Dropping it closes the connection once the queue is written.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::UnboundedSender<Bytes>,
    waiting: Arc<AtomicUsize>,
    limit: usize,
}

/// The write queue is full: the peer does not read.
#[derive(Debug)]
pub(crate) struct QueueFull {
    pub(crate) waiting: usize,
}

impl Writer {
    pub(crate) fn new(limits: &Limits) -> (Self, Queue) {
        let (queue, bytes) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let writer = Self {
            queue,
            waiting: Arc::clone(&waiting),
            limit: limits.write_queue,
        };
        (writer, Queue { bytes, waiting })
    }

    /// Appends to the stream.
    pub(crate) fn write(&self, bytes: Bytes) -> Result<(), QueueFull> {
        let waiting = self.waiting.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        if waiting > self.limit {
            return Err(QueueFull { waiting });
        }
        // An error means that the task has ended; its Closed is on the way to the driver.
        let _ = self.queue.send(bytes);
        Ok(())
    }
}

/// The connection's end of the write queue.
#[derive(Debug)]
pub(crate) struct Queue {
    bytes: mpsc::UnboundedReceiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

/// Connects, then runs the connection.
pub(crate) async fn connect(
    flow: FlowId,
    to: SocketAddr,
    queue: Queue,
    limits: Limits,
    to_driver: mpsc::Sender<FromNet>,
) {
    let stream = match timeout(limits.connect_timeout, TcpStream::connect(to)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => {
            let reason = format!("cannot connect to {to}: {e}");
            let _ = to_driver.send(FromNet::Closed { flow, reason }).await;
            return;
        }
        Err(_) => {
            let reason = format!(
                "cannot connect to {to}: no answer in {:?}",
                limits.connect_timeout
            );
            let _ = to_driver.send(FromNet::Closed { flow, reason }).await;
            return;
        }
    };
    let local = match stream.local_addr() {
        Ok(local) => local,
        Err(e) => {
            let _ = to_driver
                .send(FromNet::Closed {
                    flow,
                    reason: e.to_string(),
                })
                .await;
            return;
        }
    };
    if to_driver
        .send(FromNet::Connected {
            flow,
            local,
            peer: to,
        })
        .await
        .is_ok()
    {
        run(flow, stream, to, queue, None, limits.flush, to_driver).await;
    }
}

/// Reads and writes until either side is done, then says why.
pub(crate) async fn run(
    flow: FlowId,
    stream: TcpStream,
    peer: SocketAddr,
    queue: Queue,
    first_byte: Option<Duration>,
    flush: Duration,
    to_driver: mpsc::Sender<FromNet>,
) {
    prepare(&stream);
    let (mut reader, mut writer) = stream.into_split();
    let ended = tokio::select! {
        ended = read(flow, &mut reader, peer, first_byte, &to_driver) => ended,
        ended = write(&mut writer, queue) => ended,
    };
    match ended {
        // The driver dropped its end and expects no word.
        Ended::ByUs => linger(reader, writer, flush).await,
        Ended::ByPeer(reason) => {
            let _ = to_driver.send(FromNet::Closed { flow, reason }).await;
        }
    }
}

enum Ended {
    ByUs,
    ByPeer(String),
}

/// Small messages leave at once; a vanished peer is found out.
fn prepare(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE / 3);
    if let Err(error) = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
    {
        tracing::debug!(%error, "socket options not set");
    }
    // Unacknowledged data for 30 s means the path is dead; the default is about 15 minutes.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(Some(KEEPALIVE)) {
        tracing::debug!(%error, "socket options not set");
    }
}

async fn read(
    flow: FlowId,
    reader: &mut OwnedReadHalf,
    from: SocketAddr,
    first_byte: Option<Duration>,
    to_driver: &mpsc::Sender<FromNet>,
) -> Ended {
    let mut first_byte = first_byte;
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ);
        let result = match first_byte.take() {
            None => reader.read_buf(&mut buffer).await,
            Some(limit) => match timeout(limit, reader.read_buf(&mut buffer)).await {
                Ok(result) => result,
                Err(_) => return Ended::ByPeer(format!("nothing sent within {limit:?} of connecting")),
            },
        };
        match result {
            Ok(0) => return Ended::ByPeer("closed by the peer".to_owned()),
            Ok(_) => {
                let data = buffer.split().freeze();
                if to_driver
                    .send(FromNet::Received { flow, from, data })
                    .await
                    .is_err()
                {
                    // The driver is closing: what is queued is still to be written.
                    return pending().await;
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Ended::ByPeer(e.to_string()),
        }
    }
}

async fn write(writer: &mut OwnedWriteHalf, mut queue: Queue) -> Ended {
    while let Some(bytes) = queue.bytes.recv().await {
        if let Err(e) = writer.write_all(&bytes).await {
            return Ended::ByPeer(e.to_string());
        }
        queue.waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
    Ended::ByUs
}

/// Closes in order: what is left to read is thrown away until the peer closes too, because closing with
/// unread bytes resets the connection and can take our last message with it.
async fn linger(mut reader: OwnedReadHalf, mut writer: OwnedWriteHalf, limit: Duration) {
    if writer.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 1024];
    let drain = async { while matches!(reader.read(&mut rest).await, Ok(n) if n > 0) {} };
    let _ = timeout(limit, drain).await;
}
