//! Parts 3 to 5: clocks, distributions, what is open at the cut-off, supervision.

use super::figures::{
    Bucket, ClockRow, Distribution, Kept, OpenRow, Owner, Supervision, Tally, TicketRef,
};
use crate::clock::UnixMs;
use crate::ticket::history::{Case, End, Run, Stage, Verdict};
use crate::ticket::{ClockName, Severity};

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// Upper edges in ms of the buckets; the last bucket has none. The edges are those of the public
/// bulletins of the 110 service, which report signing, setting out and feedback so (`domain` 4.7).
pub(super) const ACK_EDGES: [i64; 4] =
    [30 * SECOND_MS, 60 * SECOND_MS, 120 * SECOND_MS, 180 * SECOND_MS];
pub(super) const ARRIVE_EDGES: [i64; 4] =
    [5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS];
pub(super) const REPLY_EDGES: [i64; 4] =
    [30 * MINUTE_MS, 60 * MINUTE_MS, 120 * MINUTE_MS, 240 * MINUTE_MS];

/// The smallest of `sorted` that at least `percent` of them do not exceed (nearest rank).
#[must_use]
pub fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// Each clock at each severity that had a decided run, then over all severities.
#[must_use]
pub fn clocks(cases: &[Case], cut_off: UnixMs) -> Vec<ClockRow> {
    let runs = || cases.iter().flat_map(|case| case.runs.iter().map(move |run| (case, run)));
    let severities = [Severity::S1, Severity::S2, Severity::S3, Severity::S4];
    let mut rows = Vec::new();
    for clock in ClockName::ALL {
        for severity in severities.map(Some).into_iter().chain([None]) {
            let mine = |(_, run): &(&Case, &Run)| {
                run.clock == clock && severity.is_none_or(|severity| run.severity == severity)
            };
            rows.push(clock_row(
                (clock, severity),
                &runs().filter(mine).collect::<Vec<_>>(),
                cut_off,
            ));
        }
    }
    rows.retain(|row| row.kept.n > 0);
    rows
}

fn clock_row(
    (clock, severity): (ClockName, Option<Severity>),
    runs: &[(&Case, &Run)],
    cut_off: UnixMs,
) -> ClockRow {
    let mut kept = Kept::default();
    for (case, run) in runs {
        kept.count(case, run, cut_off);
    }
    let mut took: Vec<i64> = runs.iter().filter_map(|(_, run)| run.took_ms()).collect();
    took.sort_unstable();
    let limits: Vec<i64> = runs.iter().map(|(_, run)| run.due.since_ms(run.started)).collect();
    let same = limits.iter().all(|limit| *limit == limits[0]);
    ClockRow {
        clock,
        severity,
        limit_ms: limits.first().copied().filter(|_| same),
        kept,
        met: took.len(),
        p50_ms: percentile(&took, 50),
        p90_ms: percentile(&took, 90),
        p95_ms: percentile(&took, 95),
    }
}

/// Acknowledgement, arrival and reply in buckets.
#[must_use]
pub fn distributions(cases: &[Case]) -> Vec<Distribution> {
    let clocks = [
        (ClockName::Ack, ACK_EDGES),
        (ClockName::Arrive, ARRIVE_EDGES),
        (ClockName::Reply, REPLY_EDGES),
    ];
    clocks.into_iter().map(|(clock, edges)| distribution(cases, clock, &edges)).collect()
}

fn distribution(cases: &[Case], clock: ClockName, edges: &[i64]) -> Distribution {
    let mut buckets: Vec<Bucket> = (0..=edges.len())
        .map(|n| Bucket {
            over_ms: n.checked_sub(1).map_or(0, |before| edges[before]),
            up_to_ms: edges.get(n).copied(),
            n: 0,
            late: 0,
            tickets: Tally::default(),
        })
        .collect();
    for case in cases {
        for run in case.runs.iter().filter(|run| run.clock == clock) {
            let Some(took) = run.took_ms() else { continue };
            let bucket = &mut buckets[edges.partition_point(|edge| *edge < took)];
            bucket.n += 1;
            bucket.late += usize::from(took > run.due.since_ms(run.started));
            bucket.tickets.add(case);
        }
    }
    Distribution { clock, buckets }
}

