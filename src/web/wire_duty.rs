//! The JSON of duty: who is there, rosters, swaps, outages and hand-overs. Times `*_ms` are UTC
//! Unix milliseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::duty::attendance::{Attendance, Finding};
use crate::duty::cause;
use crate::duty::handover;
use crate::duty::presence::Check as Asked;
use crate::duty::roster::{Fault, Roster as Stored};
use crate::duty::span::{Cover, MINUTE_MS};
use crate::duty::swap::Swap as StoredSwap;
use crate::duty::{Line, Span, Turn as Standing};
use crate::store::unattended::Told;

/// How duty stands for whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyDesk {
    /// My own presence, if I am signed on.
    pub present: Option<Present>,
    /// My turn now, or one that begins soon enough to sign on for.
    pub turn: Option<Turn>,
    /// A sign of presence is asked of me.
    pub check: Option<PresenceCheck>,
    /// Everybody who is signed on.
    pub signed_on: Vec<Present>,
    /// Since when nobody is signed on to duty, and what waits; null while somebody is.
    pub unattended: Option<Unattended>,
}

/// Somebody who is, or was, there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Present {
    pub name: String,
    pub line: &'static str,
    pub on_ms: i64,
    /// `console` or `phone`.
    pub via: String,
    pub turn_ends_ms: Option<i64>,
    pub reason: String,
    pub off_ms: Option<i64>,
    /// Oneself, or `gengfu` for who forgot to sign off.
    pub off_by: Option<String>,
    pub off_reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Turn {
    pub name: String,
    pub line: &'static str,
    pub starts_ms: i64,
    pub ends_ms: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PresenceCheck {
    pub name: String,
    pub asked_ms: i64,
    pub due_ms: i64,
    /// `answered`, `act`, `missed`, `lapsed`; null while it waits.
    pub outcome: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Unattended {
    /// 0: nobody ever signed on.
    pub since_ms: i64,
    pub told: Vec<UnattendedTicket>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnattendedTicket {
    pub number: i64,
    pub told_ms: i64,
    /// Accounts.
    pub whom: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SignOn {
    /// Only oneself is taken; left out: oneself.
    pub account: Option<String>,
    /// `duty`, `standby` or `patrol`; left out: that of the turn.
    pub line: Option<String>,
    #[serde(default)]
    pub reason: String,
    /// `console` or `phone`.
    #[serde(default)]
    pub via: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SignOff {
    pub account: Option<String>,
    #[serde(default)]
    pub reason: String,
}

/// The roster of a time, and what the rows say against it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Roster {
    pub from_ms: i64,
    pub until_ms: i64,
    pub turns: Vec<Turn>,
    pub present: Vec<Present>,
    pub covers: Vec<LineCover>,
    pub findings: Vec<DutyFinding>,
    /// Checks that were missed.
    pub missed: Vec<PresenceCheck>,
    pub rosters: Vec<RosterHead>,
    pub swaps: Vec<Swap>,
    /// Account -> name on screens, of everybody who may be on a line.
    pub people: BTreeMap<String, String>,
}

/// Cover of one line in minutes, by the roster and by who signed on up to now.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineCover {
    pub line: &'static str,
    pub of_min: i64,
    pub roster_min: i64,
    pub roster_gaps: Vec<DutyGap>,
    /// Of the time that is over.
    pub past_min: i64,
    pub present_min: i64,
    pub present_gaps: Vec<DutyGap>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DutyGap {
    pub from_ms: i64,
    pub until_ms: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DutyFinding {
    /// `late`, `missed`, `left_early`.
    pub finding: &'static str,
    pub turn: Turn,
    pub by_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RosterHead {
    pub id: String,
    pub from_ms: i64,
    pub until_ms: i64,
    pub note: String,
    pub drafted_by: String,
    pub drafted_ms: i64,
    /// Null: a draft.
    pub version: Option<i64>,
    pub published_by: Option<String>,
    pub published_ms: Option<i64>,
}

/// A roster with its turns and everything wrong with it now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterDraft {
    pub roster: RosterHead,
    pub turns: Vec<Turn>,
    pub faults: Vec<RosterFault>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RosterFault {
    /// `roster_gap`, `roster_overlap`, `roster_unknown`, `roster_line`, `roster_outside`.
    pub code: &'static str,
    pub line: Option<&'static str>,
    pub account: Option<String>,
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
    pub message: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRoster {
    /// `toml` or `csv`.
    pub form: String,
    pub text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Swap {
    pub id: String,
    pub gives: Turn,
    pub takes: Turn,
    pub reason: String,
    pub asked_ms: i64,
    pub agreed_ms: Option<i64>,
    /// `asked`, `agreed`, `approved`, `refused`.
    pub standing: &'static str,
    pub decided_by: Option<String>,
    pub decided_why: Option<String>,
}

/// My turn for another one's.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSwap {
    pub gives_line: String,
    pub gives_starts_ms: i64,
    pub takes_account: String,
    pub takes_line: String,
    pub takes_starts_ms: i64,
    pub reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Said {
    #[serde(default)]
    pub reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Outage {
    pub id: String,
    pub camera: Option<String>,
    pub kind: String,
    pub since_ms: i64,
    pub until_ms: Option<i64>,
    /// Null: nobody has entered one.
    pub cause: Option<String>,
    pub note: Option<String>,
    pub entered_by: Option<String>,
    pub entered_ms: Option<i64>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCause {
    /// Ids of outages; one power cut is many.
    pub outages: Vec<String>,
    pub cause: String,
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HandoverHead {
    pub id: String,
    pub number: i64,
    pub written_ms: i64,
    pub written_by: String,
    pub since_ms: i64,
    pub sha256: String,
    pub outgoing: Option<Signature>,
    pub incoming: Option<Signature>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Signature {
    pub by: String,
    pub at_ms: i64,
    pub remarks: String,
}

/// A hand-over with its document, and the outages that still need a cause.
#[derive(Debug, Serialize, ToSchema)]
pub struct Handover {
    pub head: HandoverHead,
    /// The document as it was written; `…/document` has its exact bytes.
    pub document: serde_json::Value,
    pub open_outages: Vec<Outage>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Handovers {
    pub handovers: Vec<HandoverHead>,
    /// Since the last one that both signed.
    pub outages: Vec<Outage>,
    pub causes: Vec<&'static str>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSignature {
    pub account: Option<String>,
    /// Of the document that was read.
    pub sha256: String,
    #[serde(default)]
    pub remarks: String,
}

impl From<&Attendance> for Present {
    fn from(row: &Attendance) -> Self {
        Self {
            name: row.account.clone(),
            line: row.line.as_str(),
            on_ms: row.on.0,
            via: row.via.clone(),
            turn_ends_ms: row.turn.map(|turn| turn.until.0),
            reason: row.reason.clone(),
            off_ms: row.off.as_ref().map(|off| off.at.0),
            off_by: row.off.as_ref().map(|off| off.by.clone()),
            off_reason: row.off.as_ref().map(|off| off.reason.clone()),
        }
    }
}

impl From<&Standing> for Turn {
    fn from(turn: &Standing) -> Self {
        Self {
            name: turn.account.clone(),
            line: turn.line.as_str(),
            starts_ms: turn.starts.0,
            ends_ms: turn.ends.0,
        }
    }
}

impl From<&Asked> for PresenceCheck {
    fn from(check: &Asked) -> Self {
        Self {
            name: check.account.clone(),
            asked_ms: check.asked.0,
            due_ms: check.due.0,
            outcome: check.ended.map(|(_, outcome)| outcome.as_str()),
        }
    }
}

impl From<&Told> for UnattendedTicket {
    fn from(told: &Told) -> Self {
        let whom = told.whom.split_whitespace().map(str::to_owned).collect();
        Self { number: told.number, told_ms: told.at.0, whom }
    }
}

impl LineCover {
    /// The cover of a line by both.
    #[must_use]
    pub fn of(line: Line, roster: &Cover, present: &Cover) -> Self {
        let gap = |gap: &Span| DutyGap { from_ms: gap.from.0, until_ms: gap.until.0 };
        Self {
            line: line.as_str(),
            of_min: roster.period.ms() / MINUTE_MS,
            roster_min: roster.covered_ms() / MINUTE_MS,
            roster_gaps: roster.gaps.iter().map(gap).collect(),
            past_min: present.period.ms() / MINUTE_MS,
            present_min: present.covered_ms() / MINUTE_MS,
            present_gaps: present.gaps.iter().map(gap).collect(),
        }
    }
}

impl From<&Finding> for DutyFinding {
    fn from(finding: &Finding) -> Self {
        Self { finding: finding.as_str(), turn: finding.turn().into(), by_ms: finding.by_ms() }
    }
}

impl From<&Stored> for RosterHead {
    fn from(roster: &Stored) -> Self {
        let published = roster.published.as_ref();
        Self {
            id: roster.id.clone(),
            from_ms: roster.period.from.0,
            until_ms: roster.period.until.0,
            note: roster.note.clone(),
            drafted_by: roster.drafted_by.clone(),
            drafted_ms: roster.drafted.0,
            version: published.map(|(version, ..)| *version),
            published_by: published.map(|(_, by, _)| by.clone()),
            published_ms: published.map(|(.., at)| at.0),
        }
    }
}

impl RosterFault {
    /// A fault with times of the site.
    #[must_use]
    pub fn of(fault: &Fault, zone: &jiff::tz::TimeZone) -> Self {
        Self {
            code: fault.code(),
            line: fault.line().map(Line::as_str),
            account: fault.account().map(str::to_owned),
            from_ms: fault.span().map(|span| span.from.0),
            until_ms: fault.span().map(|span| span.until.0),
            message: fault.told(zone),
        }
    }
}

impl From<&StoredSwap> for Swap {
    fn from(swap: &StoredSwap) -> Self {
        let decided = swap.decided.as_ref();
        Self {
            id: swap.id.clone(),
            gives: (&swap.gives).into(),
            takes: (&swap.takes).into(),
            reason: swap.reason.clone(),
            asked_ms: swap.asked.0,
            agreed_ms: swap.agreed.map(|at| at.0),
            standing: swap.standing(),
            decided_by: decided.map(|decided| decided.by.clone()),
            decided_why: decided.map(|decided| decided.why.clone()),
        }
    }
}

impl From<&cause::Outage> for Outage {
    fn from(outage: &cause::Outage) -> Self {
        let entered = outage.entered.as_ref();
        Self {
            id: outage.id.clone(),
            camera: outage.camera.clone(),
            kind: outage.kind.clone(),
            since_ms: outage.since.0,
            until_ms: outage.until.map(|at| at.0),
            cause: entered.map(|entered| entered.cause.clone()),
            note: entered.map(|entered| entered.note.clone()),
            entered_by: entered.map(|entered| entered.by.clone()),
            entered_ms: entered.map(|entered| entered.at.0),
        }
    }
}

impl From<&handover::Handover> for HandoverHead {
    fn from(of: &handover::Handover) -> Self {
        let signature = |of: &handover::Signature| Signature {
            by: of.by.clone(),
            at_ms: of.at.0,
            remarks: of.remarks.clone(),
        };
        Self {
            id: of.id.clone(),
            number: of.number,
            written_ms: of.written.0,
            written_by: of.written_by.clone(),
            since_ms: of.since.0,
            sha256: of.sha256.clone(),
            outgoing: of.outgoing.as_ref().map(signature),
            incoming: of.incoming.as_ref().map(signature),
        }
    }
}
