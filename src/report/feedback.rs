//! What verdicts say of each rule and camera: how often it calls rightly, with what certainty, and
//! what to change when it is certain that it calls too often for nothing.
//!
//! Precision is confirmed / (confirmed + false alarms) of the last seven days, with Wilson's 95 %
//! interval (E. B. Wilson, JASA 22, 1927, p. 209). A rule is proposed for change only when the
//! whole interval lies below the limit and there are enough verdicts. The cost is told from the
//! last 28 days. Nothing here changes a rule: two people decide, and one of them writes the file.
//! Pure.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::change::{self, Judged, Trial};
use super::figures::{Tally, share};
use super::quality::wilson;
use crate::clock::UnixMs;
use crate::config::Camera;
use crate::event::Fired;
use crate::ticket::history::{Case, Verdict};
use crate::ticket::log::LogEntry;

/// The least precision of a rule: more than 30 % false alarms in seven days are to be reviewed
/// (`domain` 4.3, `false_alarm_review`).
pub const PRECISION_MIN: f64 = 0.70;
/// Verdicts below which nothing is proposed, however bad they are: an operator's bad hour is no
/// reason to blind a rule (guess, revisit).
pub const VERDICTS_MIN: usize = 10;
/// How far back verdicts count, and how far back the cost is looked for, ms.
pub const VERDICTS_MS: i64 = 7 * 86_400_000;
pub const COST_MS: i64 = 28 * 86_400_000;

/// One rule of one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleQuality {
    pub camera: String,
    pub camera_name: String,
    pub rule: String,
    pub rule_name: String,
    /// False when the configuration has no such rule any more.
    pub configured: bool,
    /// Of the last seven days.
    pub confirmed: Tally,
    pub false_alarms: Tally,
    /// False alarms by reason code.
    pub reasons: BTreeMap<String, Tally>,
    /// Somebody looked and could not tell.
    pub undetermined: Tally,
    /// Nobody has decided yet.
    pub waiting: Tally,
    /// 0..1, of those that are confirmed or false alarms; `None` without any.
    pub precision: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// Of the last 28 days: what shelving it would have missed, and kept away.
    pub past_confirmed: Tally,
    pub past_false_alarms: Tally,
    pub proposal: Option<Proposal>,
}

/// What to do about a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The reason that was given most often.
    pub reason: String,
    pub trial: Trial,
    /// What to write into the configuration file, if anything.
    pub lines: Option<String>,
}

/// Puts together the stories and the firings of observations. `lines`: by ticket and version.
#[must_use]
pub fn judged(lines: &[LogEntry], firings: Vec<(String, Fired)>, now: UnixMs) -> Vec<Judged> {
    let mut fired: BTreeMap<String, Vec<Fired>> = BTreeMap::new();
    for (ticket, one) in firings {
        fired.entry(ticket).or_default().push(one);
    }
    // A line of this very moment is told, unlike in a report that is printed.
    let cut_off = now.plus_ms(1);
    let tickets = lines.chunk_by(|a, b| a.ticket == b.ticket);
    let told = tickets.filter_map(|lines| Case::tell(&lines.iter().collect::<Vec<_>>(), cut_off));
    let judged = told.map(|case| {
        let firings = fired.remove(&case.id.0).unwrap_or_default();
        Judged { case, firings }
    });
    let mut judged: Vec<Judged> = judged.collect();
    judged.sort_by_key(|one| (one.case.seen, one.case.number));
    judged
}

