//! What would make a rule call less for nothing, and what it would have missed.
//!
//! The reason that operators gave most often says what to try; every value worth trying is held
//! against the observations of the past weeks, and the one that keeps most confirmed and loses most
//! false alarms is proposed (the largest difference of the two shares, Youden's J, 1950).
//!
//! What is stored of a firing is the moment it fired: an object may have scored higher or stayed
//! longer afterwards. The cost is therefore the most that can have been missed; so is the gain.
//! Pure.

use jiff::tz::TimeZone;

use super::figures::{Tally, share};
use crate::clock::schedule::{Days, Hours, Schedule};
use crate::clock::{Local, UnixMs};
use crate::config::{Rule, RuleKind};
use crate::detect::Class;
use crate::event::Fired;
use crate::ticket::history::{Case, Verdict};

/// Steps in which a score and a moving share are raised: finer ones would fit the past and not the
/// next week (guess, revisit).
const SCORE_STEP: f64 = 0.05;
const MOTION_STEP: f64 = 0.01;
/// A dwell is raised by whole seconds (guess, revisit).
const DWELL_STEP_MS: i64 = 1000;
/// Values of one threshold that are tried.
const VALUES_MAX: usize = 40;
/// The difference of an f32 that was stored as a double.
const EXACT: f64 = 1e-6;

/// One observation by a rule with the verdict on it and the firings that it stands for.
#[derive(Clone, Debug)]
pub struct Judged {
    pub case: Case,
    /// Oldest first; those of other rules that joined it too.
    pub firings: Vec<Fired>,
}

/// A change of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Does not look for this class any more.
    DropClass(Class),
    MinScore(f64),
    MinMotion(f64),
    DwellMs(i64),
    Hours(Hours),
    CoalesceMs(i64),
    /// The rule is right; the camera needs a hand.
    TendCamera,
    /// Nothing smaller helps: shelve it until it is drawn anew.
    Shelve,
}

impl Change {
    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::DropClass(_) => "drop_class",
            Self::MinScore(_) => "min_score",
            Self::MinMotion(_) => "min_motion",
            Self::DwellMs(_) => "dwell_ms",
            Self::Hours(_) => "armed",
            Self::CoalesceMs(_) => "coalesce_ms",
            Self::TendCamera => "tend_camera",
            Self::Shelve => "shelve",
        }
    }

    /// The line to write in place of the rule's own; `None` when the file stays as it is.
    #[must_use]
    pub fn lines(&self, rule: &Rule) -> Option<String> {
        match self {
            Self::DropClass(class) => {
                let left = rule.classes.iter().filter(|word| *word != class.as_str());
                let left: Vec<&String> = left.collect();
                Some(format!("classes = {left:?}  # was {:?}", rule.classes))
            }
            Self::MinScore(to) => Some(format!("min_score = {to:.2}  # was {}", rule.min_score)),
            Self::MinMotion(to) => Some(format!("min_motion = {to:.2}  # was {}", rule.min_motion)),
            Self::DwellMs(to) => Some(format!("dwell_ms = {to}  # was {}", dwell_ms(rule))),
            Self::Hours(to) => Some(format!("armed = \"{to}\"  # was \"{}\"", rule.armed)),
            Self::CoalesceMs(to) => Some(format!("coalesce_ms = {to}  # was {}", rule.coalesce_ms)),
            Self::TendCamera | Self::Shelve => None,
        }
    }
}

/// A change with what it would have done to the observations of the past weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub change: Change,
    /// Confirmed observations, and those of them that would not have been made.
    pub confirmed: Tally,
    pub missed: Tally,
    /// The same of false alarms.
    pub false_alarms: Tally,
    pub avoided: Tally,
}

impl Trial {
    /// Share of false alarms avoided less share of confirmed ones missed, -1..1.
    fn gain(&self) -> f64 {
        let of = |some: &Tally, all: &Tally| share(some.n(), all.n()).unwrap_or(0.0);
        of(&self.avoided, &self.false_alarms) - of(&self.missed, &self.confirmed)
    }
}

