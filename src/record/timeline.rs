//! What there is of a camera at any moment: footage, or the reason why there is none.
//!
//! Rows of files, gaps and deletions may overlap, or leave a hole where the daemon has not caught
//! up yet. Here they become one line of spans that follow each other without hole or overlap, so
//! that whoever asks for a time gets an answer for all of it. Pure.

use crate::clock::UnixMs;

/// What a row says of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Footage, in the file with this place in the list.
    File(usize),
    Gap {
        cause: String,
        detail: String,
    },
}

/// A time and what a row says of it. None: it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub from: UnixMs,
    pub to: Option<UnixMs>,
    pub told: Told,
}

/// A span of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: UnixMs,
    pub to: UnixMs,
    pub told: Told,
}

/// What is known of a camera besides the rows of the time asked for.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The beginning of its first row; none when it has never been recorded.
    pub first: Option<UnixMs>,
    pub now: UnixMs,
}

/// The line of spans from `from` to `to`. Footage goes before gaps, and earlier rows before later.
#[must_use]
pub fn line(rows: &[Row], (from, to): (UnixMs, UnixMs), known: Known) -> Vec<Span> {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (matches!(row.told, Told::Gap { .. }), row.from));
    let mut spans: Vec<Span> = Vec::new();
    for row in rows {
        // What lasts reaches until now: nobody knows what comes.
        let end = row.to.unwrap_or(known.now).min(known.now.max(row.from)).min(to);
        for (from, to) in free(&spans, (row.from.max(from), end)) {
            spans.push(Span { from, to, told: row.told.clone() });
        }
        spans.sort_by_key(|span| span.from);
    }
    for (hole_from, hole_to) in free(&spans, (from, to)) {
        spans.extend(explained(hole_from, hole_to, known));
    }
    spans.sort_by_key(|span| span.from);
    spans
}

/// The parts of a time that no span covers. The spans are in order and do not overlap.
fn free(spans: &[Span], (from, to): (UnixMs, UnixMs)) -> Vec<(UnixMs, UnixMs)> {
    let mut free = Vec::new();
    let mut at = from;
    for span in spans.iter().filter(|span| span.to > from && span.from < to) {
        if span.from > at {
            free.push((at, span.from));
        }
        at = at.max(span.to);
    }
    if at < to {
        free.push((at, to));
    }
    free
}

/// A hole between the rows: before the first, after now, or one that nobody can explain.
fn explained(from: UnixMs, to: UnixMs, known: Known) -> Vec<Span> {
    let first = known.first.unwrap_or(known.now).min(known.now);
    let pieces = [
        (from, to.min(first), "before_recording", "the camera was not recorded yet"),
        (from.max(first), to.min(known.now), "unexplained", "no row says why"),
        (from.max(known.now), to, "not_yet", "this time has not come yet"),
    ];
    let made = pieces.into_iter().filter(|(from, to, ..)| from < to);
    made.map(|(from, to, cause, detail)| {
        let told = Told::Gap { cause: cause.into(), detail: detail.into() };
        Span { from, to, told }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Known, Row, Told, line};
    use crate::clock::UnixMs;

    fn row(word: &str) -> Row {
        let (kind, times) = word.split_at(1);
        let (from, to) = times.split_once('-').unwrap();
        let told = match kind {
            "f" => Told::File(0),
            _ => Told::Gap { cause: kind.into(), detail: String::new() },
        };
        let to = (!to.is_empty()).then(|| UnixMs(to.parse().unwrap()));
        Row { from: UnixMs(from.parse().unwrap()), to, told }
    }

    fn told(rows: &[Row], (from, to): (i64, i64), (first, now): (Option<i64>, i64)) -> String {
        let known = Known { first: first.map(UnixMs), now: UnixMs(now) };
        let spans = line(rows, (UnixMs(from), UnixMs(to)), known);
        let word = |span: &super::Span| {
            let what = match &span.told {
                Told::File(_) => "f",
                Told::Gap { cause, .. } => cause,
            };
            format!("{what} {}-{}", span.from.0, span.to.0)
        };
        spans.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    #[track_caller]
    fn check(rows: &str, asked: (i64, i64), known: (Option<i64>, i64), expect: &str) {
        let rows: Vec<Row> = rows.split_whitespace().map(row).collect();
        assert_eq!(told(&rows, asked, known), expect);
    }

    #[test]
    fn footage_and_gaps_are_clipped_to_what_was_asked() {
        check("f0-60 g60-90 f90-150", (30, 100), (Some(0), 200), "f 30-60, g 60-90, f 90-100");
    }

    #[test]
    fn a_hole_is_told_by_where_it_lies() {
        let expect = "before_recording 0-10, f 10-20, unexplained 20-30, f 30-40, unexplained 40-50, \
                      not_yet 50-60";
        check("f10-20 f30-40", (0, 60), (Some(10), 50), expect);
        check("", (0, 60), (None, 50), "before_recording 0-50, not_yet 50-60");
    }

    #[test]
    fn what_lasts_reaches_until_now() {
        check("f10-", (0, 99), (Some(0), 50), "unexplained 0-10, f 10-50, not_yet 50-99");
        check("f0-20 g20-", (0, 40), (Some(0), 50), "f 0-20, g 20-40");
    }

    #[test]
    fn where_rows_disagree_there_is_footage() {
        check("g0-100 f20-30", (0, 100), (Some(0), 100), "g 0-20, f 20-30, g 30-100");
        check("f0-50 f30-80", (0, 80), (Some(0), 100), "f 0-50, f 50-80");
    }

    proptest! {
        #[test]
        fn every_moment_is_told_exactly_once(
            rows in proptest::collection::vec((0_i64..100, 0_i64..40, 0_u8..3), 0..12),
            asked in (0_i64..120, 0_i64..60),
            now in 0_i64..140,
        ) {
            let rows: Vec<Row> = rows
                .into_iter()
                .map(|(from, length, kind)| {
                    let told = match kind {
                        0 => Told::Gap { cause: "g".into(), detail: String::new() },
                        _ => Told::File(0),
                    };
                    let to = (kind != 2).then_some(UnixMs(from + length));
                    Row { from: UnixMs(from), to, told }
                })
                .collect();
            let (from, to) = (UnixMs(asked.0), UnixMs(asked.0 + asked.1));
            let first = rows.iter().map(|row| row.from).min();
            let spans = line(&rows, (from, to), Known { first, now: UnixMs(now) });
            let mut at = from;
            for span in &spans {
                prop_assert_eq!(span.from, at);
                prop_assert!(span.to > span.from);
                at = span.to;
            }
            prop_assert_eq!(at, to);
            for span in spans.iter().filter(|span| matches!(span.told, Told::File(_))) {
                let inside = |row: &Row| {
                    matches!(row.told, Told::File(_))
                        && row.from <= span.from
                        && row.to.unwrap_or(UnixMs(now)) >= span.to
                };
                prop_assert!(rows.iter().any(inside), "footage that no row knows");
            }
        }
    }
}
