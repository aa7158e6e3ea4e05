//! The driver on real loopback sockets, with a machine that repeats what it hears.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip_core::{DnsAnswer, DnsQuestion, FlowChange, FlowId, Input, Machine, Output, QueryId, Transport};
use sip_net::{BindError, Direction, Driver, Limits, Listen, Running, Tap, spawn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};

#[derive(Debug)]
enum Ask {
    Open(FlowId, Transport, SocketAddr),
    Send(FlowId, SocketAddr, Bytes),
    Close(FlowId),
    Find(&'static str),
    WakeIn(Duration),
}

#[derive(Debug, PartialEq)]
enum Told {
    Heard(FlowId, Vec<u8>),
    Changed(FlowId, FlowChange),
    Found(DnsAnswer),
    NotSent(usize, String),
    Network(usize),
    Woke,
}

/// Sends back everything it receives and tells everything that happens.
#[derive(Default)]
struct Echo {
    out: VecDeque<Output<Told>>,
    wake: Option<Instant>,
}

impl Machine for Echo {
    type Command = Ask;
    type Event = Told;

    fn handle(&mut self, now: Instant, input: Input<'_, Ask>) {
        if self.wake.is_some_and(|at| at <= now) {
            self.wake = None;
            self.out.push_back(Output::Event(Told::Woke));
        }
        match input {
            Input::Tick => {}
            Input::Received { flow, from, data } => {
                let bytes = Bytes::copy_from_slice(data);
                self.out.push_back(Output::Transmit {
                    flow,
                    to: from,
                    bytes,
                });
                self.out
                    .push_back(Output::Event(Told::Heard(flow, data.to_vec())));
            }
            Input::NotSent { data, reason, .. } => {
                self.out
                    .push_back(Output::Event(Told::NotSent(data.len(), reason)));
            }
            Input::Flow { flow, change } => self.out.push_back(Output::Event(Told::Changed(flow, change))),
            Input::Dns { answer, .. } => self.out.push_back(Output::Event(Told::Found(answer))),
            Input::Network(n) => self
                .out
                .push_back(Output::Event(Told::Network(n.addresses.len()))),
            Input::Command(Ask::Open(flow, transport, to)) => {
                self.out.push_back(Output::OpenFlow { flow, transport, to });
            }
            Input::Command(Ask::Send(flow, to, bytes)) => {
                self.out.push_back(Output::Transmit { flow, to, bytes });
            }
            Input::Command(Ask::Close(flow)) => self.out.push_back(Output::CloseFlow(flow)),
            Input::Command(Ask::Find(name)) => {
                let question = DnsQuestion::Addresses(name.to_owned());
                self.out.push_back(Output::Query {
                    query: QueryId(7),
                    question,
                });
            }
            Input::Command(Ask::WakeIn(after)) => self.wake = Some(now + after),
        }
    }

    fn poll(&mut self) -> Option<Output<Told>> {
        self.out.pop_front()
    }

