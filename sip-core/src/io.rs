//! What goes into a machine and what comes out: the only contract between cores and drivers.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use bytes::Bytes;

/// A state machine that is driven from outside.
///
/// Call [`handle`](Self::handle) for everything that happens, then [`poll`](Self::poll) until `None`,
/// then sleep until [`next_wake`](Self::next_wake) and hand in [`Input::Tick`].
pub trait Machine {
    /// What the owner may ask of the machine.
    type Command;
    /// What the machine tells its owner.
    type Event;

    /// Takes one input. Never blocks and never fails: bad input becomes an event or a response.
    fn handle(&mut self, now: Instant, input: Input<'_, Self::Command>);
    /// The next output, or `None` when all has been said.
    fn poll(&mut self) -> Option<Output<Self::Event>>;
    /// When the machine next needs [`Input::Tick`]; `None` when it waits for nothing.
    fn next_wake(&self) -> Option<Instant>;
}

impl<M: Machine + ?Sized> Machine for Box<M> {
    type Command = M::Command;
    type Event = M::Event;

    fn handle(&mut self, now: Instant, input: Input<'_, Self::Command>) {
        (**self).handle(now, input);
    }

    fn poll(&mut self) -> Option<Output<Self::Event>> {
        (**self).poll()
    }

    fn next_wake(&self) -> Option<Instant> {
        (**self).next_wake()
    }
}

/// Everything that can happen to a machine.
#[derive(Debug)]
pub enum Input<'a, C> {
    /// Time has passed.
    Tick,
    /// One datagram (UDP), or the next bytes of a stream (TCP), arrived.
    Received {
        /// The flow it arrived on.
        flow: FlowId,
        /// The sender's address.
        from: SocketAddr,
        /// The bytes, exactly as read.
        data: &'a [u8],
    },
    /// One datagram could not be sent: the system refused it. What is only late is no such case.
    NotSent {
        /// The flow it was to go out on.
        flow: FlowId,
        /// Where to.
        to: SocketAddr,
        /// The bytes of its [`Output::Transmit`].
        data: &'a [u8],
        /// The system's sentence.
        reason: String,
    },
    /// A flow changed.
    Flow {
        /// Which flow.
        flow: FlowId,
        /// What happened to it.
        change: FlowChange,
    },
    /// A DNS question was answered.
    Dns {
        /// The question's id.
        query: QueryId,
        /// What the resolver said.
        answer: DnsAnswer,
    },
    /// The computer's addresses changed.
    Network(NetworkSnapshot),
    /// The owner wants something done.
    Command(C),
}

/// Everything a machine can want.
#[derive(Debug)]
pub enum Output<E> {
    /// Send `bytes` on `flow`. `to` matters on datagram flows only.
    Transmit {
        /// The flow to send on.
        flow: FlowId,
        /// The destination.
        to: SocketAddr,
        /// One datagram, or bytes to append to the stream.
        bytes: Bytes,
    },
    /// Open a connection; answer with [`FlowChange::Opened`] or [`FlowChange::Closed`].
    OpenFlow {
        /// The id the machine has given it ([`FlowId::from_core`]). Bytes may be sent on it at once: they
        /// wait for the connection.
        flow: FlowId,
        /// What kind of connection.
        transport: Transport,
        /// Where to.
        to: SocketAddr,
    },
    /// Close a flow once everything sent on it is written. There is no answer.
    CloseFlow(FlowId),
    /// Ask the resolver.
    Query {
        /// Comes back in [`Input::Dns`].
        query: QueryId,
        /// The question.
        question: DnsQuestion,
    },
    /// Something the owner should know.
    Event(E),
}

impl Output<Infallible> {
    /// The same for an owner that knows events.
    pub fn with_events<E>(self) -> Output<E> {
        match self {
            Self::Transmit { flow, to, bytes } => Output::Transmit { flow, to, bytes },
            Self::OpenFlow { flow, transport, to } => Output::OpenFlow { flow, transport, to },
            Self::CloseFlow(flow) => Output::CloseFlow(flow),
            Self::Query { query, question } => Output::Query { query, question },
            Self::Event(never) => match never {},
        }
    }
}

/// One association with the network: a UDP socket, a listening socket, or one connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(u64);

impl FlowId {
    const CORE: u64 = 1 << 63;

    /// An id given by the driver: sockets it bound and connections it accepted.
    pub const fn from_driver(n: u64) -> Self {
        Self(n & !Self::CORE)
    }

    /// An id given by the machine: connections it asked for.
    pub const fn from_core(n: u64) -> Self {
        Self(n | Self::CORE)
    }

    /// Whether the driver gave this id.
    pub const fn is_from_driver(self) -> bool {
        self.0 & Self::CORE == 0
    }
}

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.0 & Self::CORE != 0 {
            "core"
        } else {
            "driver"
        };
        write!(f, "flow-{side}-{}", self.0 & !Self::CORE)
    }
}

/// Names one DNS question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueryId(pub u64);

/// The transports of RFC 3261 §18, RFC 5630 and RFC 7118.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Transport {
    /// As written in Via (`UDP`).
    pub const fn via_name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// As written in a `transport=` parameter and in listening addresses (`udp`).
    pub const fn param_name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Reads either spelling, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss]
            .into_iter()
            .find(|t| t.via_name().eq_ignore_ascii_case(name))
    }

    /// Whether bytes arrive in order and are never lost (timers A, E, G and the K, I, J waits do not run).
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// What happened to a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowChange {
    /// A socket is bound and takes datagrams or connections.
    Listening {
        /// What it speaks.
        transport: Transport,
        /// Its address, the port filled in.
        local: SocketAddr,
    },
    /// A connection is up: one we accepted, or one the machine asked for.
    Opened {
        /// What it speaks.
        transport: Transport,
        /// Our end.
        local: SocketAddr,
        /// The other end.
        peer: SocketAddr,
    },
    /// It is gone, or never came up; `reason` is the system's sentence.
    Closed {
        /// Why, for people.
        reason: String,
    },
}

/// A question for the resolver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DnsQuestion {
    /// A and AAAA records of a host name.
    Addresses(String),
}

/// What the resolver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsAnswer {
    /// Addresses in the resolver's order; empty means the name does not exist.
    Addresses(Vec<IpAddr>),
    /// The resolver could not be asked.
    Failed(String),
}

/// The addresses this computer has right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSnapshot {
    /// Usable local addresses, loopback included.
    pub addresses: Vec<IpAddr>,
}
