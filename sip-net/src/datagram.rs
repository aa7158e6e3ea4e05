//! One datagram socket: its reader, and sending without waiting.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use sip_core::FlowId;
use tokio::{net::UdpSocket, sync::mpsc};

use crate::driver::FromNet;

/// The largest UDP payload.
const LARGEST: usize = 65_535;
/// After this many read errors in a row the socket is given up.
const PATIENCE: u32 = 64;

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

/// Sends one datagram, or loses it as the network would: SIP sends again.
pub(crate) fn send(flow: FlowId, socket: &UdpSocket, to: SocketAddr, bytes: &[u8]) {
    match socket.try_send_to(bytes, to) {
        Ok(_) => {}
        // ICMP errors of earlier datagrams are reported on the next send: once more then.
        Err(e) if is_about_a_peer(&e) => {
            if let Err(error) = socket.try_send_to(bytes, to) {
                tracing::debug!(?flow, %to, %error, "datagram not sent");
            }
        }
        Err(error) => tracing::warn!(?flow, %to, length = bytes.len(), %error, "datagram not sent"),
    }
}
