//! Scorecards of members and operators: a pure function of the log and of a rubric.
//!
//! The rubric has a version, and a published period keeps the one it was published with. Rates are
//! weighted by severity; a dimension without a case is left out and its weight with it, rather than
//! counted as nought or as full. What is the centre's is not the member's: all of a member's clocks
//! begin with the order. A refusal with a reason counts against nobody, and no position is scored.
//! Beside each score stands how hard the work was. A person decides what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::figures::{Tally, share};
use super::week::local;
use crate::clock::UnixMs;
use crate::ticket::ClockName;
use crate::ticket::history::{Case, Order, Run, Verdict};

/// What a dimension counts and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    Ack,
    Arrive,
    Complete,
    Reply,
    Quality,
    NoRework,
    Verify,
    VerdictRight,
    ClassRight,
    Dispatch,
    Record,
}

impl Dimension {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Arrive => "arrive",
            Self::Complete => "complete",
            Self::Reply => "reply",
            Self::Quality => "quality",
            Self::NoRework => "no_rework",
            Self::Verify => "verify",
            Self::VerdictRight => "verdict_right",
            Self::ClassRight => "class_right",
            Self::Dispatch => "dispatch",
            Self::Record => "record",
        }
    }
}

/// How a score is made. A change of any of this is a new version.
#[derive(Clone, Debug, PartialEq)]
pub struct Rubric {
    pub version: &'static str,
    /// Weights of S1 to S4.
    pub severity: [f64; 4],
    pub member: &'static [(Dimension, f64)],
    pub operator: &'static [(Dimension, f64)],
    /// Fewer tickets than this give figures and no band.
    pub sample_min: usize,
    /// Least score of each band, best first; what is below the last is the last band.
    pub bands: [(f64, &'static str); 4],
    /// Characters that a complete reply has at least.
    pub reply_chars: usize,
}

/// The rubric of `domain` 4.6. Handover (5 of the operator's 100) waits for rows that tell of it.
pub const RUBRIC: Rubric = Rubric {
    version: "2026-1",
    severity: [4.0, 3.0, 2.0, 1.0],
    member: &[
        (Dimension::Ack, 15.0),
        (Dimension::Arrive, 25.0),
        (Dimension::Complete, 20.0),
        (Dimension::Reply, 15.0),
        (Dimension::Quality, 15.0),
        (Dimension::NoRework, 10.0),
    ],
    operator: &[
        (Dimension::Verify, 25.0),
        (Dimension::VerdictRight, 25.0),
        (Dimension::ClassRight, 15.0),
        (Dimension::Dispatch, 15.0),
        (Dimension::Record, 15.0),
    ],
    sample_min: 5,
    bands: [(90.0, "excellent"), (80.0, "good"), (60.0, "fair"), (0.0, "improve")],
    reply_chars: 10,
};

/// One dimension of one person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rate {
    /// Weighted good and all; of the quality, points and reviews.
    good: f64,
    all: f64,
    pub tickets: Tally,
    /// Those that cost something.
    pub against: Tally,
}

impl Rate {
    /// 0..1; `None` without a case.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        (self.all > 0.0).then(|| self.good / self.all)
    }

    fn add(&mut self, case: &Case, weight: f64, good: f64) {
        self.good += weight * good;
        self.all += weight;
        self.tickets.add(case);
        if good < 1.0 {
            self.against.add(case);
        }
    }
}

/// One person's period.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorecard {
    pub person: String,
    pub rubric: &'static str,
    pub rates: BTreeMap<Dimension, Rate>,
    /// All tickets that the person had a part in.
    pub tickets: Tally,
    /// 0..100; `None` without any case.
    pub score: Option<f64>,
    /// `None` where the sample is too small.
    pub band: Option<&'static str>,
    /// How hard the work was, 1.00 being the centre's average; of members.
    pub difficulty: Option<f64>,
}

impl Scorecard {
    fn new(person: &str, rubric: &Rubric) -> Self {
        Self {
            person: person.to_owned(),
            rubric: rubric.version,
            rates: BTreeMap::new(),
            tickets: Tally::default(),
            score: None,
            band: None,
            difficulty: None,
        }
    }

    fn rate(&mut self, dimension: Dimension, case: &Case, (weight, good): (f64, f64)) {
        self.rates.entry(dimension).or_default().add(case, weight, good);
    }

