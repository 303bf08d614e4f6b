//! The outbox of the store, as the link wants it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::task::{OutMessage, Outbox, OutboxError};
use super::wire;
use crate::clock::UnixMs;
use crate::store::Store;
use crate::store::outbox::Waiting;

/// The rows of one store.
pub struct StoreOutbox(pub Arc<Store>);

impl Outbox for StoreOutbox {
    async fn next(&self, limit: usize) -> Result<Vec<OutMessage>, OutboxError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(self.0.next_to_send(most).await?.into_iter().map(out_message).collect())
    }

    async fn published(&self, row_id: i64, at: UnixMs) -> Result<(), OutboxError> {
        Ok(self.0.published(row_id, at).await?)
    }

    async fn refused(&self, row_id: i64, reason: &str, at: UnixMs) -> Result<(), OutboxError> {
        Ok(self.0.refused(row_id, reason, at).await?)
    }
}

/// The envelope of a stored message.
#[derive(Serialize)]
struct Stored<'a> {
    v: u64,
    id: &'a str,
    seq: i64,
    at: String,
    #[serde(rename = "type")]
    kind: &'a str,
    ticket: Option<&'a str>,
    body: &'a Value,
}

fn out_message(row: Waiting) -> OutMessage {
    let stored = Stored {
        v: wire::VERSION,
        id: &row.message,
        seq: row.seq,
        at: row.at.rfc3339(),
        kind: &row.kind,
        ticket: row.ticket.as_deref(),
        body: &row.body,
    };
    OutMessage {
        row_id: row.id,
        payload: serde_json::to_vec(&stored).expect("the envelope has text keys"),
        topic: row.topic,
        retain: row.retain,
    }
}
