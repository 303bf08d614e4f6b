//! Nobody is signed on to duty and an observation waits: the shift leader is told, at once, once.
//!
//! A spell begins when the last one on duty signs off and ends when somebody signs on. Within a
//! spell each observation is told of once, however often the daemon starts. Pure.

use super::Line;
use crate::clock::UnixMs;
use crate::ticket::{Role, Severity, TicketId};

/// An observation that nobody has decided about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub ticket: TicketId,
    pub number: i64,
    pub severity: Severity,
    pub place: String,
    pub opened: UnixMs,
}

/// Somebody who may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    pub account: String,
    pub role: Role,
    /// The line that the roster has this person on now, if any.
    pub on: Option<Line>,
}

/// What is told, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// When the last one signed off; 0 if nobody ever signed on.
    pub spell: UnixMs,
    /// Whom it goes to, by name.
    pub told: Vec<String>,
    pub waiting: Vec<Waiting>,
}

/// Who is told: the shift leaders whom the roster has now; else every shift leader; else the
/// director. Somebody is told wherever there is anybody who leads.
#[must_use]
pub fn told(people: &[Leader]) -> Vec<String> {
    let leads = |one: &&Leader| one.role == Role::ShiftLeader;
    let directs = |one: &&Leader| one.role == Role::Director;
    let names = |some: Vec<&Leader>| {
        let mut names: Vec<String> = some.into_iter().map(|one| one.account.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let on_now = names(people.iter().filter(leads).filter(|one| one.on.is_some()).collect());
    let leaders = names(people.iter().filter(leads).collect());
    let directors = names(people.iter().filter(directs).collect());
    [on_now, leaders, directors].into_iter().find(|some| !some.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(people: &[(&str, Role, Option<Line>)], expect: &[&str]) {
        let people: Vec<Leader> = people
            .iter()
            .map(|(name, role, on)| Leader { account: (*name).into(), role: *role, on: *on })
            .collect();
        assert_eq!(told(&people), expect);
    }

    #[test]
    fn the_leader_on_the_roster_is_told_and_somebody_always_is() {
        let sun = ("sun", Role::ShiftLeader, Some(Line::Standby));
        let bai = ("bai", Role::ShiftLeader, None);
        let zhao = ("zhao", Role::Director, None);
        let li = ("li", Role::Operator, Some(Line::Duty));
        check(&[bai, zhao, sun, li], &["sun"]);
        check(&[bai, zhao, li], &["bai"]);
        check(&[zhao, li], &["zhao"]);
        check(&[li], &[]);
    }
}