    /// Sums up. Straight lines only: a step would pay for stopping just above it.
    fn summed(mut self, weights: &[(Dimension, f64)], rubric: &Rubric) -> Self {
        let parts = weights
            .iter()
            .filter_map(|(dimension, weight)| Some((weight, self.rates.get(dimension)?.share()?)));
        let (sum, all) = parts
            .fold((0.0, 0.0), |(sum, all), (weight, share)| (sum + weight * share, all + weight));
        self.score = (all > 0.0).then(|| 100.0 * sum / all);
        let enough = self.tickets.n() >= rubric.sample_min;
        let band = |score: f64| rubric.bands.iter().find(|(least, _)| score >= *least);
        self.band = self.score.filter(|_| enough).and_then(band).map(|(_, band)| *band);
        self
    }
}

/// Members with an order among the cases, by account.
#[must_use]
pub fn members(
    cases: &[Case],
    rubric: &Rubric,
    cut_off: UnixMs,
    zone: &TimeZone,
) -> Vec<Scorecard> {
    let mut cards: BTreeMap<&str, Scorecard> = BTreeMap::new();
    for case in cases {
        for order in &case.orders {
            let new = || Scorecard::new(&order.member, rubric);
            cards.entry(&order.member).or_insert_with(new).tickets.add(case);
        }
    }
    for case in cases {
        let weight = rubric.severity[case.severity as usize];
        for run in &case.runs {
            let of = run.member.as_deref().and_then(|member| cards.get_mut(member));
            let (Some(card), Some(on_time)) = (of, run.on_time(cut_off)) else { continue };
            let dimension = match run.clock {
                ClockName::Ack => Dimension::Ack,
                ClockName::Arrive => Dimension::Arrive,
                // The reply is looked at as a whole below; the rest is the centre's.
                ClockName::Verify
                | ClockName::Dispatch
                | ClockName::Reply
                | ClockName::Close
                | ClockName::Undetermined
                | ClockName::Pause
                | ClockName::Reopen => continue,
            };
            card.rate(dimension, case, (weight, f64::from(u8::from(on_time))));
        }
        if let Some(card) = case.member().and_then(|member| cards.get_mut(member)) {
            answered(card, case, (weight, rubric), cut_off);
        }
    }
    let hard = difficulty(cases, zone);
    let sum = |mut card: Scorecard| {
        card.difficulty = hard.get(card.person.as_str()).copied();
        card.summed(rubric.member, rubric)
    };
    cards.into_values().map(sum).collect()
}

/// What the member of the last order told the centre, and what became of it.
fn answered(card: &mut Scorecard, case: &Case, (weight, rubric): (f64, &Rubric), cut_off: UnixMs) {
    let Some(order) = case.orders.last() else { return };
    let first = case.runs.iter().find(|run| is_reply_of(run, order));
    if let Some((run, on_time)) = first.and_then(|run| Some((run, run.on_time(cut_off)?))) {
        let on_time = f64::from(u8::from(on_time));
        let reply = order.reply.as_ref();
        let parts = reply.map_or(0.0, |reply| {
            let parts = [reply.has_code, reply.chars >= rubric.reply_chars, reply.photos > 0];
            f64::from(parts.iter().map(|part| u8::from(*part)).sum::<u8>()) / 3.0
        });
        card.rate(Dimension::Reply, case, (weight, 0.5 * on_time + 0.5 * parts));
        // Done is what the check let pass: a reply that was sent back did not end the work.
        let done = order.replied.filter(|_| case.returned.is_empty() || case.closed.is_some());
        let in_time = done.is_some_and(|at| at <= run.due);
        card.rate(Dimension::Complete, case, (weight, f64::from(u8::from(in_time))));
    }
    if case.closed.is_some() {
        let good = f64::from(u8::from(case.returned.is_empty() && case.reopened == 0));
        card.rate(Dimension::NoRework, case, (1.0, good));
    }
    if let Some(score) = case.review.as_ref().and_then(|review| review.score) {
        card.rate(Dimension::Quality, case, (1.0, f64::from(score) / 100.0));
    }
}

fn is_reply_of(run: &Run, order: &Order) -> bool {
    run.clock == ClockName::Reply
        && run.member.as_deref() == Some(&order.member)
        && run.started >= order.sent
}

