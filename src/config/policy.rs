//! The rules of the centre as data: one rule file, one version of it in force at a time.
//!
//! A rule file says how long each clock of a severity runs, what categories change about it, whom
//! a clock that runs out reaches and when, and how far extensions, suspensions, parking and
//! reopening go. A change is a new version with author, approver and start; `store/policy.rs` keeps
//! them all, and a ticket keeps the version it was born with. Pure: `load.rs` reads the file.

mod check;
mod span;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use span::Span;

use super::{Clocks, Fault, Faults};

/// A rule file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// What this version is, in a sentence that lists and tickets show.
    pub title: String,
    /// Clocks of S1, S2, S3, S4.
    pub clocks: BTreeMap<String, Times>,
    /// Clocks that a category changes, whatever the severity.
    pub category: BTreeMap<String, Times>,
    /// Shares of a clock, percent, at which it reminds; none, one or two.
    pub reminders: Vec<u32>,
    /// Clock -> severity or `all` -> steps such as `"200% director"`.
    pub ladder: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Severities that may be dispatched before they are verified.
    pub dispatch_before_verify: Vec<String>,
    pub extension: Extension,
    pub suspension: Suspension,
    pub parking: Parking,
    /// How long after its end a ticket may be reopened, and a verdict corrected.
    pub reopen_within: Span,
    pub reply: Reply,
    pub codes: Codes,
}

/// Time limits of one severity or category; one that is left out keeps its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    /// The operator's verdict.
    pub verify: Option<Span>,
    /// A second look at what could not be told.
    pub undetermined: Option<Span>,
    /// The order to a patrol member, after the verdict.
    pub dispatch: Option<Span>,
    /// The member's acknowledgement.
    pub ack: Option<Span>,
    /// The arrival on scene.
    pub arrive: Option<Span>,
    /// The first reply.
    pub reply: Option<Span>,
    /// The closure, from the verdict on.
    pub close: Option<Span>,
}

/// More time for a running clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// How often in the life of a ticket.
    pub max: u32,
    /// By how much of the clock's own length at most, percent.
    pub max_percent: u32,
}

/// Clocks that stand still while somebody else is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Suspension {
    pub max: Span,
    pub reasons: Vec<String>,
}

/// What cannot be settled now and is kept on the books (挂账).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parking {
    /// After so long somebody looks at it again.
    pub review_every: Span,
    pub reasons: Vec<String>,
}

/// What a reply has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reply {
    pub photos_min: u32,
    pub text_min: u32,
}

/// The codes that this centre uses, out of the closed tables of `codes.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    pub categories: Vec<String>,
    pub false_alarm: Vec<String>,
    pub disposition: Vec<String>,
    pub refuse: Vec<String>,
}

/// Names of the clocks in the order in which they run; `undetermined` runs beside `verify`.
pub const CLOCKS: [&str; 7] =
    ["verify", "undetermined", "dispatch", "ack", "arrive", "reply", "close"];

impl Times {
    /// The limit of a clock of [`CLOCKS`].
    #[must_use]
    pub fn of(&self, clock: &str) -> Option<Span> {
        match clock {
            "verify" => self.verify,
            "undetermined" => self.undetermined,
            "dispatch" => self.dispatch,
            "ack" => self.ack,
            "arrive" => self.arrive,
            "reply" => self.reply,
            "close" => self.close,
            _ => None,
        }
    }

    /// These limits, and those of `others` where there are none.
    fn or(self, others: Self) -> Self {
        Self {
            verify: self.verify.or(others.verify),
            undetermined: self.undetermined.or(others.undetermined),
            dispatch: self.dispatch.or(others.dispatch),
            ack: self.ack.or(others.ack),
            arrive: self.arrive.or(others.arrive),
            reply: self.reply.or(others.reply),
            close: self.close.or(others.close),
        }
    }
}

impl From<Clocks> for Times {
    /// The clocks of a configuration; a second look takes as long as the first.
    fn from(clocks: Clocks) -> Self {
        let seconds = |s: u32| Some(Span::seconds(s));
        Self {
            verify: seconds(clocks.verify_s),
            undetermined: seconds(clocks.verify_s),
            dispatch: seconds(clocks.dispatch_s),
            ack: seconds(clocks.ack_s),
            arrive: seconds(clocks.arrive_s),
            reply: seconds(clocks.reply_s),
            close: seconds(clocks.close_s),
        }
    }
}