/// Every rule of the configuration, and those that have verdicts and are gone from it; what is
/// proposed for change comes first, then the lowest precision. `judged`: by time.
#[must_use]
pub fn rules(
    judged: &[Judged],
    cameras: &[Camera],
    zone: &TimeZone,
    now: UnixMs,
) -> Vec<RuleQuality> {
    let mut of: BTreeMap<(&str, &str), Vec<&Judged>> = BTreeMap::new();
    for camera in cameras {
        for rule in &camera.rule {
            of.entry((&camera.id, &rule.id)).or_default();
        }
    }
    for one in judged.iter().filter(|one| one.case.seen >= now.plus_ms(-COST_MS)) {
        of.entry((&one.case.camera, &one.case.rule)).or_default().push(one);
    }
    let told = of.into_iter().map(|(key, past)| quality(key, &past, cameras, (zone, now)));
    let mut rows: Vec<RuleQuality> = told.collect();
    rows.sort_by(|a, b| {
        let order = |row: &RuleQuality| (row.proposal.is_none(), row.precision.unwrap_or(2.0));
        let (a, b) = (order(a), order(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    rows
}

fn quality(
    (camera, rule): (&str, &str),
    past: &[&Judged],
    cameras: &[Camera],
    (zone, now): (&TimeZone, UnixMs),
) -> RuleQuality {
    let place = cameras.iter().find(|c| c.id == camera);
    let known = place.and_then(|c| c.rule.iter().find(|r| r.id == rule));
    let last = past.last().map(|one| &one.case);
    let named = |known: Option<&String>, told: Option<&String>, id: &str| {
        known.or(told).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| id.to_owned())
    };
    let mut row = RuleQuality {
        camera: camera.to_owned(),
        camera_name: named(place.map(|c| &c.name), last.map(|c| &c.camera_name), camera),
        rule: rule.to_owned(),
        rule_name: named(known.map(|r| &r.name), last.map(|c| &c.rule_name), rule),
        configured: known.is_some(),
        confirmed: Tally::default(),
        false_alarms: Tally::default(),
        reasons: BTreeMap::new(),
        undetermined: Tally::default(),
        waiting: Tally::default(),
        precision: None,
        interval: None,
        past_confirmed: past.iter().map(|one| &one.case).filter(|c| c.is_confirmed()).collect(),
        past_false_alarms: past
            .iter()
            .map(|one| &one.case)
            .filter(|c| c.is_false_alarm())
            .collect(),
        proposal: None,
    };
    for one in past.iter().filter(|one| one.case.seen >= now.plus_ms(-VERDICTS_MS)) {
        count(&mut row, &one.case);
    }
    let decided = row.confirmed.n() + row.false_alarms.n();
    row.precision = share(row.confirmed.n(), decided);
    row.interval = wilson(row.confirmed.n(), decided);
    row.proposal = known.and_then(|rule| propose(&row, rule, past, zone));
    row
}

fn count(row: &mut RuleQuality, case: &Case) {
    match &case.verdict {
        Verdict::Confirmed { .. } => row.confirmed.add(case),
        Verdict::FalseAlarm { reason, .. } => {
            row.false_alarms.add(case);
            row.reasons.entry(reason.clone()).or_default().add(case);
        }
        Verdict::Undetermined => row.undetermined.add(case),
        Verdict::Waiting => row.waiting.add(case),
        // A test says nothing of the rule.
        Verdict::Test { .. } => {}
    }
}

/// Whether it is certain enough that the rule calls too often for nothing.
#[must_use]
pub fn is_too_low(confirmed: usize, false_alarms: usize) -> bool {
    let decided = confirmed + false_alarms;
    decided >= VERDICTS_MIN
        && wilson(confirmed, decided).is_some_and(|(_, high)| high < PRECISION_MIN)
}

fn propose(
    row: &RuleQuality,
    rule: &crate::config::Rule,
    past: &[&Judged],
    zone: &TimeZone,
) -> Option<Proposal> {
    if !is_too_low(row.confirmed.n(), row.false_alarms.n()) {
        return None;
    }
    // Of two that were given as often, the one that the code table names first by its word.
    let most = row.reasons.iter().max_by_key(|(word, tally)| (tally.n(), std::cmp::Reverse(*word)));
    let reason = most.map(|(word, _)| word.clone())?;
    let trial = change::best(&reason, rule, past, zone);
    let lines = trial.change.lines(rule);
    Some(Proposal { reason, trial, lines })
}

#[cfg(test)]
#[path = "feedback_test.rs"]
mod tests;
