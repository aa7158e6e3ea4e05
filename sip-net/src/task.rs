//! The loop: one task that owns a machine and the table of its sockets.

use std::{collections::HashMap, future::pending, net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use sip_core::{DnsAnswer, DnsQuestion, FlowChange, FlowId, Input, Machine, Output, QueryId, Transport};
use tokio::{
    net::{TcpStream, UdpSocket},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Interval, MissedTickBehavior, sleep_until, timeout},
};

use crate::{
    Captured, Direction, Limits, Tap, accept,
    bind::{self, Socketed},
    connection::{self, Writer},
    datagram::{self, Sender},
    driver::FromNet,
    handle::Message,
    network, resolve,
};

/// Inputs taken before timers and commands are looked at again.
const BATCH: usize = 64;

/// One entry of the socket table.
enum Flow {
    Datagram {
        sender: Sender,
        local: SocketAddr,
        reader: AbortHandle,
        writer: AbortHandle,
    },
    Listener {
        acceptor: AbortHandle,
    },
    Connection {
        writer: Writer,
        local: Option<SocketAddr>,
        peer: SocketAddr,
        task: AbortHandle,
    },
}

pub(crate) struct Task<M: Machine> {
    machine: M,
    limits: Limits,
    tap: Option<Tap>,
    flows: HashMap<FlowId, Flow>,
    next_flow: u64,
    connections: usize,
    queries: usize,
    /// Readers, acceptors, resolvers: ended at once when the driver ends.
    readers: JoinSet<()>,
    /// Connections: allowed to write what is queued when the driver ends.
    linked: JoinSet<()>,
    to_driver: mpsc::Sender<FromNet>,
    events: mpsc::UnboundedSender<M::Event>,
}

impl<M: Machine> Task<M> {
    pub(crate) fn new(
        machine: M,
        limits: Limits,
        tap: Option<Tap>,
        to_driver: mpsc::Sender<FromNet>,
        events: mpsc::UnboundedSender<M::Event>,
    ) -> Self {
        Self {
            machine,
            limits,
            tap,
            flows: HashMap::new(),
            next_flow: 0,
            connections: 0,
            queries: 0,
            readers: JoinSet::new(),
            linked: JoinSet::new(),
            to_driver,
            events,
        }
    }

    /// Runs until told to shut down, or until nobody can send commands any more.
    pub(crate) async fn run(
        mut self,
        sockets: Vec<Socketed>,
        mut inbox: mpsc::Receiver<FromNet>,
        mut commands: mpsc::UnboundedReceiver<Message<M::Command>>,
    ) {
        let mut addresses = network::snapshot();
        self.machine
            .handle(Instant::now(), Input::Network(addresses.clone()));
        for socket in sockets {
            self.listen(socket);
        }
        let mut watch = self.network_watch();
        loop {
            self.drain();
            let wake = self.machine.next_wake();
            if wake.is_some_and(|at| at <= Instant::now()) {
                self.machine.handle(Instant::now(), Input::Tick);
                self.drain();
            }
            let wake = self.machine.next_wake();
            tokio::select! {
                message = commands.recv() => match message {
                    Some(Message::Command(command)) => self.machine.handle(Instant::now(), Input::Command(command)),
                    Some(Message::Shutdown) | None => break,
                },
                Some(input) = inbox.recv() => {
                    self.take(input);
                    for _ in 1..BATCH {
                        let Ok(input) = inbox.try_recv() else { break };
                        self.drain();
                        self.take(input);
                    }
                }
                () = sleep(wake) => self.machine.handle(Instant::now(), Input::Tick),
                _ = watch.tick() => {
                    let now = network::snapshot();
                    if now != addresses {
                        addresses = now;
                        self.machine.handle(Instant::now(), Input::Network(addresses.clone()));
                    }
                }
                // Finished tasks are collected so that the sets do not grow.
                Some(_) = self.linked.join_next() => {}
                Some(_) = self.readers.join_next() => {}
            }
        }
        self.drain();
        self.finish(inbox).await;
    }

    fn network_watch(&self) -> Interval {
        let mut watch = tokio::time::interval(self.limits.network_watch);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        watch
    }

    fn listen(&mut self, socket: Socketed) {
        let flow = self.new_flow();
        let (entry, transport, local) = match socket {
            Socketed::Udp(socket, local) => (self.datagram(flow, socket, local), Transport::Udp, local),
            Socketed::Tcp(listener, local) => {
                let acceptor = self
                    .readers
                    .spawn(accept::accept(flow, listener, self.to_driver.clone()));
                (Flow::Listener { acceptor }, Transport::Tcp, local)
            }
        };
        self.flows.insert(flow, entry);
        self.change(flow, FlowChange::Listening { transport, local });
    }

