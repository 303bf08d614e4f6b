//! An issue: one version of a week's report, with its signatures and what it changed.
//!
//! The first is drawn up for Monday 10:00, from the log as it stood then, also when it is drawn up
//! later because the daemon was down. A further one is drawn up when something was added to the log
//! of the week's tickets, and lists what is different. Nothing is ever drawn up over another. Pure.

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::figures::WeekReport;
use super::week::Week;
use crate::clock::UnixMs;
use crate::ticket::Role;

/// Hour of the Monday after its week at which a report is due (`domain` 4.7).
const DUE_HOUR: i8 = 10;

/// A name and a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub by: String,
    pub at: UnixMs,
}

/// One version of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// UUIDv7.
    pub id: String,
    pub week: Week,
    pub version: i64,
    pub cut_off: UnixMs,
    pub made: UnixMs,
    pub made_by: String,
    pub log_sha256: String,
    /// Against the version before.
    pub changes: Vec<Change>,
    pub leader: Option<Signature>,
    pub director: Option<Signature>,
    pub published: Option<Signature>,
}

/// Something that is different from the version before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// A figure's word, or `ticket`.
    pub what: String,
    /// Number of the ticket, if it is one.
    pub ticket: Option<i64>,
    pub before: String,
    pub after: String,
}

/// Why an act on an issue is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only the shift leader and the director sign a report")]
    NotASigner,
    #[error("it is signed for this role already")]
    Signed,
    #[error("it is published; draw up a new version instead")]
    Published,
    #[error("a newer version was drawn up; sign or publish that one")]
    Superseded,
    #[error("the shift leader and the director have to sign it first")]
    Unsigned,
}

impl Refused {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotASigner => "issue_not_a_signer",
            Self::Signed => "issue_signed",
            Self::Published => "issue_published",
            Self::Superseded => "issue_superseded",
            Self::Unsigned => "issue_unsigned",
        }
    }
}

impl Issue {
    /// With the signature of this role. `newest`: version of the newest issue of its week.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn signed(mut self, role: Role, by: Signature, newest: i64) -> Result<Self, Refused> {
        self.is_open(newest)?;
        let place = match role {
            Role::ShiftLeader => &mut self.leader,
            Role::Director => &mut self.director,
            Role::Operator | Role::PatrolMember | Role::Admin | Role::Wall | Role::System => {
                return Err(Refused::NotASigner);
            }
        };
        if place.is_some() {
            return Err(Refused::Signed);
        }
        *place = Some(by);
        Ok(self)
    }

    /// Published. `newest` as above.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn publish(mut self, by: Signature, newest: i64) -> Result<Self, Refused> {
        self.is_open(newest)?;
        if self.leader.is_none() || self.director.is_none() {
            return Err(Refused::Unsigned);
        }
        self.published = Some(by);
        Ok(self)
    }

    fn is_open(&self, newest: i64) -> Result<(), Refused> {
        if self.published.is_some() {
            return Err(Refused::Published);
        }
        if self.version < newest { Err(Refused::Superseded) } else { Ok(()) }
    }
}

/// When the report of a week is due.
#[must_use]
pub fn due(week: Week, zone: &TimeZone) -> UnixMs {
    let monday = week.monday().checked_add(7.days()).unwrap_or(week.monday());
    let due = monday.at(DUE_HOUR, 0, 0, 0).to_zoned(zone.clone());
    due.map_or(week.bounds(zone).1, |due| UnixMs(due.timestamp().as_millisecond()))
}

/// Weeks that are due at `now` and have no issue, oldest first, at most `most` back.
#[must_use]
pub fn missing(
    known: &[Week],
    begin: UnixMs,
    (now, most): (UnixMs, usize),
    zone: &TimeZone,
) -> Vec<Week> {
    let mut weeks = Vec::new();
    let mut week = Week::of(now, zone).previous();
    while weeks.len() < most && week.bounds(zone).1 > begin {
        weeks.push(week);
        week = week.previous();
    }
    weeks.retain(|week| due(*week, zone) <= now && !known.contains(week));
    weeks.reverse();
    weeks
}