/// The best change against the false alarms with this reason. `past`: the rule's observations of
/// the past weeks, by time.
#[must_use]
pub fn best(reason: &str, rule: &Rule, past: &[&Judged], zone: &TimeZone) -> Trial {
    let wrong: Vec<&Judged> = past
        .iter()
        .filter(
            |one| matches!(&one.case.verdict, Verdict::FalseAlarm { reason: r, .. } if r == reason),
        )
        .copied()
        .collect();
    let shelve = || tried(Change::Shelve, rule, past, zone);
    let changes = candidates(reason, rule, &wrong);
    if let [Change::TendCamera] = changes[..] {
        return tried(Change::TendCamera, rule, past, zone);
    }
    let mut best: Option<Trial> = None;
    for change in changes {
        let trial = tried(change, rule, past, zone);
        if trial.gain() > best.as_ref().map_or(0.0, Trial::gain) {
            best = Some(trial);
        }
    }
    best.unwrap_or_else(shelve)
}

/// What is worth trying against a reason (the reasons are `config::codes`).
fn candidates(reason: &str, rule: &Rule, wrong: &[&Judged]) -> Vec<Change> {
    match reason {
        "animal" => {
            let animal = Class::Animal.as_str();
            let looks = rule.classes.iter().any(|class| class == animal);
            match looks && rule.classes.len() > 1 {
                true => vec![Change::DropClass(Class::Animal)],
                false => thresholds(rule, wrong),
            }
        }
        "light_shadow" | "weather" | "vegetation" | "insect_web" => thresholds(rule, wrong),
        "authorised_activity" => {
            let hours = Hours::try_from(rule.armed.as_str()).ok();
            let schedule = hours.zip(Days::parse(&rule.days).ok());
            let shorter = schedule.map(|(hours, days)| Schedule { hours, days }.shortened());
            shorter.unwrap_or_default().into_iter().map(Change::Hours).collect()
        }
        "duplicate" => [2, 5, 10]
            .into_iter()
            .map(|times| i64::from(rule.coalesce_ms.max(10_000)) * times)
            .filter(|ms| *ms <= 3_600_000)
            .map(Change::CoalesceMs)
            .collect(),
        "camera_fault" => vec![Change::TendCamera],
        // A rule that is wrong, and what the words of the tickets have to tell.
        _ => vec![Change::Shelve],
    }
}

/// Higher values of what the rule measures, just above what the wrong firings had.
fn thresholds(rule: &Rule, wrong: &[&Judged]) -> Vec<Change> {
    let own = || wrong.iter().flat_map(|one| one.firings.iter().filter(|f| is_own(one, f)));
    // Only motion in a zone has a moving share for a score.
    let moving = rule.kind == RuleKind::ZoneMotion;
    let (step, present) = if moving {
        (MOTION_STEP, f64::from(rule.min_motion))
    } else {
        (SCORE_STEP, f64::from(rule.min_score))
    };
    let above = |score: f64| ((score + EXACT) / step).floor().mul_add(step, step);
    let scores = own().map(|f| above(f64::from(f.reason.score)));
    // An anomaly's score is not what `min_score` is about.
    let scores = scores.filter(|_| rule.kind != RuleKind::Anomaly);
    let scores = few(scores.filter(|to| *to > present + EXACT && *to < 1.0 - EXACT).collect());
    let (_, longest) = rule.kind.dwell_limits_ms();
    let dwells = wrong.iter().filter_map(|one| lasted_ms(one));
    let dwells = dwells.map(|ms| (ms / DWELL_STEP_MS + 1) * DWELL_STEP_MS);
    let dwells = dwells.filter(|ms| *ms > dwell_ms(rule) && *ms <= i64::from(longest));
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "within hours")]
    let dwells = few(dwells.map(|ms| ms as f64).collect()).into_iter().map(|ms| ms as i64);
    let scored = |to| if moving { Change::MinMotion(to) } else { Change::MinScore(to) };
    dwells.map(Change::DwellMs).chain(scores.into_iter().map(scored)).collect()
}

