//! The network thread: every leg's sockets in one poll, arrival times stamped, packets to the media
//! thread by a ring.
//!
//! Datagrams live in boxes that circle between two rings: free ones this way, filled ones that way.
//! Nothing is allocated per packet; when the media thread falls behind, new packets are dropped and
//! counted. The thread also keeps the published figures and drops what the media thread retires, both of
//! which would make that thread wait.

use std::{
    collections::HashMap,
    io::{self, ErrorKind},
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use mio::{Events, Interest, Poll, Token, Waker};
use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    api::{LegId, LegStats},
    command::Retired,
    core::Link,
};
use crate::session::{Destination, Port};

/// Largest datagram taken; RTP voice is far below, longer ones are cut and then refused as malformed.
const DATAGRAM: usize = 2_048;
/// Datagrams read from one socket before the others have their turn.
const TURN: usize = 64;
/// Longest wait of the poll while there are sockets: their legs' figures are taken this often.
const POLL: Duration = Duration::from_millis(100);
const WAKE: Token = Token(usize::MAX);

/// Published figures by leg.
pub(super) type StatsTable = Arc<Mutex<HashMap<LegId, LegStats>>>;

/// One datagram as it arrived.
pub(super) struct Datagram {
    pub(super) leg: LegId,
    pub(super) at: Instant,
    pub(super) from: SocketAddr,
    len: usize,
    data: [u8; DATAGRAM],
}

impl Datagram {
    pub(super) fn packet(&self) -> &[u8] {
        self.data.get(..self.len).unwrap_or(&[])
    }
}

/// The media thread's end of the packet rings.
pub(super) struct Inbox {
    filled: Consumer<Box<Datagram>>,
    free: Producer<Box<Datagram>>,
}

impl Inbox {
    /// Gives each waiting datagram to `take`.
    pub(super) fn drain(&mut self, mut take: impl FnMut(&Datagram)) {
        while let Ok(datagram) = self.filled.pop() {
            take(&datagram);
            // The free ring has a place for every box there is.
            let _ = self.free.push(datagram);
        }
    }
}

/// What the network thread is asked.
pub(super) enum Request {
    /// Listen on a leg's sockets.
    Add {
        leg: LegId,
        rtp: UdpSocket,
        rtcp: Option<UdpSocket>,
    },
    /// A leg's figures.
    Stats(LegId, LegStats),
    /// To be dropped; a leg's sockets are closed with it.
    Retire(Retired<UdpLink>),
    /// End.
    Stop,
}

/// How to reach the network thread.
#[derive(Clone)]
pub(super) struct Network {
    requests: Sender<Request>,
    waker: Arc<Waker>,
    pub(super) stats: StatsTable,
}

impl Network {
    /// Asks and wakes the thread; may wait for room in the queue.
    pub(super) fn ask(&self, request: Request) {
        if self.requests.send(request).is_ok() {
            self.wake();
        }
    }

    /// For the media thread, which never waits: leaves a request for when the thread next looks.
    ///
    /// # Errors
    /// The request, when the queue is full.
    pub(super) fn leave(&self, request: Request) -> Result<(), Request> {
        match self.requests.try_send(request) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
            Err(TrySendError::Full(request)) => Err(request),
        }
    }

    /// Wakes the thread, which without sockets waits for nothing else.
    pub(super) fn wake(&self) {
        let _ = self.waker.wake();
    }
}

/// Starts the thread with `boxes` datagrams in circulation.
pub(super) fn start(boxes: usize) -> io::Result<(Network, Inbox, JoinHandle<()>)> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
    let (requests, asked) = crossbeam_channel::bounded(4_096);
    let (filled_in, filled_out) = RingBuffer::new(boxes);
    let (mut free_in, free_out) = RingBuffer::new(boxes);
    for _ in 0..boxes {
        let _ = free_in.push(Box::new(Datagram {
            leg: LegId(0),
            at: Instant::now(),
            from: SocketAddr::from(([0, 0, 0, 0], 0)),
            len: 0,
            data: [0; DATAGRAM],
        }));
    }
    let stats = StatsTable::default();
    let thread = NetworkThread {
        poll,
        asked,
        sockets: Vec::new(),
        again: Vec::new(),
        filled: filled_in,
        free: free_out,
        spare: None,
        scratch: vec![0; DATAGRAM],
        dropped: 0,
        stats: stats.clone(),
    };
    let handle = std::thread::Builder::new()
        .name("media-net".to_owned())
        .spawn(move || thread.run())?;
    let network = Network {
        requests,
        waker,
        stats,
    };
    let inbox = Inbox {
        filled: filled_out,
        free: free_in,
    };
    Ok((network, inbox, handle))
}

