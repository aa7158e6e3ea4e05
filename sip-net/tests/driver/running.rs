//! The driver around its machine: sockets, time, names, the end.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use sip_core::{DnsAnswer, FlowChange, Machine, Transport};
use sip_net::{BindError, Direction, Driver, Tap, spawn};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::echo::*;

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
