//! The link to the contact centre: REST to sign in, one WebSocket that is kept up (acp/1).
//!
//! | looking for | open |
//! |---|---|
//! | what the session's commands do | this file |
//! | what an address typed by a person means | `address` |
//! | the requests of a sign-in and of its renewal | `rest` |
//! | signing in, staying connected | `link` |
//! | one socket: frames, keep-alive, farewell | `socket` |
//!
//! What a frame means, what was missed and what must be said again is decided by [`contact_api::client`].

mod address;
mod link;
mod rest;
mod socket;

use std::time::Duration;

use agent_core::{CenterCommand, CenterInput, LinkFault};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use self::link::{Link, SignIn, Wanted};

/// How long a closed link may take: to write what is queued, and for its farewell.
const CLOSE_LIMIT: Duration = Duration::from_millis(500).saturating_add(socket::FAREWELL_LIMIT);

/// What the link tells its owner.
#[derive(Debug)]
pub enum LinkEvent {
    /// For the session.
    Input(CenterInput),
    /// For the person: a sentence.
    Warning(String),
}

/// The link of one session.
#[derive(Debug)]
pub struct CenterLink {
    events: UnboundedSender<LinkEvent>,
    running: Option<Running>,
    closing: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Running {
    wanted: UnboundedSender<Wanted>,
    task: JoinHandle<()>,
}

impl CenterLink {
    /// A link that is not connected. What it tells arrives on `events`.
    pub const fn new(events: UnboundedSender<LinkEvent>) -> Self {
        Self {
            events,
            running: None,
            closing: None,
        }
    }

    /// Does what the session wants. Call it inside a tokio runtime.
    pub fn command(&mut self, command: CenterCommand) {
        match command {
            CenterCommand::SignIn {
                server,
                address,
                password,
            } => {
                self.close();
                let (wanted, to_do) = unbounded_channel();
                let sign_in = SignIn::new(server, address, password);
                let task = tokio::spawn(Link::run(sign_in, self.events.clone(), to_do));
                self.running = Some(Running { wanted, task });
            }
            CenterCommand::Do { id, op } => self.want(Wanted::Do { id, op }),
            CenterCommand::Withdraw(id) => self.want(Wanted::Withdraw(id)),
            CenterCommand::Reconnect => self.want(Wanted::Now),
            CenterCommand::SignOut => self.close(),
        }
    }

    fn want(&self, wanted: Wanted) {
        let gone = self
            .running
            .as_ref()
            .is_none_or(|r| r.wanted.send(wanted).is_err());
        if gone {
            tracing::debug!("a command for a link that is closed");
        }
    }

    /// Lets the link send what it has, then closes it.
    fn close(&mut self) {
        let Some(Running { wanted, task }) = self.running.take() else {
            return;
        };
        // Without senders the socket writes out what is queued, says goodbye and ends.
        drop(wanted);
        self.closing = Some(tokio::spawn(async move {
            let mut task = task;
            if tokio::time::timeout(CLOSE_LIMIT, &mut task).await.is_err() {
                task.abort();
            }
        }));
    }

    /// Waits until a closed link has said what it had to say; bounded.
    pub async fn closed(&mut self) {
        self.close();
        if let Some(closing) = self.closing.take()
            && closing.await.is_err()
        {
            tracing::debug!("the link to the contact centre did not close cleanly");
        }
    }
}

/// Whether a sign-in could go to that address at all; nothing is asked of it.
///
/// # Errors
/// What is wrong with it and how to write it: the sentence of a sign-in there.
pub fn check_address(typed: &str) -> Result<(), LinkFault> {
    address::Server::parse(typed).map(drop)
}

/// A system's error in its own words, without the number that follows them.
fn words(error: &(impl std::error::Error + ?Sized)) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_systems_error_is_told_without_its_number() {
        let refused = std::io::Error::from_raw_os_error(1);
        assert!(refused.to_string().contains("os error"));
        assert!(!words(&refused).contains("os error"));
        assert_eq!(words(&std::io::Error::other("no route")), "no route");
    }
}