/// What is different: figures of the overview and of the clauses, and every ticket whose story goes
/// on or was corrected.
#[must_use]
pub fn changes(before: &WeekReport, after: &WeekReport) -> Vec<Change> {
    let figure = |what: &str, before: String, after: String| {
        let what = what.to_owned();
        (before != after).then_some(Change { what, ticket: None, before, after })
    };
    let (old, new) = (&before.overview, &after.overview);
    let mut list: Vec<Change> = [
        ("observations", &old.observations, &new.observations),
        ("confirmed", &old.confirmed, &new.confirmed),
        ("false_alarms", &old.false_alarms, &new.false_alarms),
        ("dispatched", &old.dispatched, &new.dispatched),
        ("closed", &old.closed, &new.closed),
        ("open", &old.open, &new.open),
    ]
    .into_iter()
    .filter_map(|(what, old, new)| figure(what, old.n().to_string(), new.n().to_string()))
    .collect();
    for finding in &after.findings {
        let same = before.findings.iter().find(|old| old.check == finding.check);
        let share = |share: Option<f64>| super::sheet::percent(share);
        let old = share(same.and_then(crate::regulation::Finding::share));
        list.extend(figure(finding.check, old, share(finding.share())));
    }
    for case in &after.ledger {
        let old = before.ledger.iter().find(|old| old.id == case.id);
        let told = |case: &crate::ticket::history::Case| {
            format!("{} / {}", case.stage.as_str(), case.lines)
        };
        let (was, is) = (old.map_or_else(String::new, told), told(case));
        if was != is {
            let (what, ticket) = ("ticket".to_owned(), Some(case.number));
            list.push(Change { what, ticket, before: was, after: is });
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("a zone")
    }

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().expect("a moment").as_millisecond())
    }

    fn week(text: &str) -> Week {
        Week::parse(text).expect("a week")
    }

    fn issue() -> Issue {
        Issue {
            id: "i".into(),
            week: week("2026-W47"),
            version: 1,
            cut_off: UnixMs(0),
            made: UnixMs(0),
            made_by: "gengfu".into(),
            log_sha256: String::new(),
            changes: Vec::new(),
            leader: None,
            director: None,
            published: None,
        }
    }

    fn by(name: &str) -> Signature {
        Signature { by: name.into(), at: UnixMs(1) }
    }

    #[test]
    fn a_report_is_due_on_monday_at_ten_of_the_site() {
        assert_eq!(due(week("2026-W47"), &zone()), at("2026-11-23T02:00:00Z"));
    }

    #[test]
    fn weeks_without_a_report_are_found_after_an_outage_and_none_twice() {
        let begin = at("2026-11-04T00:00:00Z");
        let told = |known: &[&str], now: &str| {
            let known: Vec<Week> = known.iter().map(|w| week(w)).collect();
            let found = missing(&known, begin, (at(now), 60), &zone());
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let now = "2026-11-23T02:00:00Z";
        assert_eq!(told(&[], now), ["2026-W45", "2026-W46", "2026-W47"]);
        assert_eq!(told(&["2026-W46"], now), ["2026-W45", "2026-W47"]);
        assert_eq!(told(&["2026-W45", "2026-W46", "2026-W47"], now), Vec::<String>::new());
        assert_eq!(told(&["2026-W45", "2026-W46"], "2026-11-23T01:59:59Z"), Vec::<String>::new());
    }

    #[test]
    fn both_sign_before_it_is_published_and_nothing_after() {
        let one = issue();
        assert_eq!(one.clone().publish(by("zhao"), 1), Err(Refused::Unsigned));
        let one = one.signed(Role::ShiftLeader, by("wang"), 1).expect("the leader signs");
        assert_eq!(one.clone().signed(Role::ShiftLeader, by("li"), 1), Err(Refused::Signed));
        assert_eq!(one.clone().signed(Role::Operator, by("li"), 1), Err(Refused::NotASigner));
        assert_eq!(one.clone().publish(by("zhao"), 1), Err(Refused::Unsigned));
        let one = one.signed(Role::Director, by("zhao"), 1).expect("the director signs");
        assert_eq!(one.clone().publish(by("zhao"), 2), Err(Refused::Superseded));
        let one = one.publish(by("zhao"), 1).expect("it is published");
        assert_eq!(one.clone().publish(by("zhao"), 1), Err(Refused::Published));
        assert_eq!(one.signed(Role::Director, by("zhao"), 1), Err(Refused::Published));
    }
}
