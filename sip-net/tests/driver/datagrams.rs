//! UDP: coming, going, waiting and failing.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use sip_core::{FlowChange, FlowId, Transport};
use sip_net::{Limits, spawn};
use tokio::{net::UdpSocket, time::timeout};

use crate::echo::*;

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
        // Windows has other words for it.
        assert!(cfg!(windows) || reason.contains("too long"), "{reason}");
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
