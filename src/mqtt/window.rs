//! Which outbox row each packet in flight belongs to. Pure.
//!
//! rumqttc gives a packet its number only when it is written, and tells by event, in the order in
//! which the packets were handed over. So rows queue until their number is known, and leave when
//! the broker has acknowledged that number.

use std::collections::{HashMap, VecDeque};

/// What was published: a row of the outbox, or something of the link's own.
pub(super) type Row = Option<i64>;

/// The packets that are handed over and not yet acknowledged, of one connection.
#[derive(Debug, Default)]
pub(super) struct Window {
    handed: VecDeque<Row>,
    flying: HashMap<u16, Row>,
}

impl Window {
    /// A message was handed to rumqttc.
    pub(super) fn handed(&mut self, row: Row) {
        self.handed.push_back(row);
    }

    /// The next message in order was written as packet `number`.
    pub(super) fn written(&mut self, number: u16) {
        if let Some(row) = self.handed.pop_front() {
            self.flying.insert(number, row);
        }
    }

    /// The broker has acknowledged packet `number`; what it was.
    pub(super) fn acknowledged(&mut self, number: u16) -> Row {
        self.flying.remove(&number).flatten()
    }

    /// How many messages are under way.
    pub(super) fn len(&self) -> usize {
        self.handed.len() + self.flying.len()
    }

    /// Whether this row is under way.
    pub(super) fn contains(&self, row_id: i64) -> bool {
        let same = |row: &Row| *row == Some(row_id);
        self.handed.iter().any(same) || self.flying.values().any(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_known_by_its_number_once_written_and_gone_once_acknowledged() {
        let mut window = Window::default();
        for row in [Some(10), None, Some(11)] {
            window.handed(row);
        }
        assert_eq!(window.len(), 3);
        window.written(1);
        window.written(2);
        window.written(3);
        assert!(window.contains(10) && window.contains(11) && !window.contains(12));
        assert_eq!(window.acknowledged(3), Some(11), "acknowledgements may come out of order");
        assert_eq!(window.acknowledged(2), None, "the link's own message is no row");
        assert_eq!(window.acknowledged(1), Some(10));
        assert_eq!(window.acknowledged(1), None, "a second acknowledgement means nothing");
        assert_eq!(window.len(), 0);
    }

    #[test]
    fn a_number_is_used_again_after_its_acknowledgement() {
        let mut window = Window::default();
        window.handed(Some(1));
        window.written(1);
        assert_eq!(window.acknowledged(1), Some(1));
        window.handed(Some(2));
        window.written(1);
        assert_eq!(window.acknowledged(1), Some(2));
    }
}