    fn next_wake(&self) -> Option<Instant> {
        self.wake
    }
}

type Echoing = Running<Ask, Told>;

fn echo(listen: &str) -> Echoing {
    echo_with(listen, Limits::default())
}

fn echo_with(listen: &str, limits: Limits) -> Echoing {
    let listen: Listen = listen.parse().unwrap();
    Driver::default()
        .limits(limits)
        .spawn(Echo::default(), &[listen])
        .unwrap()
}

/// The first event that `pick` likes; the others are dropped.
async fn until<T>(running: &mut Echoing, mut pick: impl FnMut(Told) -> Option<T>) -> T {
    let search = async {
        loop {
            let told = running.next_event().await.expect("the driver has stopped");
            if let Some(found) = pick(told) {
                return found;
            }
        }
    };
    timeout(Duration::from_secs(20), search)
        .await
        .expect("the event never came")
}

async fn opened(running: &mut Echoing) -> FlowId {
    until(running, |told| match told {
        Told::Changed(flow, FlowChange::Opened { .. }) => Some(flow),
        _ => None,
    })
    .await
}

async fn closed(running: &mut Echoing) -> String {
    until(running, |told| match told {
        Told::Changed(_, FlowChange::Closed { reason }) => Some(reason),
        _ => None,
    })
    .await
}

async fn ask_udp(server: SocketAddr, text: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind((server.ip(), 0)).await.unwrap();
    socket.send_to(text, server).await.unwrap();
    let mut buffer = [0; 2048];
    let (length, from) = timeout(Duration::from_secs(20), socket.recv_from(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(from, server);
    buffer[..length].to_vec()
}

#[tokio::test]
async fn datagrams_come_and_go_on_a_port_the_system_chose() {
    let running = echo("udp:127.0.0.1:0");
    let bound = running.bound()[0];
    assert_ne!(bound.address.port(), 0);
    assert_eq!(bound.to_string(), format!("udp:{}", bound.address));
    assert_eq!(ask_udp(bound.address, b"hello").await, b"hello");
    running.shutdown().await;
}

#[tokio::test]
async fn ipv6_works_where_there_is_one() {
    let running = match spawn(Echo::default(), &["udp:[::1]:0".parse().unwrap()]) {
        Ok(running) => running,
        Err(error) => {
            eprintln!("skipped: needs IPv6 on loopback ({error})");
            return;
        }
    };
    assert_eq!(ask_udp(running.bound()[0].address, b"six").await, b"six");
}

#[tokio::test]
async fn a_bare_address_takes_both_transports_on_one_port() {
    let mut running = echo("127.0.0.1:0");
    let (udp, tcp) = (running.bound()[0], running.bound()[1]);
    assert_eq!((udp.transport, tcp.transport), (Transport::Udp, Transport::Tcp));
    assert_eq!(udp.address, tcp.address);
    assert_eq!(ask_udp(udp.address, b"datagram").await, b"datagram");
    let mut stream = TcpStream::connect(tcp.address).await.unwrap();
    stream.write_all(b"stream").await.unwrap();
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"stream");
    opened(&mut running).await;
    drop(stream);
    assert_eq!(closed(&mut running).await, "closed by the peer");
}

#[tokio::test]
async fn the_machine_hears_of_its_network_and_sockets_first() {
    let mut running = echo("127.0.0.1:0");
    assert!(matches!(running.next_event().await, Some(Told::Network(n)) if n > 0));
    for bound in running.bound().to_vec() {
        match running.next_event().await {
            Some(Told::Changed(_, FlowChange::Listening { transport, local })) => {
                assert_eq!((transport, local), (bound.transport, bound.address));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_taken_port_is_a_sentence() {
    let first = echo("127.0.0.1:0");
    for bound in first.bound() {
        let error = spawn(Echo::default(), &[bound.to_string().parse().unwrap()]).unwrap_err();
        assert!(matches!(error, BindError::InUse { .. }));
        let text = error.to_string();
        assert!(
            text.contains(&bound.to_string()) && text.contains("another program"),
            "{text}"
        );
    }
    let error = spawn(Echo::default(), &["udp:192.0.2.1:0".parse().unwrap()]).unwrap_err();
    assert!(matches!(error, BindError::NoSuchAddress { .. }), "{error}");
}

#[tokio::test]
async fn a_connection_the_machine_asks_for_sends_what_was_queued_before_it_was_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let mut running = echo("udp:127.0.0.1:0");
    let flow = FlowId::from_core(1);
    running.handle.send(Ask::Open(flow, Transport::Tcp, to)).unwrap();
    running
        .handle
        .send(Ask::Send(flow, to, Bytes::from_static(b"early")))
        .unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"early");
    assert_eq!(opened(&mut running).await, flow);
    running
        .handle
        .send(Ask::Send(flow, to, Bytes::from_static(b"bye")))
        .unwrap();
    running.handle.send(Ask::Close(flow)).unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"bye");
}

#[tokio::test]
async fn a_refused_connection_is_closed_with_the_reason() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut running = echo("udp:127.0.0.1:0");
    running
        .handle
        .send(Ask::Open(FlowId::from_core(1), Transport::Tcp, gone))
        .unwrap();
    let reason = closed(&mut running).await;
    assert!(
        reason.contains(&gone.to_string()) && reason.contains("refused"),
        "{reason}"
    );
    running
        .handle
        .send(Ask::Open(FlowId::from_core(2), Transport::Tls, gone))
        .unwrap();
    assert!(closed(&mut running).await.contains("TLS is not available yet"));
}

#[tokio::test]
async fn a_datagram_flow_the_machine_asks_for() {
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = peer.local_addr().unwrap();
    let mut running = echo("tcp:127.0.0.1:0");
    let flow = FlowId::from_core(3);
    running.handle.send(Ask::Open(flow, Transport::Udp, to)).unwrap();
    assert_eq!(opened(&mut running).await, flow);
    running
        .handle
        .send(Ask::Send(flow, to, Bytes::from_static(b"ping")))
        .unwrap();
    let mut buffer = [0; 16];
    let (length, from) = peer.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"ping");
    peer.send_to(b"pong", from).await.unwrap();
    let heard = until(&mut running, |t| {
        if let Told::Heard(f, b) = t {
            Some((f, b))
        } else {
            None
        }
    })
    .await;
    assert_eq!(heard, (flow, b"pong".to_vec()));
}

/// A socket that the runtime has not looked at yet says that sending would block.
#[tokio::test]
async fn the_first_datagrams_of_a_new_socket_arrive_in_order() {
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = peer.local_addr().unwrap();
    let running = echo("tcp:127.0.0.1:0");
    for n in 1..20 {
        let flow = FlowId::from_core(n);
        running.handle.send(Ask::Open(flow, Transport::Udp, to)).unwrap();
        for text in [&b"first"[..], b"second", b"third"] {
            let bytes = Bytes::from_static(text);
            running.handle.send(Ask::Send(flow, to, bytes)).unwrap();
        }
    }
    let mut heard = std::collections::HashMap::<SocketAddr, Vec<Vec<u8>>>::new();
    for _ in 0..19 * 3 {
        let mut buffer = [0; 16];
        let arrived = timeout(Duration::from_secs(20), peer.recv_from(&mut buffer)).await;
        let (length, from) = arrived.expect("a datagram was lost").unwrap();
        heard.entry(from).or_default().push(buffer[..length].to_vec());
    }
    for texts in heard.values() {
        assert_eq!(texts, &[&b"first"[..], b"second", b"third"]);
    }
}

async fn not_sent(running: &mut Echoing) -> (usize, String) {
    until(running, |told| match told {
        Told::NotSent(length, reason) => Some((length, reason)),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_datagram_that_cannot_be_sent_is_told() {
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = peer.local_addr().unwrap();
    let mut running = echo("tcp:127.0.0.1:0");
    let flow = FlowId::from_core(1);
    running.handle.send(Ask::Open(flow, Transport::Udp, to)).unwrap();
    let too_long = Bytes::from(vec![b'x'; 70_000]);
    // The first waits in the queue, the second is tried at once.
    for _ in 0..2 {
        running
            .handle
            .send(Ask::Send(flow, to, too_long.clone()))
            .unwrap();
        let (length, reason) = not_sent(&mut running).await;
        assert_eq!(length, 70_000);
        assert!(reason.contains("too long"), "{reason}");
    }
}

#[tokio::test]
async fn the_queue_of_datagrams_has_an_end() {
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = peer.local_addr().unwrap();
    let limits = Limits {
        datagram_queue: 10,
        ..Limits::default()
    };
    let mut running = echo_with("tcp:127.0.0.1:0", limits);
    let flow = FlowId::from_core(1);
    running.handle.send(Ask::Open(flow, Transport::Udp, to)).unwrap();
    for text in [&b"12345678"[..], b"too much", b"9"] {
        let bytes = Bytes::from_static(text);
        running.handle.send(Ask::Send(flow, to, bytes)).unwrap();
    }
    let (length, reason) = not_sent(&mut running).await;
    assert_eq!(
        (length, reason.as_str()),
        (8, "8 bytes are waiting to be sent already")
    );
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_closed_and_others_go_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let limits = Limits {
        write_queue: 64 * 1024,
        ..Limits::default()
    };
    let mut running = echo_with("udp:127.0.0.1:0", limits);
    let flow = FlowId::from_core(1);
    running.handle.send(Ask::Open(flow, Transport::Tcp, to)).unwrap();
    let (_silent, _) = listener.accept().await.unwrap();
    opened(&mut running).await;
    // More than the kernel's buffers can take.
    for _ in 0..1024 {
        running
            .handle
            .send(Ask::Send(flow, to, Bytes::from(vec![b'x'; 32 * 1024])))
            .unwrap();
    }
    let reason = closed(&mut running).await;
    assert!(reason.contains("does not read"), "{reason}");
    assert_eq!(
        ask_udp(running.bound()[0].address, b"still there").await,
        b"still there"
    );
}

#[tokio::test]
async fn an_accepted_connection_must_say_something() {
    let limits = Limits {
        first_byte: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut running = echo_with("tcp:127.0.0.1:0", limits);
    let mut silent = TcpStream::connect(running.bound()[0].address).await.unwrap();
    let reason = closed(&mut running).await;
    assert!(reason.contains("nothing sent"), "{reason}");
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_and_the_first_ones_live() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let mut running = echo_with("tcp:127.0.0.1:0", limits);
    let address = running.bound()[0].address;
    let mut first = TcpStream::connect(address).await.unwrap();
    opened(&mut running).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    assert_eq!(second.read(&mut [0; 8]).await.unwrap(), 0);
    first.write_all(b"a").await.unwrap();
    assert_eq!(first.read(&mut [0; 8]).await.unwrap(), 1);
    drop(first);
    closed(&mut running).await;
    let mut third = TcpStream::connect(address).await.unwrap();
    third.write_all(b"b").await.unwrap();
    assert_eq!(third.read(&mut [0; 8]).await.unwrap(), 1);
}

#[tokio::test]
async fn an_unreachable_port_does_not_harm_the_socket() {
    let nobody = UdpSocket::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut running = echo("udp:127.0.0.1:0");
    let flow = until(&mut running, |t| match t {
        Told::Changed(flow, FlowChange::Listening { .. }) => Some(flow),
        _ => None,
    })
    .await;
    for _ in 0..10 {
        running
            .handle
            .send(Ask::Send(flow, nobody, Bytes::from_static(b"anyone?")))
            .unwrap();
    }
    assert_eq!(ask_udp(running.bound()[0].address, b"me").await, b"me");
}

#[tokio::test]
async fn names_are_looked_up() {
    let mut running = echo("udp:127.0.0.1:0");
    let found = |told| {
        if let Told::Found(answer) = told {
            Some(answer)
        } else {
            None
        }
    };
    running.handle.send(Ask::Find("localhost")).unwrap();
    match until(&mut running, found).await {
        DnsAnswer::Addresses(list) => assert!(list.iter().all(|a| a.is_loopback()) && !list.is_empty()),
        DnsAnswer::Failed(why) => panic!("{why}"),
    }
    running
        .handle
        .send(Ask::Find("name with spaces.invalid"))
        .unwrap();
    match until(&mut running, found).await {
        DnsAnswer::Failed(why) => assert!(why.contains("cannot find"), "{why}"),
        DnsAnswer::Addresses(list) => panic!("{list:?}"),
    }
}

#[tokio::test]
async fn the_machine_is_woken_when_it_asked_for_it() {
    let mut running = echo("udp:127.0.0.1:0");
    running
        .handle
        .send(Ask::WakeIn(Duration::from_millis(20)))
        .unwrap();
    until(&mut running, |told| (told == Told::Woke).then_some(())).await;
    running.handle.send(Ask::WakeIn(Duration::ZERO)).unwrap();
    until(&mut running, |told| (told == Told::Woke).then_some(())).await;
}

#[tokio::test]
async fn shutdown_carries_out_commands_and_writes_what_is_queued() {
    let mut running = echo("tcp:127.0.0.1:0");
    let mut stream = TcpStream::connect(running.bound()[0].address).await.unwrap();
    let flow = opened(&mut running).await;
    let big = Bytes::from(vec![b'z'; 500_000]);
    let peer = stream.local_addr().unwrap();
    running.handle.send(Ask::Send(flow, peer, big.clone())).unwrap();
    let handle = running.handle.clone();
    let mut all = Vec::new();
    let (read, ()) = tokio::join!(stream.read_to_end(&mut all), running.shutdown());
    read.unwrap();
    assert_eq!(all.len(), big.len());
    assert!(handle.send(Ask::Close(flow)).is_err());
}

#[tokio::test]
async fn the_tap_sees_both_ways() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let tap = Tap::new(move |c| {
        log.lock()
            .unwrap()
            .push((c.direction, c.transport, c.peer, c.bytes.to_vec()))
    });
    let listen = ["udp:127.0.0.1:0".parse().unwrap()];
    let running = Driver::default()
        .tap(tap)
        .spawn(Echo::default(), &listen)
        .unwrap();
    ask_udp(running.bound()[0].address, b"seen").await;
    running.shutdown().await;
    let seen = seen.lock().unwrap();
    let ways: Vec<_> = seen
        .iter()
        .map(|(way, transport, _, bytes)| (*way, *transport, bytes.as_slice()))
        .collect();
    let expected: [(_, _, &[u8]); 2] = [
        (Direction::In, Transport::Udp, b"seen"),
        (Direction::Out, Transport::Udp, b"seen"),
    ];
    assert_eq!(ways, expected);
}

#[tokio::test]
async fn a_boxed_machine_runs_as_well() {
    let boxed: Box<dyn Machine<Command = Ask, Event = Told> + Send> = Box::new(Echo::default());
    let running = spawn(boxed, &["udp:127.0.0.1:0".parse().unwrap()]).unwrap();
    assert_eq!(ask_udp(running.bound()[0].address, b"boxed").await, b"boxed");
}
