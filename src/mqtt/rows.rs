//! The outbox of the store, as the link wants it.

use std::sync::Arc;

use super::task::{OutMessage, Outbox, OutboxError};
use super::wire::{Envelope, VERSION};
use crate::clock::UnixMs;
use crate::store::Store;
use crate::store::outbox::{RAW, Waiting};

/// The rows of one store.
pub struct StoreOutbox(pub Arc<Store>);

impl Outbox for StoreOutbox {
    async fn next(&self, limit: usize) -> Result<Vec<OutMessage>, OutboxError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(self.0.next_to_send(most).await?.into_iter().map(out_message).collect())
    }

    async fn published(&self, row_ids: &[i64], at: UnixMs) -> Result<(), OutboxError> {
        Ok(self.0.published(row_ids, at).await?)
    }

    async fn forgotten(&self) -> Result<u64, OutboxError> {
        Ok(self.0.resend_unreceived().await?)
    }

    async fn refused(&self, row_id: i64, reason: &str, at: UnixMs) -> Result<(), OutboxError> {
        Ok(self.0.refused(row_id, reason, at).await?)
    }
}

fn out_message(row: Waiting) -> OutMessage {
    if row.kind == RAW {
        let payload = row.body.to_string().into_bytes();
        return OutMessage { row_id: row.id, payload, topic: row.topic, retain: row.retain };
    }
    let envelope = Envelope {
        v: VERSION,
        id: &row.message,
        seq: row.seq,
        at: row.at.rfc3339(),
        kind: &row.kind,
        ticket: row.ticket.as_deref(),
        body: &row.body,
    };
    OutMessage { row_id: row.id, payload: envelope.to_json(), topic: row.topic, retain: row.retain }
}
