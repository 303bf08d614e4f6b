//! The JSON of rules: how well they call, what is proposed, what was asked and decided. Times
//! `*_ms` are UTC Unix milliseconds, shares 0..1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::UnixMs;
use crate::config::Config;
use crate::event::shelf::{self, Wish};
use crate::report::feedback;
use crate::report::figures::Tally;
use crate::store::account::Account;

/// Every rule, and what is asked of rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    /// Since when verdicts count, and since when the cost is told.
    pub verdicts_since_ms: i64,
    pub cost_since_ms: i64,
    /// Least precision, and verdicts below which nothing is proposed.
    pub precision_min: f64,
    pub verdicts_min: usize,
    pub shelve_max_ms: i64,
    pub rules: Vec<Rule>,
    /// Newest first.
    pub requests: Vec<Request>,
}

/// One rule of one camera.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rule {
    pub camera: String,
    pub camera_name: String,
    pub rule: String,
    pub rule_name: String,
    /// False when the configuration has no such rule any more.
    pub configured: bool,
    pub confirmed: Vec<RuleTicket>,
    pub false_alarms: Vec<RuleTicket>,
    /// False alarms by reason code.
    pub reasons: BTreeMap<String, Vec<RuleTicket>>,
    pub undetermined: Vec<RuleTicket>,
    pub waiting: Vec<RuleTicket>,
    pub precision: Option<f64>,
    /// Wilson's 95 % interval of the precision.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Since `cost_since_ms`: what shelving it would have missed, and kept away.
    pub past_confirmed: usize,
    pub past_false_alarms: usize,
    pub proposal: Option<Proposal>,
}

/// A ticket behind a figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleTicket {
    pub id: String,
    pub number: i64,
}

/// What would make the rule call less for nothing, and at most at what cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// Reason code that was given most often.
    pub reason: String,
    /// `drop_class`, `min_score`, `min_motion`, `dwell_ms`, `armed`, `coalesce_ms`, `tend_camera`
    /// or `shelve`.
    pub change: &'static str,
    /// What to write into the configuration file, if anything.
    pub lines: Option<String>,
    pub missed: Vec<RuleTicket>,
    pub confirmed: usize,
    pub avoided: Vec<RuleTicket>,
    pub false_alarms: usize,
}

/// Something that was asked of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct Request {
    pub id: String,
    pub camera: String,
    pub camera_name: String,
    pub rule: String,
    pub rule_name: String,
    /// `shelve` or `change`.
    pub kind: &'static str,
    pub change: String,
    pub lines: Option<String>,
    /// How long it is to be shelved.
    pub for_ms: Option<i64>,
    /// `asked`, `refused`, `approved`, `shelved`, `over`.
    pub standing: &'static str,
    pub missed: u32,
    pub confirmed: u32,
    pub avoided: u32,
    pub false_alarms: u32,
    pub asked: Deed,
    pub decided: Option<Deed>,
    /// When a shelved rule is back by itself.
    pub until_ms: Option<i64>,
    pub ended: Option<Deed>,
    /// Firings while it was shelved: kept as events, filed in no ticket.
    pub fired: i64,
}

/// Who did it, when and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deed {
    /// The account, and its name on screens.
    pub by: String,
    pub display: String,
    pub at_ms: i64,
    pub why: String,
}

/// What is asked of a rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    pub camera: String,
    pub rule: String,
    /// `shelve`, or `change` for what is proposed now.
    pub kind: String,
    /// How long to shelve from the approval on, minutes, at most 480.
    pub minutes: Option<i64>,
    pub reason: String,
}

/// Why something is decided; needed to refuse and to take back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Why {
    pub reason: String,
}

fn tickets(tally: &Tally) -> Vec<RuleTicket> {
    let ticket = |of: &crate::report::figures::TicketRef| RuleTicket {
        id: of.id.0.clone(),
        number: of.number,
    };
    tally.tickets().iter().map(ticket).collect()
}

impl From<&feedback::RuleQuality> for Rule {
    fn from(row: &feedback::RuleQuality) -> Self {
        Self {
            camera: row.camera.clone(),
            camera_name: row.camera_name.clone(),
            rule: row.rule.clone(),
            rule_name: row.rule_name.clone(),
            configured: row.configured,
            confirmed: tickets(&row.confirmed),
            false_alarms: tickets(&row.false_alarms),
            reasons: row.reasons.iter().map(|(word, of)| (word.clone(), tickets(of))).collect(),
            undetermined: tickets(&row.undetermined),
            waiting: tickets(&row.waiting),
            precision: row.precision,
            low: row.interval.map(|(low, _)| low),
            high: row.interval.map(|(_, high)| high),
            past_confirmed: row.past_confirmed.n(),
            past_false_alarms: row.past_false_alarms.n(),
            proposal: row.proposal.as_ref().map(Into::into),
        }
    }
}

impl From<&feedback::Proposal> for Proposal {
    fn from(of: &feedback::Proposal) -> Self {
        Self {
            reason: of.reason.clone(),
            change: of.trial.change.as_str(),
            lines: of.lines.clone(),
            missed: tickets(&of.trial.missed),
            confirmed: of.trial.confirmed.n(),
            avoided: tickets(&of.trial.avoided),
            false_alarms: of.trial.false_alarms.n(),
        }
    }
}

/// Where the names of cameras, rules and people come from.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub config: &'a Config,
    pub people: &'a [Account],
}

impl Names<'_> {
    fn deed(&self, of: &shelf::Deed) -> Deed {
        let known = self.people.iter().find(|account| account.name == of.by);
        let display = known.map_or(&of.by, |account| &account.display).clone();
        Deed { by: of.by.clone(), display, at_ms: of.at.0, why: of.why.clone() }
    }
}

impl Request {
    /// A request with the names that its rule and camera have now.
    #[must_use]
    pub fn of(request: &shelf::Request, names: Names<'_>, now: UnixMs) -> Self {
        let camera = names.config.camera.iter().find(|c| c.id == request.camera);
        let rule = camera.and_then(|c| c.rule.iter().find(|r| r.id == request.rule));
        let (for_ms, lines) = match &request.wish {
            Wish::Shelve { for_ms } => (Some(*for_ms), None),
            Wish::Change { lines } => (None, Some(lines.clone())),
        };
        let decided = request.refused.as_ref().or(request.approved.as_ref());
        let name = |name: Option<&String>, id: &String| name.unwrap_or(id).clone();
        Self {
            id: request.id.clone(),
            camera: request.camera.clone(),
            camera_name: name(camera.map(|c| &c.name), &request.camera),
            rule: request.rule.clone(),
            rule_name: name(rule.map(|r| &r.name), &request.rule),
            kind: request.wish.as_str(),
            change: request.word.clone(),
            lines,
            for_ms,
            standing: request.standing(now).as_str(),
            missed: request.cost.missed,
            confirmed: request.cost.confirmed,
            avoided: request.cost.avoided,
            false_alarms: request.cost.false_alarms,
            asked: names.deed(&request.asked),
            decided: decided.map(|deed| names.deed(deed)),
            until_ms: request.until.map(|until| until.0),
            ended: request.ended.as_ref().map(|deed| names.deed(deed)),
            fired: request.fired,
        }
    }
}