/// At most so many of the values, evenly chosen, each once.
fn few(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < EXACT);
    let every = values.len().div_ceil(VALUES_MAX).max(1);
    // From the highest down, so that the value that would have avoided all is among them.
    values.into_iter().rev().step_by(every).collect()
}

fn dwell_ms(rule: &Rule) -> i64 {
    i64::from(rule.dwell_ms.unwrap_or(rule.kind.dwell_ms()))
}

fn is_own(one: &Judged, fired: &Fired) -> bool {
    fired.camera.as_str() == one.case.camera && fired.reason.rule == one.case.rule
}

/// A change held against the past.
fn tried(change: Change, rule: &Rule, past: &[&Judged], zone: &TimeZone) -> Trial {
    let mut trial = Trial {
        change,
        confirmed: Tally::default(),
        missed: Tally::default(),
        false_alarms: Tally::default(),
        avoided: Tally::default(),
    };
    let mut before: Option<UnixMs> = None;
    for one in past {
        let stays = stays(&trial.change, one, (before, rule), zone);
        if one.case.is_confirmed() {
            trial.confirmed.add(&one.case);
            // What cannot be told counts as missed.
            if stays != Some(true) {
                trial.missed.add(&one.case);
            }
        }
        if one.case.is_false_alarm() {
            trial.false_alarms.add(&one.case);
            if stays == Some(false) {
                trial.avoided.add(&one.case);
            }
        }
        before = one.firings.last().map(|fired| fired.at).or(Some(one.case.seen)).max(before);
    }
    trial
}

/// Whether the observation would have been made all the same; `None` when nothing is stored of its
/// firings. A firing of another rule that joined it would have made it.
fn stays(
    change: &Change,
    one: &Judged,
    (before, rule): (Option<UnixMs>, &Rule),
    zone: &TimeZone,
) -> Option<bool> {
    if one.firings.iter().any(|fired| !is_own(one, fired)) {
        return Some(true);
    }
    let any = |holds: &dyn Fn(&Fired) -> bool| {
        (!one.firings.is_empty()).then(|| one.firings.iter().any(holds))
    };
    match change {
        Change::DropClass(class) => any(&|fired| fired.reason.class != Some(*class)),
        Change::MinScore(least) | Change::MinMotion(least) => {
            any(&|fired| f64::from(fired.reason.score) + EXACT >= *least)
        }
        Change::DwellMs(least) => lasted_ms(one).map(|ms| ms >= *least),
        Change::Hours(hours) => any(&|fired| hours.run_at(Local::of(fired.at, zone).minute)),
        // It would have joined the one before: it is no observation of its own any more.
        Change::CoalesceMs(within) => {
            let near = |before: UnixMs| {
                let apart = one.case.seen.since_ms(before);
                apart > i64::from(rule.coalesce_ms) && apart <= *within
            };
            Some(!before.is_some_and(near))
        }
        Change::TendCamera => Some(true),
        Change::Shelve => Some(false),
    }
}

/// The longest time that an object is known to have stayed, ms. Firings without a track may be of
/// different things and are not added up.
fn lasted_ms(one: &Judged) -> Option<i64> {
    let own: Vec<&Fired> = one.firings.iter().filter(|fired| is_own(one, fired)).collect();
    let alone = own.iter().map(|fired| fired.reason.dwell_ms).max()?;
    let spans = own.iter().filter(|fired| fired.track.is_some()).map(|first| {
        let same = own.iter().filter(|later| later.track == first.track);
        let last = same.map(|later| later.at).max().unwrap_or(first.at);
        last.since_ms(first.at) + first.reason.dwell_ms
    });
    Some(spans.max().map_or(alone, |span| span.max(alone)))
}
