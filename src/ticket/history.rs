//! One ticket's log lines told again: verdict, clocks, orders, closure, as they stood at a cut-off.
//!
//! Reports read the log and never the state, so that a week can be told again as it was. The
//! lines are taken in the order of their versions; the first line at or after the cut-off ends the
//! story. Words of acts that this version does not know are kept in the log and say nothing here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ladder::Level;
use super::log::LogEntry;
pub use super::run::{End, Run};
use super::{ClockName, Severity, TicketId};
use crate::clock::UnixMs;

/// A ticket as lists name it; sorts by the number that people say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketRef {
    pub number: i64,
    pub id: TicketId,
}

impl From<&Case> for TicketRef {
    fn from(case: &Case) -> Self {
        Self { number: case.number, id: case.id.clone() }
    }
}

/// What the centre found about an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has decided, and nobody has said that it cannot be told.
    Waiting,
    /// Somebody looked and could not tell; it waits for somebody else.
    Undetermined,
    Confirmed {
        by: String,
        at: UnixMs,
    },
    FalseAlarm {
        reason: String,
        by: String,
        at: UnixMs,
    },
    Test {
        by: String,
        at: UnixMs,
    },
}

/// Where a ticket stood at the cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    New,
    Verifying,
    Dismissed,
    Confirmed,
    Offered,
    Accepted,
    OnScene,
    Handled,
    Closed,
}

impl Stage {
    /// The word of this stage, the same as the ticket's state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Verifying => "verifying",
            Self::Dismissed => "dismissed",
            Self::Confirmed => "confirmed",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::OnScene => "on_scene",
            Self::Handled => "handled",
            Self::Closed => "closed",
        }
    }

    /// False once dismissed or closed.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Dismissed | Self::Closed)
    }
}

/// One order to one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub member: String,
    pub sent: UnixMs,
    /// Empty when nobody chose the member: the next one in turn got it.
    pub sent_by: String,
    pub acked: Option<UnixMs>,
    pub on_scene: Option<UnixMs>,
    pub replied: Option<UnixMs>,
    /// The last one.
    pub reply: Option<ReplyFacts>,
    /// Reason code with which the member refused it.
    pub refused: Option<String>,
    /// Words with which the centre took it back.
    pub withdrawn: Option<String>,
}

/// What a reply has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyFacts {
    pub has_code: bool,
    pub chars: usize,
    pub photos: usize,
}

/// A reviewer's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    pub by: String,
    pub member: Option<String>,
    /// 0..100; `None` when every item was "na".
    pub score: Option<u8>,
    /// Item -> yes, no, na.
    pub items: BTreeMap<String, String>,
}

/// One ticket as the log tells it up to the cut-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: TicketId,
    pub number: i64,
    /// When the first line was written; decides the week.
    pub opened: UnixMs,
    /// When it was seen; the verify clock runs from here.
    pub seen: UnixMs,
    pub source: String,
    pub camera: String,
    pub camera_name: String,
    /// Id of the rule; empty for a manual observation.
    pub rule: String,
    pub rule_name: String,
    /// The latest: of the rule before, of the operator after classification.
    pub severity: Severity,
    pub category: String,
    pub place: String,
    /// Firings that joined this observation after the first.
    pub joined: u32,
    pub stage: Stage,
    pub claimed_by: Option<String>,
    pub claimed: Option<UnixMs>,
    pub verdict: Verdict,
    /// Pictures and clips behind a confirmation; `None` when no line says.
    pub evidence: Option<u64>,
    pub runs: Vec<Run>,
    pub orders: Vec<Order>,
    /// Reasons with which the centre sent a reply back.
    pub returned: Vec<String>,
    pub disposition: Option<String>,
    pub closed: Option<UnixMs>,
    /// How often it was opened again after it was closed or dismissed.
    pub reopened: usize,
    /// Who checked the last reply and closed it.
    pub closed_by: Option<String>,
    pub review: Option<Reviewed>,
    /// How long it was suspended and parked, ms.
    pub stood_ms: i64,
    /// Whom its ladders have reminded and reached.
    pub levels: BTreeSet<Level>,
    /// Lines of the log before the cut-off.
    pub lines: usize,
}

impl Case {
    /// The story of one ticket's `lines`, sorted by version, up to `cut_off` (exclusive).
    /// `None` when it had not been opened by then.
    #[must_use]
    pub fn tell(lines: &[&LogEntry], cut_off: UnixMs) -> Option<Self> {
        let mut lines = lines.iter().take_while(|line| line.at < cut_off);
        let mut case = Self::open(lines.next().filter(|line| line.input == "open")?);
        for line in lines {
            case.lines += 1;
            case.apply(line);
        }
        Some(case)
    }

