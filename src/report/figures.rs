//! The weekly report as data: every figure with its definition and the tickets behind it.
//!
//! These are the parts of the printed page, in its order; `render_*.rs` only lay them out. A figure
//! is a [`Tally`]: its number is the length of its list, so that a number that nobody can trace
//! cannot be written. What the log of this stage does not tell is told as not measured.

use std::collections::BTreeMap;

use crate::clock::UnixMs;
use crate::ticket::ladder::Level;
use crate::ticket::{ClockName, Severity};

use super::cover::LineCover;
use super::equipment::{Equipment, Register};
use super::load::Load;
use super::sampling::Pick;
use super::trend::Trend;
use super::week::Week;
use crate::regulation::Finding;
use crate::regulation::assess::Duty;
pub use crate::ticket::history::TicketRef;
use crate::ticket::history::{Case, Run};

/// The tickets that a figure counts, each once, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(Vec<TicketRef>);

impl Tally {
    /// How many tickets.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.0.len()
    }

    /// The tickets, by number.
    #[must_use]
    pub fn tickets(&self) -> &[TicketRef] {
        &self.0
    }

    /// Counts one ticket; a ticket that is counted already changes nothing.
    pub fn add(&mut self, case: &Case) {
        let ticket = TicketRef::from(case);
        if let Err(place) = self.0.binary_search(&ticket) {
            self.0.insert(place, ticket);
        }
    }
}

impl<'a> FromIterator<&'a Case> for Tally {
    fn from_iter<I: IntoIterator<Item = &'a Case>>(cases: I) -> Self {
        let mut tally = Self::default();
        for case in cases {
            tally.add(case);
        }
        tally
    }
}

/// Runs of a clock that are decided, and those of them that were on time.
///
/// Decided: what the clock waited for happened, or its due time passed before it ended or before
/// the cut-off. A run that was called off within its time (order refused, taken back) is neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Decided runs; one ticket may have several.
    pub n: usize,
    pub on_time: usize,
    pub tickets: Tally,
    /// Tickets with at least one late run.
    pub late: Tally,
}

impl Kept {
    /// Share on time, 0..1; `None` without a decided run.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        share(self.on_time, self.n)
    }

    /// Counts one run of a ticket, if it is decided at the cut-off.
    pub(super) fn count(&mut self, case: &Case, run: &Run, cut_off: UnixMs) {
        let Some(on_time) = run.on_time(cut_off) else { return };
        self.n += 1;
        self.on_time += usize::from(on_time);
        self.tickets.add(case);
        if !on_time {
            self.late.add(case);
        }
    }
}

/// `part` of `whole`, 0..1; `None` of nothing.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
pub fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Part 1: the week in numbers. Observations = confirmed + false alarms + undetermined + waiting +
/// tests; confirmed = dispatched + not dispatched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Tickets whose first log line lies in the week. Further firings that joined one are not
    /// counted here but in `joined`.
    pub observations: Tally,
    /// Firings that joined an observation of the week after its first.
    pub joined: u32,
    /// Found valid by an operator.
    pub confirmed: Tally,
    pub false_alarms: Tally,
    /// Somebody looked and could not tell, and no verdict came before the cut-off.
    pub undetermined: Tally,
    /// No verdict before the cut-off, and nobody said that it cannot be told.
    pub waiting: Tally,
    /// Tests of the system.
    pub tests: Tally,
    /// With at least one order to a member.
    pub dispatched: Tally,
    /// Replied and checked by somebody else.
    pub closed: Tally,
    /// Closed, and none of its clocks ran over.
    pub closed_in_time: Tally,
    /// Neither dismissed nor closed at the cut-off.
    pub open: Tally,
}

/// Part 2: one category, the classified one or else the rule's proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRow {
    pub category: String,
    /// Confirmed tickets of S1, S2, S3, S4 (the severity at the cut-off).
    pub confirmed: [Tally; 4],
    /// All observations of the category.
    pub observations: Tally,
}

