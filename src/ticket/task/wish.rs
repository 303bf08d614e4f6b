//! What people, phones and rules want of the desk, and why it may not be.

use std::sync::Arc;

use crate::camera::CameraId;
use crate::store;
use crate::store::outbox::Outgoing;
use crate::ticket::filing::Proposal;
use crate::ticket::{Act, Actor, Effect, Rejected, Ticket, TicketId};

/// Why a wish was not granted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Rejected(#[from] Rejected),
    #[error("there is no such ticket")]
    NotFound,
    #[error("{by} was first; the ticket is now at version {version}")]
    Conflict { by: String, version: i64 },
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the daemon is stopping")]
    Stopped,
}

/// An act that somebody wants done.
#[derive(Clone, Debug)]
pub struct Order {
    pub ticket: TicketId,
    /// The version the person saw; `None` for phones, whose answers name the order instead.
    pub version: Option<i64>,
    pub actor: Actor,
    /// `Confirm` and `Dispatch` are completed by the desk: evidence, order id, shift.
    pub act: Act,
    /// The phone's message id, for answers.
    pub answer: Option<String>,
}

/// An operator's own observation on a video round.
#[derive(Clone, Debug)]
pub struct Manual {
    /// Made beforehand, because its still is stored before it is filed.
    pub id: TicketId,
    pub actor: Actor,
    pub camera: CameraId,
    pub camera_name: String,
    pub proposal: Proposal,
    pub text: String,
}

/// Turns an effect into a message for a topic; the wire format is not the desk's business.
/// The last argument is the evidence id of the ticket's still.
pub type Encode = Arc<dyn Fn(&Ticket, &Effect, Option<&str>) -> Option<Outgoing> + Send + Sync>;
/// The message that tells a phone why its answer was refused: member, answer id, ticket, reason.
pub type EncodeRefusal = Arc<dyn Fn(&Order, &Rejected) -> Option<Outgoing> + Send + Sync>;
