//! acp/1 over real sockets with a real database.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../acp/mod.rs"]
mod acp;
mod commands;
mod offers;
mod reconnecting;
mod robustness;
mod sign_in;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use acp::{Agent, Options, PASSWORD, Server, Socket, body, refusal};
use contact_api::{
    client::{Client, Goodbye, Retry, Update},
    event::Event,
    frame::{Mode, Op, Resume, ServerFrame, goaway},
    model::{ConversationState, OfferResult, Role, Voice},
    rest::{Health, Me, Problem, TokenResponse},
};
use contact_center::{
    api::{Clock, Timing},
    center::{AgentLeg, Arrival, NotPlaced, OfferLost, ToFocus},
    store::Location,
};
use futures_util::StreamExt as _;
