//! A machine that repeats what it hears and tells everything that happens.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip_core::{DnsAnswer, DnsQuestion, FlowChange, FlowId, Input, Machine, Output, QueryId, Transport};
use sip_net::{Driver, Limits, Listen, Running};
use tokio::{net::UdpSocket, time::timeout};

#[derive(Debug)]
pub(crate) enum Ask {
    Open(FlowId, Transport, SocketAddr),
    Send(FlowId, SocketAddr, Bytes),
    Close(FlowId),
    Find(&'static str),
    WakeIn(Duration),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    Heard(FlowId, Vec<u8>),
    Changed(FlowId, FlowChange),
    Found(DnsAnswer),
    NotSent(usize, String),
    Network(usize),
    Woke,
}

/// Sends back everything it receives and tells everything that happens.
#[derive(Default)]
pub(crate) struct Echo {
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

pub(crate) type Echoing = Running<Ask, Told>;

pub(crate) fn echo(listen: &str) -> Echoing {
    echo_with(listen, Limits::default())
}

pub(crate) fn echo_with(listen: &str, limits: Limits) -> Echoing {
    let listen: Listen = listen.parse().unwrap();
    Driver::default()
        .limits(limits)
        .spawn(Echo::default(), &[listen])
        .unwrap()
}

/// The first event that `pick` likes; the others are dropped.
pub(crate) async fn until<T>(running: &mut Echoing, mut pick: impl FnMut(Told) -> Option<T>) -> T {
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

pub(crate) async fn opened(running: &mut Echoing) -> FlowId {
    until(running, |told| match told {
        Told::Changed(flow, FlowChange::Opened { .. }) => Some(flow),
        _ => None,
    })
    .await
}

pub(crate) async fn closed(running: &mut Echoing) -> String {
    until(running, |told| match told {
        Told::Changed(_, FlowChange::Closed { reason }) => Some(reason),
        _ => None,
    })
    .await
}

pub(crate) async fn ask_udp(server: SocketAddr, text: &[u8]) -> Vec<u8> {
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
