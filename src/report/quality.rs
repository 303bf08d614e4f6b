//! Parts 6 to 8: members, false alarms with their uncertainty, reviews.

use std::collections::BTreeMap;

use super::counts::camera_name;
use super::figures::{Complete, FalseAlarmRow, MemberRow, Reviews, Tally, share};
use super::sampling::{Pick, Why};
use crate::clock::UnixMs;
use crate::ticket::ClockName;
use crate::ticket::history::{Case, Run, TicketRef, Verdict};

/// 97.5 % point of the normal distribution, for 95 % intervals.
const Z: f64 = 1.959_964;

/// Wilson's 95 % interval of `hits` in `n`; `None` of nothing. Unlike the plain one it stays
/// within 0..1 and holds for the small numbers of one camera's week (Wilson 1927).
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
pub fn wilson(hits: usize, n: usize) -> Option<(f64, f64)> {
    let p = share(hits, n)?;
    let n = n as f64;
    let middle = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    Some((((middle - reach) / whole).max(0.0), ((middle + reach) / whole).min(1.0)))
}

/// Members with an order in the week, by account. `people`: account -> display name.
#[must_use]
pub fn members(
    cases: &[Case],
    people: &BTreeMap<String, String>,
    cut_off: UnixMs,
) -> Vec<MemberRow> {
    let mut rows: BTreeMap<String, MemberRow> = BTreeMap::new();
    let mut scores: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for case in cases {
        for order in &case.orders {
            let row = row_of(&mut rows, &order.member, people);
            row.orders += 1;
            row.tickets.add(case);
            if order.refused.is_some() {
                row.refused.add(case);
            }
        }
        for run in &case.runs {
            count_run(&mut rows, case, run, cut_off);
        }
        if let Some(row) = case.member().and_then(|member| rows.get_mut(member)) {
            count_end(row, case);
            scores.entry(row.member.clone()).or_default().extend(score_of(case));
        }
    }
    let mut rows: Vec<MemberRow> = rows.into_values().collect();
    for row in &mut rows {
        row.score = scores.get(&row.member).and_then(|scores| mean(scores));
    }
    rows
}

fn row_of<'a>(
    rows: &'a mut BTreeMap<String, MemberRow>,
    member: &str,
    people: &BTreeMap<String, String>,
) -> &'a mut MemberRow {
    rows.entry(member.to_owned()).or_insert_with(|| MemberRow {
        member: member.to_owned(),
        display: people.get(member).map_or(member, String::as_str).to_owned(),
        orders: 0,
        tickets: Tally::default(),
        acked: Default::default(),
        arrived: Default::default(),
        replied: Default::default(),
        refused: Tally::default(),
        returned: Tally::default(),
        closed: Tally::default(),
        reviewed: Tally::default(),
        score: None,
    })
}

fn count_run(rows: &mut BTreeMap<String, MemberRow>, case: &Case, run: &Run, cut_off: UnixMs) {
    let member = run.member.as_ref().and_then(|member| rows.get_mut(member));
    let Some(row) = member else { return };
    match run.clock {
        ClockName::Ack => row.acked.count(case, run, cut_off),
        ClockName::Arrive => row.arrived.count(case, run, cut_off),
        ClockName::Reply => row.replied.count(case, run, cut_off),
        // These are the centre's.
        ClockName::Verify
        | ClockName::Dispatch
        | ClockName::Close
        | ClockName::Undetermined
        | ClockName::Pause
        | ClockName::Reopen => {}
    }
}

/// Only the member of the last order can have had a reply sent back, closed or reviewed: after a
/// reply there is no further order.
fn count_end(row: &mut MemberRow, case: &Case) {
    if !case.returned.is_empty() {
        row.returned.add(case);
    }
    if case.closed.is_some() {
        row.closed.add(case);
    }
    if score_of(case).is_some() {
        row.reviewed.add(case);
    }
}

fn score_of(case: &Case) -> Option<u8> {
    case.review.as_ref().and_then(|review| review.score)
}

#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
fn mean(scores: &[u8]) -> Option<f64> {
    let sum: u32 = scores.iter().copied().map(u32::from).sum();
    (!scores.is_empty()).then(|| f64::from(sum) / scores.len() as f64)
}