    fn open(line: &LogEntry) -> Self {
        let detail = &line.detail;
        let mut case = Self {
            id: line.ticket.clone(),
            number: line.number,
            opened: line.at,
            seen: ms(detail, "seen_ms").unwrap_or(line.at),
            source: text(detail, "source"),
            camera: text(detail, "camera"),
            camera_name: text(detail, "camera_name"),
            rule: text(detail, "rule"),
            rule_name: text(detail, "rule_name"),
            severity: Severity::parse(&text(detail, "severity")).unwrap_or(Severity::S4),
            category: text(detail, "category"),
            place: text(detail, "place"),
            joined: 0,
            stage: Stage::New,
            claimed_by: None,
            claimed: None,
            verdict: Verdict::Waiting,
            evidence: None,
            runs: Vec::new(),
            orders: Vec::new(),
            returned: Vec::new(),
            disposition: None,
            closed: None,
            reopened: 0,
            closed_by: None,
            review: None,
            stood_ms: 0,
            levels: BTreeSet::new(),
            lines: 1,
        };
        case.start(detail);
        case
    }

    /// A line whose act does not fit the clock that runs is a duplicate, and says nothing.
    fn apply(&mut self, line: &LogEntry) {
        use ClockName::{Ack, Arrive, Close, Dispatch, Reply, Verify};
        // A supporting member moves nothing; a verdict afterwards ends no clock of an order.
        if line.detail["support"] == true || line.detail["ahead"] == true {
            return self.beside(line);
        }
        if self.turn(line) {
            return;
        }
        let waits_for: &[ClockName] = match line.input.as_str() {
            "claim" | "undetermined" | "confirm" | "false_alarm" | "test_alarm" => &[Verify],
            "classify" => &[Dispatch, Ack, Arrive, Reply, Close],
            "dispatch" => &[Dispatch],
            "dispatch_ahead" => &[Verify],
            "ack" | "reoffer" => &[Ack],
            "on_scene" => &[Ack, Arrive],
            "withdraw" | "refuse" => &[Ack, Arrive, Reply],
            "reply" => &[Reply],
            "check_pass" | "check_return" => &[Close],
            "join" | "separate" | "review" => return self.note(line),
            _ => return,
        };
        if !self.running().is_some_and(|run| waits_for.contains(&run.clock)) {
            return;
        }
        match line.input.as_str() {
            "classify" => self.classify(&line.detail),
            "claim" | "undetermined" | "confirm" | "false_alarm" | "test_alarm" => {
                self.verify(line)
            }
            "check_pass" | "check_return" => self.check(line),
            _ => self.order(line),
        }
    }

    /// What changes nothing about where the ticket stands.
    fn note(&mut self, line: &LogEntry) {
        match line.input.as_str() {
            "join" => self.joined += 1,
            "separate" => self.joined = self.joined.saturating_sub(1),
            _ => self.review = Some(reviewed(line)),
        }
    }

    /// The verdict on what was sent out before it.
    fn beside(&mut self, line: &LogEntry) {
        let (by, at) = (line.actor.clone(), line.at);
        match line.input.as_str() {
            "confirm" => self.verdict = Verdict::Confirmed { by, at },
            "false_alarm" | "test_alarm" => {
                self.end(End::CalledOff(at));
                self.stage = Stage::Dismissed;
                self.newest(|order| order.withdrawn = Some("dismissed".into()));
                let reason = text(&line.detail, "reason");
                self.verdict = match line.input.as_str() {
                    "false_alarm" => Verdict::FalseAlarm { reason, by, at },
                    _ => Verdict::Test { by, at },
                };
            }
            _ => {}
        }
    }

    fn check(&mut self, line: &LogEntry) {
        if line.input == "check_pass" {
            self.end(End::Met(line.at));
            (self.stage, self.closed) = (Stage::Closed, Some(line.at));
            self.closed_by = Some(line.actor.clone());
            return;
        }
        self.end(End::CalledOff(line.at));
        self.stage = Stage::OnScene;
        self.returned.push(text(&line.detail, "reason"));
        self.start(&line.detail);
    }

    fn verify(&mut self, line: &LogEntry) {
        let (by, at) = (line.actor.clone(), line.at);
        match line.input.as_str() {
            "claim" => {
                self.stage = Stage::Verifying;
                (self.claimed_by, self.claimed) = (Some(by), Some(at));
            }
            "undetermined" => {
                (self.stage, self.claimed_by) = (Stage::New, None);
                self.verdict = Verdict::Undetermined;
            }
            "confirm" => {
                self.end(End::Met(at));
                (self.stage, self.verdict) = (Stage::Confirmed, Verdict::Confirmed { by, at });
                self.evidence = line.detail.get("evidence").and_then(Value::as_u64);
                self.start(&line.detail);
            }
            "false_alarm" => {
                self.end(End::Met(at));
                let reason = text(&line.detail, "reason");
                self.verdict = Verdict::FalseAlarm { reason, by, at };
                self.stage = Stage::Dismissed;
            }
            _ => {
                self.end(End::Met(at));
                (self.stage, self.verdict) = (Stage::Dismissed, Verdict::Test { by, at });
            }
        }
    }

