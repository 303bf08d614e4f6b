//! The JSON of orders on their way to people, and of calls to the second channel. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Named;
use super::wire_ticket::About;
use crate::store::{call, phone, receipt};

/// Three times of an order: the broker has it, the phone has it, the person has answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    pub offer: String,
    pub member: Named,
    pub ordered_ms: i64,
    pub published_ms: Option<i64>,
    pub received_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    /// When it was noticed that the broker did not have it in time.
    pub published_late_ms: Option<i64>,
    /// When it was noticed that the phone did not have it in time.
    pub received_late_ms: Option<i64>,
    /// When it was refused or taken back.
    pub ended_ms: Option<i64>,
}

impl Receipt {
    /// With the member's name.
    #[must_use]
    pub fn of(receipt: receipt::Receipt, about: &About) -> Self {
        let display = about.display(&receipt.member);
        Self {
            offer: receipt.offer,
            member: Named { name: receipt.member, display },
            ordered_ms: receipt.ordered.0,
            published_ms: receipt.published.map(|at| at.0),
            received_ms: receipt.received.map(|at| at.0),
            acked_ms: receipt.acked.map(|at| at.0),
            published_late_ms: receipt.published_late.map(|at| at.0),
            received_late_ms: receipt.received_late.map(|at| at.0),
            ended_ms: receipt.ended.map(|at| at.0),
        }
    }
}

/// A call to the second channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Call {
    pub id: String,
    /// order_not_published, order_not_received or drill.
    pub kind: String,
    pub member: Named,
    /// waiting, done, given_up or void (no longer needed).
    pub state: &'static str,
    pub at_ms: i64,
    pub tries: u32,
    pub next_ms: Option<i64>,
    pub done_ms: Option<i64>,
    /// What the last try came to.
    pub error: Option<String>,
}

impl Call {
    /// With the member's name.
    #[must_use]
    pub fn of(call: call::Call, about: &About) -> Self {
        let display = about.display(&call.member);
        Self {
            state: call.state(),
            id: call.id,
            kind: call.kind,
            member: Named { name: call.member, display },
            at_ms: call.at.0,
            tries: call.tries,
            next_ms: call.next.map(|at| at.0),
            done_ms: call.done.map(|at| at.0),
            error: call.error,
        }
    }
}

/// An item of the order's list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    pub item: String,
    /// yes, no or na.
    pub answer: String,
}

impl From<phone::Checked> for Check {
    fn from(checked: phone::Checked) -> Self {
        Self { item: checked.item, answer: checked.answer }
    }
}

/// Where a member was.
#[derive(Debug, Serialize, ToSchema)]
pub struct Position {
    pub member: String,
    pub at_ms: i64,
    /// Degrees, WGS 84.
    pub lat: f64,
    pub lon: f64,
    pub accuracy_m: f64,
}

impl From<phone::Position> for Position {
    fn from(at: phone::Position) -> Self {
        Self {
            member: at.member,
            at_ms: at.at.0,
            lat: at.lat,
            lon: at.lon,
            accuracy_m: at.accuracy_m,
        }
    }
}