impl Rules {
    /// Reads and checks the text of a rule file.
    ///
    /// # Errors
    /// All faults of the text together.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        let given: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let what = error.message().to_owned();
            Faults(vec![Fault { line, path: String::new(), what }])
        })?;
        let rules = given.settled();
        let faults = check::faults(&rules);
        if faults.is_empty() { Ok(rules) } else { Err(Faults(faults)) }
    }

    /// The rules with every clock and every ladder that was left out as they are by default.
    fn settled(mut self) -> Self {
        let default = Self::default();
        for (severity, times) in default.clocks {
            let given = self.clocks.remove(&severity).unwrap_or_default();
            self.clocks.insert(severity, given.or(times));
        }
        for (clock, steps) in default.ladder {
            self.ladder.entry(clock).or_insert(steps);
        }
        self
    }

    /// What a configuration says: its rule file, or the defaults with its clocks and its reply.
    #[must_use]
    pub fn of(policy: &super::Policy) -> Self {
        if let Some(rules) = &policy.rules {
            return (**rules).clone();
        }
        let mut rules = Self::default();
        let given = [policy.s1, policy.s2, policy.s3, policy.s4];
        let defaults = super::Policy::default();
        let built_in = [defaults.s1, defaults.s2, defaults.s3, defaults.s4];
        for (severity, (clocks, usual)) in
            super::codes::SEVERITIES.iter().zip(given.into_iter().zip(built_in))
        {
            if clocks != usual {
                rules.clocks.insert((*severity).to_owned(), clocks.into());
            }
        }
        rules.reply =
            Reply { photos_min: policy.reply_photos_min, text_min: policy.reply_text_min };
        rules
    }

    /// The steps of a clock at a severity as they are written, without the reminders.
    #[must_use]
    pub fn steps(&self, clock: &str, severity: &str) -> &[String] {
        let steps = self.ladder.get(clock);
        let mine = steps.and_then(|steps| steps.get(severity).or_else(|| steps.get("all")));
        mine.map_or(&[], Vec::as_slice)
    }

    /// How long a clock runs for a severity and, once it is known, a category.
    #[must_use]
    pub fn span(&self, clock: &str, severity: &str, category: Option<&str>) -> Span {
        let of_category = category.and_then(|name| self.category.get(name)?.of(clock));
        let of_severity = || self.clocks.get(severity).and_then(|times| times.of(clock));
        of_category.or_else(of_severity).unwrap_or(Span::seconds(86_400))
    }
}

/// Of a step such as `"200% director"`: the share of the clock in percent, and what happens.
#[must_use]
pub fn step(text: &str) -> Option<(u32, &str)> {
    let (percent, word) = text.trim().split_once('%')?;
    Some((percent.trim().parse().ok()?, word.trim()))
}

impl Default for Extension {
    fn default() -> Self {
        Self { max: 1, max_percent: 100 }
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

impl Default for Suspension {
    fn default() -> Self {
        Self { max: Span::WorkingDays(5), reasons: words(super::codes::SUSPEND_REASONS) }
    }
}

impl Default for Parking {
    fn default() -> Self {
        Self { review_every: Span::WorkingDays(5), reasons: words(super::codes::PARK_REASONS) }
    }
}

impl Default for Reply {
    fn default() -> Self {
        Self { photos_min: 1, text_min: 10 }
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            categories: words(super::codes::CATEGORIES),
            false_alarm: words(super::codes::FALSE_ALARM_REASONS),
            disposition: words(super::codes::DISPOSITIONS),
            refuse: words(super::codes::REFUSE_REASONS),
        }
    }
}

impl Default for Rules {
    /// The defaults of the regulation; `config/policy.toml` writes them down with their reasons,
    /// and a test holds the two together.
    fn default() -> Self {
        let defaults = super::Policy::default();
        let severities = [defaults.s1, defaults.s2, defaults.s3, defaults.s4];
        let mut clocks: BTreeMap<String, Times> = super::codes::SEVERITIES
            .iter()
            .map(|severity| (*severity).to_owned())
            .zip(severities.map(Times::from))
            .collect();
        if let Some(s4) = clocks.get_mut("S4") {
            (s4.reply, s4.close) = (Some(Span::WorkingDays(1)), Some(Span::WorkingDays(3)));
        }
        let soon = Times { arrive: Some(Span::seconds(180)), ..Times::default() };
        let ladder = LADDER.iter().map(|(clock, of)| {
            let of = of.iter().map(|(severity, steps)| ((*severity).to_owned(), words(steps)));
            ((*clock).to_owned(), of.collect())
        });
        Self {
            title: String::new(),
            clocks,
            category: [("fire_smoke".to_owned(), soon), ("person_down".to_owned(), soon)].into(),
            reminders: vec![50, 80],
            ladder: ladder.collect(),
            dispatch_before_verify: vec!["S1".to_owned()],
            extension: Extension::default(),
            suspension: Suspension::default(),
            parking: Parking::default(),
            reopen_within: Span::seconds(7 * 86_400),
            reply: Reply::default(),
            codes: Codes::default(),
        }
    }
}

/// Whom a clock reaches: severity (or all) and its steps.
type Steps = &'static [(&'static str, &'static [&'static str])];

/// The ladders by default, as `config/policy.toml` explains them.
const LADDER: [(&str, Steps); 7] = [
    ("verify", &[("all", &["100% second_operator", "150% shift_leader", "300% director"])]),
    ("undetermined", &[("all", &["100% shift_leader", "200% director"])]),
    ("dispatch", &[("all", &["100% shift_leader", "200% director"])]),
    (
        "ack",
        &[
            (
                "S1",
                &[
                    "100% reoffer",
                    "100% shift_leader",
                    "200% director",
                    "500% prompt_call",
                    "500% superior_centre",
                ],
            ),
            ("S2", &["100% reoffer", "100% shift_leader", "200% director"]),
            ("S3", &["100% reoffer", "200% shift_leader"]),
            ("S4", &["100% reoffer", "400% shift_leader"]),
        ],
    ),
    (
        "arrive",
        &[
            ("S1", &["80% second_unit", "100% shift_leader", "150% director"]),
            ("S2", &["100% shift_leader", "150% director"]),
            ("all", &["100% shift_leader"]),
        ],
    ),
    ("reply", &[("all", &["100% shift_leader", "200% director"])]),
    (
        "close",
        &[(
            "all",
            &["100% shift_leader", "150% director", "200% weekly_list", "200% superior_centre"],
        )],
    ),
];

#[cfg(test)]
#[path = "policy/policy_test.rs"]
mod test;