struct NetworkThread {
    poll: Poll,
    asked: Receiver<Request>,
    sockets: Vec<Option<(LegId, mio::net::UdpSocket)>>,
    /// Sockets whose turn ended before they were empty.
    again: Vec<usize>,
    filled: Producer<Box<Datagram>>,
    free: Consumer<Box<Datagram>>,
    /// A free box in hand.
    spare: Option<Box<Datagram>>,
    scratch: Vec<u8>,
    dropped: u64,
    stats: StatsTable,
}

impl NetworkThread {
    fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            if let Err(error) = self.poll.poll(&mut events, self.patience())
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!("the network poll failed: {error}");
                std::thread::sleep(POLL);
            }
            let mut ready = std::mem::take(&mut self.again);
            ready.extend(
                events
                    .iter()
                    .map(|e| e.token())
                    .filter(|t| *t != WAKE)
                    .map(|t| t.0),
            );
            for index in ready {
                self.read(index);
            }
            if !self.look_after_requests() {
                break;
            }
        }
    }

    /// How long to wait for packets. Without sockets nobody leaves figures, and what else is asked wakes.
    fn patience(&self) -> Option<Duration> {
        if !self.again.is_empty() {
            Some(Duration::ZERO)
        } else if self.sockets.iter().any(Option::is_some) {
            Some(POLL)
        } else {
            None
        }
    }

    fn look_after_requests(&mut self) -> bool {
        while let Ok(request) = self.asked.try_recv() {
            match request {
                Request::Add { leg, rtp, rtcp } => {
                    for socket in [Some(rtp), rtcp].into_iter().flatten() {
                        self.add(leg, socket);
                    }
                }
                Request::Stats(leg, stats) => {
                    let mut table = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
                    table.insert(leg, stats);
                }
                Request::Retire(retired) => {
                    if let Retired::Leg(leg) = &retired {
                        self.remove(leg.id());
                    }
                    drop(retired);
                }
                Request::Stop => return false,
            }
        }
        true
    }

    fn add(&mut self, leg: LegId, socket: UdpSocket) {
        let mut socket = mio::net::UdpSocket::from_std(socket);
        let index = match self.sockets.iter().position(Option::is_none) {
            Some(index) => index,
            None => {
                self.sockets.push(None);
                self.sockets.len() - 1
            }
        };
        match self
            .poll
            .registry()
            .register(&mut socket, Token(index), Interest::READABLE)
        {
            Ok(()) => {
                self.sockets[index] = Some((leg, socket));
                // What arrived before the socket was registered raises no event.
                self.again.push(index);
            }
            Err(error) => tracing::error!(leg = leg.0, "nothing can be received on a leg: {error}"),
        }
    }

    fn remove(&mut self, leg: LegId) {
        for slot in &mut self.sockets {
            if slot.as_ref().is_some_and(|(owner, _)| *owner == leg)
                && let Some((_, mut socket)) = slot.take()
            {
                let _ = self.poll.registry().deregister(&mut socket);
            }
        }
        let mut table = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(&leg);
    }

    /// Reads a socket until it is empty or its turn is over.
    fn read(&mut self, index: usize) {
        let Some(Some((leg, socket))) = self.sockets.get(index) else {
            return;
        };
        for _ in 0..TURN {
            let received = match self.spare.take().or_else(|| self.free.pop().ok()) {
                Some(mut datagram) => match socket.recv_from(&mut datagram.data) {
                    Ok((len, from)) => {
                        datagram.leg = *leg;
                        datagram.at = Instant::now();
                        datagram.from = from;
                        datagram.len = len;
                        // The filled ring has a place for every box there is.
                        let _ = self.filled.push(datagram);
                        Ok(())
                    }
                    Err(error) => {
                        self.spare = Some(datagram);
                        Err(error)
                    }
                },
                None => socket.recv_from(&mut self.scratch).map(|_| {
                    self.dropped += 1;
                    if self.dropped.is_power_of_two() {
                        tracing::warn!(
                            dropped = self.dropped,
                            "the media thread is behind: packets dropped"
                        );
                    }
                }),
            };
            match received {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // An ICMP answer to something we sent: not about what arrives.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
                    ) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::warn!(leg = leg.0, "a leg's socket failed: {error}");
                    return;
                }
            }
        }
        self.again.push(index);
    }
}

/// A leg's sockets for sending; never waits.
pub(crate) struct UdpLink {
    rtp: UdpSocket,
    rtcp: Option<UdpSocket>,
    unsent: u64,
}

impl UdpLink {
    /// Takes non-blocking sockets.
    pub(super) fn new(rtp: UdpSocket, rtcp: Option<UdpSocket>) -> Self {
        Self { rtp, rtcp, unsent: 0 }
    }
}

impl Link for UdpLink {
    fn send(&mut self, packet: &[u8], to: Destination) {
        let socket = match (to.port, &self.rtcp) {
            (Port::Rtcp, Some(rtcp)) => rtcp,
            _ => &self.rtp,
        };
        if socket.send_to(packet, to.to).is_err() {
            self.unsent += 1;
        }
    }
}