    fn order(&mut self, line: &LogEntry) {
        let at = line.at;
        match line.input.as_str() {
            "dispatch_ahead" => {
                self.end(End::CalledOff(at));
                self.category = text(&line.detail, "category");
                self.place = text(&line.detail, "place");
                let severity = Severity::parse(&text(&line.detail, "severity"));
                self.severity = severity.unwrap_or(self.severity);
                self.stage = Stage::Offered;
                self.orders.push(sent(&line.detail, at));
            }
            "reoffer" => {
                self.end(End::CalledOff(at));
                self.newest(|order| order.withdrawn = Some("ack_late".into()));
                self.orders.push(sent(&line.detail, at));
            }
            "dispatch" => {
                self.end(End::Met(at));
                self.stage = Stage::Offered;
                let sent_by = line.actor.clone();
                self.orders.push(Order { sent_by, ..sent(&line.detail, at) });
            }
            "withdraw" | "refuse" => {
                self.end(End::CalledOff(at));
                self.stage = Stage::Confirmed;
                let reason = Some(text(&line.detail, "reason"));
                let refused = line.input == "refuse";
                self.newest(|order| match refused {
                    true => order.refused = reason,
                    false => order.withdrawn = reason,
                });
            }
            "ack" => {
                self.end(End::Met(at));
                self.stage = Stage::Accepted;
                self.newest(|order| order.acked = Some(at));
            }
            "on_scene" => {
                self.end(End::Met(at));
                self.stage = Stage::OnScene;
                self.newest(|order| {
                    order.acked = order.acked.or(Some(at));
                    order.on_scene = Some(at);
                });
            }
            _ => {
                self.end(End::Met(at));
                self.stage = Stage::Handled;
                self.disposition = Some(text(&line.detail, "disposition"));
                let reply = Some(reply(&line.detail));
                self.newest(|order| (order.replied, order.reply) = (Some(at), reply));
            }
        }
        self.start(&line.detail);
    }

    pub(super) fn newest(&mut self, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders.last_mut() {
            change(order);
        }
    }

    pub(super) fn running(&mut self) -> Option<&mut Run> {
        self.runs.last_mut().filter(|run| run.end == End::Running)
    }

    pub(super) fn end(&mut self, end: End) {
        if let Some(run) = self.running() {
            run.end = end;
        }
    }

    /// Starts the clock that the line's facts name, if they name one.
    pub(super) fn start(&mut self, detail: &Value) {
        let clock = ClockName::parse(&text(detail, "clock"));
        let times = ms(detail, "started_ms").zip(ms(detail, "due_ms"));
        let Some((clock, (started, due))) = clock.zip(times) else {
            return;
        };
        let ordered = self.stage >= Stage::Offered;
        let member = self.orders.last().filter(|_| ordered).map(|order| order.member.clone());
        let severity = self.severity;
        self.runs.push(Run {
            clock,
            severity,
            started,
            due,
            member,
            end: End::Running,
            stood_ms: 0,
        });
    }

    /// The member of the order that is, or was last, out.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.orders.last().map(|order| order.member.as_str())
    }

    /// Somebody found it valid.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        matches!(self.verdict, Verdict::Confirmed { .. })
    }

    /// Somebody found that there was nothing.
    #[must_use]
    pub const fn is_false_alarm(&self) -> bool {
        matches!(self.verdict, Verdict::FalseAlarm { .. })
    }

    /// Whether any of its clocks ran over before the cut-off.
    #[must_use]
    pub fn was_late(&self, cut_off: UnixMs) -> bool {
        self.runs.iter().any(|run| run.on_time(cut_off) == Some(false))
    }
}

pub(super) fn sent(detail: &Value, at: UnixMs) -> Order {
    Order {
        member: text(detail, "member"),
        sent: at,
        sent_by: String::new(),
        acked: None,
        on_scene: None,
        replied: None,
        reply: None,
        refused: None,
        withdrawn: None,
    }
}

fn reply(detail: &Value) -> ReplyFacts {
    ReplyFacts {
        has_code: !text(detail, "disposition").is_empty(),
        chars: text(detail, "text").chars().count(),
        photos: detail.get("photos").and_then(Value::as_array).map_or(0, Vec::len),
    }
}

fn reviewed(line: &LogEntry) -> Reviewed {
    let detail = &line.detail;
    let items = detail.get("items").and_then(Value::as_object);
    let marks = items.into_iter().flatten();
    Reviewed {
        by: line.actor.clone(),
        member: detail.get("member").and_then(Value::as_str).map(str::to_owned),
        score: detail.get("score").and_then(Value::as_u64).and_then(|s| u8::try_from(s).ok()),
        items: marks
            .filter_map(|(item, mark)| Some((item.clone(), mark.as_str()?.to_owned())))
            .collect(),
    }
}

pub(super) fn text(detail: &Value, key: &str) -> String {
    detail.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) fn ms(detail: &Value, key: &str) -> Option<UnixMs> {
    detail.get(key).and_then(Value::as_i64).map(UnixMs)
}