/// Verdicts per camera and rule: most false alarms first, then most decided.
#[must_use]
pub fn false_alarms(cases: &[Case], names: &BTreeMap<String, String>) -> Vec<FalseAlarmRow> {
    let mut rows: BTreeMap<(&str, &str), FalseAlarmRow> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.is_confirmed() || case.is_false_alarm()) {
        let key = (case.camera.as_str(), case.rule.as_str());
        let row = rows.entry(key).or_insert_with(|| FalseAlarmRow {
            camera: case.camera.clone(),
            camera_name: camera_name(case, names),
            rule: case.rule.clone(),
            rule_name: case.rule_name.clone(),
            decided: Tally::default(),
            false_alarms: Tally::default(),
            interval: None,
            reasons: BTreeMap::new(),
        });
        row.decided.add(case);
        if let Verdict::FalseAlarm { reason, .. } = &case.verdict {
            row.false_alarms.add(case);
            row.reasons.entry(reason.clone()).or_default().add(case);
        }
    }
    let mut rows: Vec<FalseAlarmRow> = rows.into_values().collect();
    for row in &mut rows {
        row.interval = wilson(row.false_alarms.n(), row.decided.n());
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.false_alarms.n(), row.decided.n())));
    rows
}

/// What had to be reviewed and what was.
#[must_use]
pub fn reviews(cases: &[Case], picks: &[Pick]) -> Reviews {
    let mut sum = Reviews::default();
    let mut scores = Vec::new();
    let why: BTreeMap<&TicketRef, Why> =
        picks.iter().map(|pick| (&pick.ticket, pick.why)).collect();
    for case in cases.iter().filter(|case| case.closed.is_some()) {
        match (why.get(&TicketRef::from(case)), &case.review) {
            (Some(Why::S1 | Why::FarOver | Why::Reopened), review) => {
                sum.must.add(case);
                if review.is_none() {
                    sum.must_open.add(case);
                }
            }
            (Some(Why::Lot | Why::Turn), Some(_)) => sum.sampled.add(case),
            (Some(Why::Lot | Why::Turn), None) => sum.sample_open.add(case),
            (None, _) => {}
        }
        if let Some(review) = &case.review {
            sum.reviewed.add(case);
            scores.extend(review.score);
            count_items(&mut sum, case, &review.items);
        }
    }
    sum.sample = sum.sampled.n() + sum.sample_open.n();
    sum.score = mean(&scores);
    sum
}

/// Which closed tickets have all that a case is kept with.
#[must_use]
pub fn complete(cases: &[Case]) -> Complete {
    let mut sum = Complete::default();
    for case in cases.iter().filter(|case| case.closed.is_some()) {
        let replied = case.orders.iter().any(|order| order.replied.is_some());
        let parts = [
            ("verdict", case.is_confirmed()),
            ("order", !case.orders.is_empty()),
            ("reply", replied),
            ("check", case.closed_by.is_some()),
            ("evidence", case.evidence.is_none_or(|n| n > 0)),
        ];
        for (part, _) in parts.iter().filter(|(_, there)| !there) {
            sum.lacks.entry(part).or_default().add(case);
        }
        if parts.iter().all(|(_, there)| *there) {
            sum.whole.add(case);
        }
    }
    sum
}

fn count_items(sum: &mut Reviews, case: &Case, items: &BTreeMap<String, String>) {
    for (item, mark) in items {
        let counts = sum.items.entry(item.clone()).or_default();
        match mark.as_str() {
            "yes" => counts[0] += 1,
            "no" => {
                counts[1] += 1;
                sum.failed.entry(item.clone()).or_default().add(case);
            }
            _ => counts[2] += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wilson;

    fn check(hits: usize, n: usize, expect: Option<(i32, i32)>) {
        #[allow(clippy::cast_possible_truncation, reason = "shares in per mille")]
        let permille = |x: f64| (x * 1000.0).round() as i32;
        let found = wilson(hits, n).map(|(low, high)| (permille(low), permille(high)));
        assert_eq!(found, expect, "{hits} of {n}");
    }

    #[test]
    fn the_interval_is_wilsons_and_stays_between_nothing_and_all() {
        check(0, 0, None);
        check(0, 10, Some((0, 278)));
        check(10, 10, Some((722, 1000)));
        check(5, 10, Some((237, 763)));
        check(2, 38, Some((15, 173)));
    }
}