    fn new_flow(&mut self) -> FlowId {
        self.next_flow += 1;
        FlowId::from_driver(self.next_flow)
    }

    fn datagram(&mut self, flow: FlowId, socket: UdpSocket, local: SocketAddr) -> Flow {
        let socket = Arc::new(socket);
        let reader = self
            .readers
            .spawn(datagram::read(flow, Arc::clone(&socket), self.to_driver.clone()));
        let (sender, queue) = Sender::new(Arc::clone(&socket), self.limits.datagram_queue);
        let writer = self
            .linked
            .spawn(datagram::write(flow, socket, queue, self.to_driver.clone()));
        Flow::Datagram {
            sender,
            local,
            reader,
            writer,
        }
    }

    fn change(&mut self, flow: FlowId, change: FlowChange) {
        self.machine.handle(Instant::now(), Input::Flow { flow, change });
    }

    fn take(&mut self, input: FromNet) {
        match input {
            FromNet::Received { flow, from, data } => {
                // A flow that the machine has closed may still have had bytes on the way.
                if self.flows.contains_key(&flow) {
                    self.see(Direction::In, flow, from, &data);
                    self.machine.handle(
                        Instant::now(),
                        Input::Received {
                            flow,
                            from,
                            data: &data,
                        },
                    );
                }
            }
            FromNet::NotSent {
                flow,
                to,
                data,
                reason,
            } => self.not_sent(flow, to, &data, reason),
            FromNet::Accepted { stream, peer } => self.accepted(stream, peer),
            FromNet::Connected { flow, local, peer } => {
                if let Some(Flow::Connection { local: known, .. }) = self.flows.get_mut(&flow) {
                    *known = Some(local);
                    self.change(
                        flow,
                        FlowChange::Opened {
                            transport: Transport::Tcp,
                            local,
                            peer,
                        },
                    );
                }
            }
            FromNet::Closed { flow, reason } => self.closed(flow, reason),
            FromNet::Answer { query, answer } => {
                self.queries = self.queries.saturating_sub(1);
                self.machine.handle(Instant::now(), Input::Dns { query, answer });
            }
        }
    }

    fn accepted(&mut self, stream: TcpStream, peer: SocketAddr) {
        let Ok(local) = stream.local_addr() else { return };
        if self.connections >= self.limits.connections {
            tracing::warn!(%peer, open = self.connections, "connection refused: too many are open");
            return;
        }
        let flow = self.new_flow();
        let (writer, queue) = Writer::new(&self.limits);
        let (first_byte, flush) = (Some(self.limits.first_byte), self.limits.flush);
        self.connections += 1;
        let run = connection::run(
            flow,
            stream,
            peer,
            queue,
            first_byte,
            flush,
            self.to_driver.clone(),
        );
        let task = self.linked.spawn(run);
        self.flows.insert(
            flow,
            Flow::Connection {
                writer,
                local: Some(local),
                peer,
                task,
            },
        );
        self.change(
            flow,
            FlowChange::Opened {
                transport: Transport::Tcp,
                local,
                peer,
            },
        );
    }

    fn closed(&mut self, flow: FlowId, reason: String) {
        if self.forget(flow) {
            tracing::debug!(?flow, %reason, "flow closed");
            self.change(flow, FlowChange::Closed { reason });
        }
    }

    /// Takes a flow out of the table; connections get a moment to write out their queue.
    fn forget(&mut self, flow: FlowId) -> bool {
        match self.flows.remove(&flow) {
            None => return false,
            Some(Flow::Datagram { reader, writer, .. }) => {
                reader.abort();
                self.end_later(writer);
            }
            Some(Flow::Listener { acceptor }) => acceptor.abort(),
            Some(Flow::Connection { task, .. }) => {
                self.connections = self.connections.saturating_sub(1);
                self.end_later(task);
            }
        }
        true
    }

    /// A moment to write what is queued, not longer.
    fn end_later(&mut self, task: AbortHandle) {
        let limit = self.limits.flush * 2;
        self.readers.spawn(async move {
            tokio::time::sleep(limit).await;
            task.abort();
        });
    }

    fn not_sent(&mut self, flow: FlowId, to: SocketAddr, data: &[u8], reason: String) {
        tracing::warn!(?flow, %to, length = data.len(), %reason, "datagram not sent");
        let input = Input::NotSent {
            flow,
            to,
            data,
            reason,
        };
        self.machine.handle(Instant::now(), input);
    }