/// What is open at the cut-off: most overdue first, then by due time and number. `start`: the
/// week's; what was opened before it is marked as carried over.
#[must_use]
pub fn open(cases: &[Case], start: UnixMs, cut_off: UnixMs) -> Vec<OpenRow> {
    let still = cases.iter().filter(|case| case.stage.is_open());
    let mut rows: Vec<OpenRow> = still.map(|case| open_row(case, start, cut_off)).collect();
    rows.sort_by(|a, b| {
        b.overdue_ms.cmp(&a.overdue_ms).then(a.due.cmp(&b.due)).then(a.ticket.cmp(&b.ticket))
    });
    rows
}

fn open_row(case: &Case, start: UnixMs, cut_off: UnixMs) -> OpenRow {
    let run = case.runs.last().filter(|run| run.end == End::Running);
    OpenRow {
        ticket: TicketRef::from(case),
        opened: case.opened,
        carried_over: case.opened < start,
        place: case.place.clone(),
        severity: case.severity,
        stage: case.stage.as_str(),
        owner: owner(case),
        clock: run.map(|run| run.clock),
        due: run.map(|run| run.due),
        overdue_ms: run.map_or(0, |run| run.late_ms(cut_off)),
    }
}

fn owner(case: &Case) -> Owner {
    let member = || case.member().map_or(Owner::Queue, |name| Owner::Account(name.to_owned()));
    match case.stage {
        Stage::New | Stage::Dismissed | Stage::Closed => Owner::Queue,
        Stage::Verifying => case.claimed_by.clone().map_or(Owner::Queue, Owner::Account),
        Stage::Confirmed | Stage::Handled => match &case.verdict {
            Verdict::Confirmed { by, .. } => Owner::Centre { confirmed_by: by.clone() },
            Verdict::Waiting
            | Verdict::Undetermined
            | Verdict::FalseAlarm { .. }
            | Verdict::Test { .. } => Owner::Queue,
        },
        Stage::Offered | Stage::Accepted | Stage::OnScene => member(),
    }
}

/// Returned, withdrawn, refused, far overdue, and how replies ended.
#[must_use]
pub fn supervision(cases: &[Case], cut_off: UnixMs) -> Supervision {
    let mut sum = Supervision::default();
    for case in cases {
        if !case.returned.is_empty() {
            sum.returned.add(case);
        }
        if case.runs.iter().any(|run| run.is_far_over(cut_off)) {
            sum.far_overdue.add(case);
        }
        for level in &case.levels {
            sum.levels.entry(*level).or_default().add(case);
        }
        for order in &case.orders {
            if order.withdrawn.is_some() {
                sum.withdrawn.add(case);
            }
            if let Some(reason) = &order.refused {
                sum.refused.entry(reason.clone()).or_default().add(case);
            }
        }
        if let Some(disposition) = &case.disposition {
            sum.dispositions.entry(disposition.clone()).or_default().add(case);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{ACK_EDGES, percentile};

    fn check(values: &[i64], percent: usize, expect: Option<i64>) {
        assert_eq!(percentile(values, percent), expect, "p{percent} of {values:?}");
    }

    #[test]
    fn a_percentile_is_one_of_the_times() {
        check(&[], 50, None);
        check(&[7], 50, Some(7));
        check(&[7], 95, Some(7));
        check(&[1, 2, 3, 4], 50, Some(2));
        let ten: Vec<i64> = (1..=10).collect();
        check(&ten, 50, Some(5));
        check(&ten, 90, Some(9));
        check(&ten, 95, Some(10));
    }

    #[test]
    fn a_time_on_an_edge_belongs_to_the_bucket_below() {
        let bucket = |took| ACK_EDGES.partition_point(|edge| *edge < took);
        assert_eq!([bucket(0), bucket(30_000), bucket(30_001), bucket(180_001)], [0, 0, 1, 4]);
    }
}
