//! Accepting connections, and outliving a lack of file descriptors.

use std::{io, time::Duration};

use sip_core::FlowId;
use tokio::{net::TcpListener, sync::mpsc};

use crate::driver::FromNet;

/// How long to leave the backlog alone when the system has no descriptor or memory left.
const BREATH: Duration = Duration::from_millis(100);

/// Accepts until the driver is gone.
pub(crate) async fn accept(listener_flow: FlowId, listener: TcpListener, to_driver: mpsc::Sender<FromNet>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if to_driver.send(FromNet::Accepted { stream, peer }).await.is_err() {
                    return;
                }
            }
            // The peer gave up before we came to it.
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            // EMFILE, ENFILE, ENOBUFS: the connection stays in the backlog; spinning on it would eat the core.
            Err(error) => {
                tracing::warn!(flow = ?listener_flow, %error, "cannot accept connections for a moment");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