/// Operators with a verdict or an order among the cases, by account.
#[must_use]
pub fn operators(cases: &[Case], rubric: &Rubric, cut_off: UnixMs) -> Vec<Scorecard> {
    let mut cards: BTreeMap<String, Scorecard> = BTreeMap::new();
    for case in cases {
        let weight = rubric.severity[case.severity as usize];
        let runs = |clock| case.runs.iter().filter(move |run| run.clock == clock);
        let by = match &case.verdict {
            Verdict::Confirmed { by, .. } | Verdict::FalseAlarm { by, .. } => by,
            Verdict::Waiting | Verdict::Undetermined | Verdict::Test { .. } => continue,
        };
        let card = cards.entry(by.clone()).or_insert_with(|| Scorecard::new(by, rubric));
        card.tickets.add(case);
        for run in runs(ClockName::Verify) {
            if let Some(on_time) = run.on_time(cut_off) {
                card.rate(Dimension::Verify, case, (weight, f64::from(u8::from(on_time))));
            }
        }
        for (dimension, items) in [
            (Dimension::VerdictRight, &["verdict_supported"][..]),
            (Dimension::ClassRight, &["category_right", "severity_right"][..]),
            (Dimension::Record, &["message_complete", "evidence_sufficient"][..]),
        ] {
            if let Some(good) = items_right(case, items) {
                card.rate(dimension, case, (1.0, good));
            }
        }
        let mut sent_by: BTreeSet<&str> = case.orders.iter().map(|o| o.sent_by.as_str()).collect();
        sent_by.remove("");
        for sender in sent_by {
            let new = || Scorecard::new(sender, rubric);
            let card = cards.entry(sender.to_owned()).or_insert_with(new);
            card.tickets.add(case);
            for on_time in runs(ClockName::Dispatch).filter_map(|run| run.on_time(cut_off)) {
                card.rate(Dimension::Dispatch, case, (weight, f64::from(u8::from(on_time))));
            }
        }
    }
    cards.into_values().map(|card| card.summed(rubric.operator, rubric)).collect()
}

/// Share of these items of the form that were answered yes; `None` when none was answered.
fn items_right(case: &Case, items: &[&str]) -> Option<f64> {
    let marks = &case.review.as_ref()?.items;
    let mark =
        |word: &str| items.iter().filter(|i| marks.get(**i).is_some_and(|m| m == word)).count();
    let (yes, no) = (mark("yes"), mark("no"));
    share(yes, yes + no)
}

/// More for work at night (22 to 6 o'clock), and for each other order at the same time, up to two.
/// Tried on made-up weeks only: guess, revisit.
const NIGHT: f64 = 0.25;
const TOGETHER: f64 = 0.25;
const TOGETHER_MAX: usize = 2;

/// How hard the orders of each member were, the centre's average being 1.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of a month are far below 2^52")]
fn difficulty<'a>(cases: &'a [Case], zone: &TimeZone) -> BTreeMap<&'a str, f64> {
    let mut spans: BTreeMap<&str, Vec<(UnixMs, UnixMs)>> = BTreeMap::new();
    for order in cases.iter().flat_map(|case| &case.orders) {
        let end = order.replied.unwrap_or(order.sent.plus_ms(1));
        spans.entry(&order.member).or_default().push((order.sent, end));
    }
    let hard = |mine: &[(UnixMs, UnixMs)], at: UnixMs| {
        let night = !(6..22).contains(&local(at, zone).hour());
        let together = mine.iter().filter(|(sent, end)| *sent < at && *end > at).count();
        let together = together.min(TOGETHER_MAX) as f64;
        1.0 + TOGETHER * together + if night { NIGHT } else { 0.0 }
    };
    let means: BTreeMap<&str, (f64, usize)> = spans
        .iter()
        .map(|(member, mine)| {
            let sum: f64 = mine.iter().map(|(sent, _)| hard(mine, *sent)).sum();
            (*member, (sum, mine.len()))
        })
        .collect();
    let (sum, n) = means.values().fold((0.0, 0), |(s, n), (sum, of)| (s + sum, n + of));
    let usual = sum / (n.max(1)) as f64;
    means.into_iter().map(|(member, (sum, n))| (member, sum / n as f64 / usual)).collect()
}