/// Part 2: one place as one camera sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    pub place: String,
    pub camera: String,
    pub camera_name: String,
    pub observations: Tally,
    pub confirmed: Tally,
    pub false_alarms: Tally,
    /// Confirmed tickets of the week before; `None` when its log was not given.
    pub confirmed_before: Option<usize>,
}

/// Part 2: observations by local weekday (0 = Monday) and hour of the first log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours(pub Vec<[Tally; 24]>);

/// Part 3: one clock at one severity, the severity while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockRow {
    pub clock: ClockName,
    /// `None`: all severities together.
    pub severity: Option<Severity>,
    /// Limit in ms, if it was the same for every run.
    pub limit_ms: Option<i64>,
    pub kept: Kept,
    /// Runs that were met; the percentiles are over these alone.
    pub met: usize,
    /// Nearest rank, ms: the smallest time that at least this share of the runs did not exceed.
    pub p50_ms: Option<i64>,
    pub p90_ms: Option<i64>,
    pub p95_ms: Option<i64>,
}

/// Part 3: the runs of a clock that took more than `over_ms` and at most `up_to_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub over_ms: i64,
    /// `None`: without an upper edge.
    pub up_to_ms: Option<i64>,
    /// Runs, not tickets.
    pub n: usize,
    /// Runs of these that were late for their severity.
    pub late: usize,
    pub tickets: Tally,
}

/// Part 3: how long the runs that were met took. Arrival is measured here, from the
/// acknowledgement to the report "on scene", where public bulletins count setting out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    pub clock: ClockName,
    pub buckets: Vec<Bucket>,
}

/// Who has an open ticket in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody has taken it from the queue.
    Queue,
    /// The centre: to be classified, dispatched or checked by somebody other than this account.
    Centre { confirmed_by: String },
    /// The operator who looks at it, or the member whose order is out.
    Account(String),
}

/// Part 4: a ticket that is neither dismissed nor closed at the cut-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRow {
    pub ticket: TicketRef,
    pub opened: UnixMs,
    /// Opened before the week; listed when its log was given, counted in no other part.
    pub carried_over: bool,
    pub place: String,
    pub severity: Severity,
    pub stage: &'static str,
    pub owner: Owner,
    pub clock: Option<ClockName>,
    pub due: Option<UnixMs>,
    /// Time beyond the running clock's due time at the cut-off, ms; 0 within it.
    pub overdue_ms: i64,
}

/// Part 5: what the centre and its members did to orders besides carrying them out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supervision {
    /// Replies that the check sent back.
    pub returned: Tally,
    /// Orders that the centre took back.
    pub withdrawn: Tally,
    /// Reason code -> tickets with an order refused for it.
    pub refused: BTreeMap<String, Tally>,
    /// Disposition code -> tickets by their last reply.
    pub dispositions: BTreeMap<String, Tally>,
    /// Tickets that took more than half as long again as one of their clocks allows.
    pub far_overdue: Tally,
    /// Whom the ladders of clocks reminded and reached, in their order.
    pub levels: BTreeMap<Level, Tally>,
}

/// Part 6: one patrol member with an order in the week. No rank: ranks are a matter of the month.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberRow {
    pub member: String,
    pub display: String,
    /// Orders sent; a ticket may be ordered more than once.
    pub orders: usize,
    pub tickets: Tally,
    /// The clocks that ran while this member had the order.
    pub acked: Kept,
    pub arrived: Kept,
    pub replied: Kept,
    /// Refused with a reason of the code table; counts against nobody.
    pub refused: Tally,
    pub returned: Tally,
    pub closed: Tally,
    pub reviewed: Tally,
    /// Mean of the review scores of `reviewed`, 0..100.
    pub score: Option<f64>,
}

/// A figure of fewer than this many is shown as a small sample (the scoring rule n >= 5).
pub const SMALL_SAMPLE: usize = 5;

