//! The only broker traffic: the way to the patrol's phones.
//!
//! `task.rs` carries rows of the outbox to a broker and answers back; the broker is the one inside
//! (`broker.rs`) or an outside one, and the way is the same: MQTT 5 over TCP. Publishing is never
//! proof: a broker may lose its queue, so an order stays open in the store until the member
//! answers. An answer is acknowledged to the broker only after the desk has committed it, so
//! neither direction holds anything only in memory.
//!
//! Reading order: what is said (`topic`, `wire`), who may say it (`acl`, `attempts`), the broker,
//! then the link (`window`, `backoff`, `refusals`, `client`, `task`).

pub mod topic;
pub mod wire;
pub mod acl;
pub mod attempts;
pub mod broker;
mod presence;
mod window;
mod backoff;
mod refusals;
mod marks;
mod client;
pub mod task;
pub mod accounts;
pub mod health;
pub mod inbox;
pub mod outgoing;
pub mod rows;
pub mod upkeep;
pub mod receipts;
pub mod crowd;
pub mod contract;
pub mod drill;
pub mod integration;
pub mod integrator;

pub use acl::Principal;
pub use broker::{Broker, BrokerHandle, BrokerOptions, Gate};
pub use client::{LinkError, LinkOptions};
pub use task::{Incoming, LinkSeams, LinkStatus, LinkTask, OutMessage, Outbox, OutboxError};
pub use topic::{Member, SiteTopics};
pub use wire::{Answer, AnswerEnvelope, AnswerFault};
