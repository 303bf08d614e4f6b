//! The messages of the patrol link, as they stand on the wire. Pure.
//!
//! Down (`down.rs`) they are built from our own values and only serialised; up (`up.rs`) they come
//! from phones and stock clients and are parsed strictly: an answer is understood in full or
//! refused with a stable code, so that the phone can show what was wrong. Domain types never
//! appear here; the desk converts.
//!
//! Every message has the envelope `{v, id, seq, at, type, ticket, body}`: `id` is the key by which
//! doubles are dropped, `seq` shows gaps. Fields that are not known are ignored: a newer sender may
//! add some within version 1.

mod down;
mod up;

pub use down::{
    Available, Body, CameraHealth, Drill, Duty, Envelope, EscalationNote, EventNote, Order,
    OrderState, ReasonNote, Refused, Reminder, StateNote, Unattended, UnattendedTicket, Withdraw,
};
pub use up::{
    ANSWER_MAX_BYTES, Answer, AnswerEnvelope, AnswerFault, CheckRef, CheckWord, Disposition,
    FaultCode, OfferBody, PhotoRef, PositionBody, RefuseBody, RefuseReason, ReplyBody,
    parse_answer,
};

/// Version of the envelope.
pub const VERSION: u64 = 1;
