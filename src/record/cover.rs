//! Whether files and gaps cover a time: what is left over, and what is covered twice.
//!
//! Pure arithmetic over intervals of ms, each with its beginning and without its end.

use crate::clock::UnixMs;

/// From the first moment up to the second one.
pub type Span = (UnixMs, UnixMs);

/// The parts of a time that no span covers, in order.
#[must_use]
pub fn uncovered((from, to): Span, spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    let mut left = Vec::new();
    let mut at = from;
    for (start, end) in spans {
        if start >= to {
            break;
        }
        if start > at {
            left.push((at, start));
        }
        at = at.max(end);
    }
    if at < to {
        left.push((at, to));
    }
    left
}

/// The parts of a time that more than one span covers, in order.
#[must_use]
pub fn doubled(spans: &[Span]) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.iter().copied().filter(|(start, end)| start < end).collect();
    spans.sort_unstable();
    let mut twice: Vec<Span> = Vec::new();
    let mut until: Option<UnixMs> = None;
    for (start, end) in spans {
        if let Some(before) = until.filter(|before| start < *before) {
            twice.push((start, end.min(before)));
        }
        until = until.max(Some(end));
    }
    twice
}

/// How much of a time the spans cover, ms.
#[must_use]
pub fn covered_ms((from, to): Span, spans: &[Span]) -> i64 {
    let left: i64 = uncovered((from, to), spans).iter().map(|(a, b)| b.since_ms(*a)).sum();
    to.since_ms(from).max(0) - left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(given: &[(i64, i64)]) -> Vec<Span> {
        given.iter().map(|&(a, b)| (UnixMs(a), UnixMs(b))).collect()
    }

    #[test]
    fn what_is_left_over_and_what_is_double_is_found() {
        let given = spans(&[(10, 20), (0, 10), (25, 30), (18, 20)]);
        assert_eq!(uncovered((UnixMs(0), UnixMs(40)), &given), spans(&[(20, 25), (30, 40)]));
        assert_eq!(doubled(&given), spans(&[(18, 20)]));
        assert_eq!(covered_ms((UnixMs(5), UnixMs(28)), &given), 18);
        assert_eq!(uncovered((UnixMs(5), UnixMs(5)), &[]), []);
    }

    proptest! {
        #[test]
        fn every_moment_is_covered_or_left_over(
            given in proptest::collection::vec((0_i64..60, 1_i64..20), 0..8),
        ) {
            let given: Vec<Span> =
                given.iter().map(|&(a, long)| (UnixMs(a), UnixMs(a + long))).collect();
            let whole = (UnixMs(5), UnixMs(50));
            let left = uncovered(whole, &given);
            for at in (5..50).map(UnixMs) {
                let inside = |spans: &[Span]| spans.iter().any(|(a, b)| *a <= at && at < *b);
                prop_assert!(inside(&given) != inside(&left));
            }
        }
    }
}
