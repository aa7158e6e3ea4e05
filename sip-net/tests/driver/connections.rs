//! TCP: connections asked for and accepted, refused and let go.

use std::time::Duration;

use bytes::Bytes;
use sip_core::{FlowId, Transport};
use sip_net::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::echo::*;

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
