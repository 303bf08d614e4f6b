//! The rows that the broker has, until the store knows it.
//!
//! Marking takes a sync of the disk; sending does not wait for it. What is acknowledged while marks
//! are being written is marked together with the next.

use std::collections::BTreeSet;
use std::pin::Pin;

use super::task::{LinkSeams, Outbox, OutboxError};

type Marking<'a> = Pin<Box<dyn Future<Output = (Vec<i64>, Result<(), OutboxError>)> + Send + 'a>>;

/// The marks of one connection.
pub(super) struct Marks<'a, O> {
    seams: &'a LinkSeams<O>,
    /// Everything that is not known to be marked.
    rows: BTreeSet<i64>,
    waiting: Vec<i64>,
    running: Option<Marking<'a>>,
}

impl<'a, O: Outbox> Marks<'a, O> {
    pub(super) fn new(seams: &'a LinkSeams<O>) -> Self {
        Self { seams, rows: BTreeSet::new(), waiting: Vec::new(), running: None }
    }

    /// The broker has this row.
    pub(super) fn add(&mut self, row_id: i64) {
        if self.rows.insert(row_id) {
            self.waiting.push(row_id);
        }
    }

    /// Whether the broker has this row and the store may not know it.
    pub(super) fn contains(&self, row_id: i64) -> bool {
        self.rows.contains(&row_id)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes marks until some are written; for ever when there are none. Safe to drop at any
    /// moment: the next call goes on.
    pub(super) async fn step(&mut self) {
        if self.running.is_none() && !self.waiting.is_empty() {
            let (seams, rows) = (self.seams, std::mem::take(&mut self.waiting));
            self.running = Some(Box::pin(async move {
                let marked = seams.outbox.published(&rows, seams.clock.now()).await;
                (rows, marked)
            }));
        }
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let (rows, marked) = running.await;
        self.running = None;
        for row in &rows {
            self.rows.remove(row);
        }
        if let Err(error) = marked {
            // The store gives them out again, and the phone drops the double by its id.
            tracing::warn!(
                "outbox rows {rows:?} are published but not marked, they go again: {error}"
            );
        }
    }

    /// Writes all marks.
    pub(super) async fn finish(&mut self) {
        while !self.rows.is_empty() {
            self.step().await;
        }
    }
}