/// Part 7: verdicts on one rule of one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct FalseAlarmRow {
    pub camera: String,
    pub camera_name: String,
    /// Empty for manual observations.
    pub rule: String,
    pub rule_name: String,
    /// Confirmed or false; tests and tickets without a verdict are left out.
    pub decided: Tally,
    pub false_alarms: Tally,
    /// Wilson's 95 % interval of the false share, 0..1.
    pub interval: Option<(f64, f64)>,
    /// Reason code -> false alarms with it.
    pub reasons: BTreeMap<String, Tally>,
}

/// Part 5: the quality review of the closed tickets that the rule of sampling picks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reviews {
    pub must: Tally,
    pub must_open: Tally,
    /// Size of the sample besides `must`.
    pub sample: usize,
    /// Of it reviewed, and not.
    pub sampled: Tally,
    pub sample_open: Tally,
    pub reviewed: Tally,
    pub score: Option<f64>,
    /// Item of the form -> how often yes, no, na.
    pub items: BTreeMap<String, [usize; 3]>,
    /// Item of the form -> tickets where it was answered no.
    pub failed: BTreeMap<String, Tally>,
}

impl Reviews {
    /// What had to be done and was not.
    #[must_use]
    pub fn duty(&self) -> Duty {
        Duty {
            must: self.must.n(),
            must_open: self.must_open.tickets().to_vec(),
            sample: self.sample,
            sample_open: self.sample_open.tickets().to_vec(),
        }
    }
}

/// Part 12: closed tickets that have all that a case is kept with: observation, verdict, order,
/// reply, check, evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complete {
    pub whole: Tally,
    /// What lacks -> tickets.
    pub lacks: BTreeMap<&'static str, Tally>,
}

/// The week before, at the same distance from its end, so that like is compared with like.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    pub week: Week,
    pub overview: Overview,
    pub findings: Vec<Finding>,
    pub clocks: Vec<ClockRow>,
}

/// What the report was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    pub site_name: String,
    /// IANA name of the zone in which days and hours are counted.
    pub zone: jiff::tz::TimeZone,
    pub start: UnixMs,
    pub end: UnixMs,
    /// Lines at or after this moment are not in the report.
    pub cut_off: UnixMs,
    /// Log lines that were read.
    pub lines: usize,
    /// SHA-256 of them in canonical form (`canonical.rs`), hexadecimal.
    pub sha256: String,
}

/// The weekly report.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekReport {
    pub week: Week,
    pub basis: Basis,
    pub findings: Vec<Finding>,
    pub overview: Overview,
    pub categories: Vec<CategoryRow>,
    pub places: Vec<PlaceRow>,
    pub hours: Hours,
    pub clocks: Vec<ClockRow>,
    pub distributions: Vec<Distribution>,
    pub open: Vec<OpenRow>,
    pub supervision: Supervision,
    pub members: Vec<MemberRow>,
    pub false_alarms: Vec<FalseAlarmRow>,
    /// Cover of duty and stand-by; empty where no row tells of duty.
    pub duty: Vec<LineCover>,
    /// Alarms for each operator, and floods.
    pub load: Load,
    pub equipment: Equipment,
    pub register: Option<Register>,
    pub trend: Trend,
    pub complete: Complete,
    pub reviews: Reviews,
    /// What the rule of sampling picked.
    pub picks: Vec<Pick>,
    pub before: Option<Before>,
    /// Account -> display name.
    pub people: BTreeMap<String, String>,
    /// Camera id -> name.
    pub cameras: BTreeMap<String, String>,
    /// Every ticket of the week, by number.
    pub ledger: Vec<Case>,
}

impl WeekReport {
    /// The display name of an account; the account itself when nobody gave one.
    #[must_use]
    pub fn display<'a>(&'a self, account: &'a str) -> &'a str {
        self.people.get(account).map_or(account, String::as_str)
    }

    /// The name of a camera; its id when nobody gave one.
    #[must_use]
    pub fn camera<'a>(&'a self, camera: &'a str) -> &'a str {
        self.cameras.get(camera).map_or(camera, String::as_str)
    }

    /// This clock over all severities.
    #[must_use]
    pub fn overall(&self, clock: ClockName) -> Option<&ClockRow> {
        self.clocks.iter().find(|row| row.clock == clock && row.severity.is_none())
    }
}