    /// Carries out everything the machine wants.
    fn drain(&mut self) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Transmit { flow, to, bytes } => self.transmit(flow, to, bytes),
                Output::OpenFlow { flow, transport, to } => self.open(flow, transport, to),
                Output::CloseFlow(flow) => {
                    self.forget(flow);
                }
                Output::Query { query, question } => self.query(query, question),
                // Nobody listening is the owner's choice.
                Output::Event(event) => drop(self.events.send(event)),
            }
        }
    }

    fn transmit(&mut self, flow: FlowId, to: SocketAddr, bytes: Bytes) {
        self.see(Direction::Out, flow, to, &bytes);
        match self.flows.get(&flow) {
            Some(Flow::Datagram { sender, .. }) => {
                if let Err(refused) = sender.send(to, &bytes) {
                    self.not_sent(flow, to, &bytes, refused.to_string());
                }
            }
            Some(Flow::Connection { writer, .. }) => {
                if let Err(full) = writer.write(bytes) {
                    self.closed(
                        flow,
                        format!("{} bytes are waiting and the peer does not read", full.waiting),
                    );
                }
            }
            Some(Flow::Listener { .. }) => tracing::error!(?flow, "a listening socket cannot send"),
            None => tracing::debug!(?flow, %to, "not sent: the flow is closed"),
        }
    }

    fn open(&mut self, flow: FlowId, transport: Transport, to: SocketAddr) {
        match transport {
            Transport::Tcp if self.connections >= self.limits.connections => {
                let reason = format!("{} connections are open, which is the limit", self.connections);
                self.change(flow, FlowChange::Closed { reason });
            }
            Transport::Tcp => {
                let (writer, queue) = Writer::new(&self.limits);
                self.connections += 1;
                let (limits, to_driver) = (self.limits.clone(), self.to_driver.clone());
                let task = self
                    .linked
                    .spawn(connection::connect(flow, to, queue, limits, to_driver));
                self.flows.insert(
                    flow,
                    Flow::Connection {
                        writer,
                        local: None,
                        peer: to,
                        task,
                    },
                );
            }
            Transport::Udp => match bind::ephemeral_udp(to) {
                Ok((socket, local)) => {
                    let entry = self.datagram(flow, socket, local);
                    self.flows.insert(flow, entry);
                    self.change(
                        flow,
                        FlowChange::Opened {
                            transport,
                            local,
                            peer: to,
                        },
                    );
                }
                Err(e) => self.change(
                    flow,
                    FlowChange::Closed {
                        reason: format!("no way to {to}: {e}"),
                    },
                ),
            },
            Transport::Tls | Transport::Ws | Transport::Wss => {
                let reason = format!("{} is not available yet", transport.via_name());
                self.change(flow, FlowChange::Closed { reason });
            }
        }
    }

    fn query(&mut self, query: QueryId, question: DnsQuestion) {
        if self.queries >= self.limits.queries {
            let answer = DnsAnswer::Failed(format!("{} names are being looked up already", self.queries));
            self.machine.handle(Instant::now(), Input::Dns { query, answer });
            return;
        }
        self.queries += 1;
        let (limit, to_driver) = (self.limits.query_timeout, self.to_driver.clone());
        self.readers.spawn(async move {
            let answer = resolve::resolve(question, limit).await;
            let _ = to_driver.send(FromNet::Answer { query, answer }).await;
        });
    }

    fn see(&self, direction: Direction, flow: FlowId, peer: SocketAddr, bytes: &[u8]) {
        let Some(tap) = &self.tap else { return };
        let (transport, local, peer) = match self.flows.get(&flow) {
            Some(Flow::Datagram { local, .. }) => (Transport::Udp, *local, peer),
            Some(Flow::Connection {
                local: Some(local),
                peer,
                ..
            }) => (Transport::Tcp, *local, *peer),
            _ => return,
        };
        tap.see(&Captured {
            direction,
            transport,
            local,
            peer,
            bytes,
        });
    }

    /// Closes everything; connections get a moment to write what is queued.
    async fn finish(mut self, inbox: mpsc::Receiver<FromNet>) {
        drop(inbox);
        self.readers.shutdown().await;
        self.flows.clear();
        let limit = self.limits.flush;
        let _ = timeout(limit, async { while self.linked.join_next().await.is_some() {} }).await;
        self.linked.shutdown().await;
    }
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at.into()).await,
        None => pending().await,
    }
}
