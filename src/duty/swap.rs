//! Swaps: two people exchange their turns, both agree, and somebody who leads approves.
//!
//! The one who asks gives a turn and takes one; the other agrees or does not; a third person, who
//! has no part in it, approves. Only then the turns change hands. Times stay as they are, so that a
//! swap can open no gap. Pure.

use super::splice::Splice;
use super::{Refused, Turn};
use crate::clock::UnixMs;
use crate::ticket::Role;

/// A swap as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// UUIDv7.
    pub id: String,
    /// The turn of who asks.
    pub gives: Turn,
    /// The turn of the other.
    pub takes: Turn,
    pub reason: String,
    pub asked: UnixMs,
    /// When the other agreed.
    pub agreed: Option<UnixMs>,
    pub decided: Option<Decided>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub approved: bool,
    pub by: String,
    pub at: UnixMs,
    pub why: String,
}

/// What somebody does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The other one agrees.
    Agree,
    /// One of both, or who leads, says no.
    Refuse,
    /// Who leads lets the turns change hands.
    Approve,
}

impl Swap {
    /// The word for how it stands.
    #[must_use]
    pub const fn standing(&self) -> &'static str {
        match (&self.decided, self.agreed) {
            (Some(Decided { approved: true, .. }), _) => "approved",
            (Some(_), _) => "refused",
            (None, Some(_)) => "agreed",
            (None, None) => "asked",
        }
    }

    /// Whether the turns may change hands at `now` by roles and times alone: what is asked when it
    /// is asked, and again when it is approved. `standing`: all turns of both.
    ///
    /// # Errors
    /// The refusal.
    pub fn fits(&self, roles: [Role; 2], standing: &[Turn], now: UnixMs) -> Result<(), Refused> {
        if self.gives.account == self.takes.account {
            return Err(Refused::SwapWithOneself);
        }
        if [&self.gives, &self.takes].into_iter().any(|turn| !standing.contains(turn)) {
            return Err(Refused::NoSuchTurn);
        }
        if self.gives.starts <= now || self.takes.starts <= now {
            return Err(Refused::TurnHasBegun);
        }
        let lines = [(self.takes.line, roles[0]), (self.gives.line, roles[1])];
        if let Some((line, role)) = lines.into_iter().find(|(line, role)| !line.takes(*role)) {
            return Err(Refused::LineNotForRole { line: line.as_str(), role: role.as_str() });
        }
        let change = self.change();
        let stays = standing.iter().filter(|turn| !change.out.contains(turn));
        let twice = change.into.iter().find(|new| {
            let mut own = stays.clone().filter(|turn| turn.account == new.account);
            own.any(|turn| turn.span().meet(new.span()).is_some())
        });
        match twice {
            Some(new) => Err(Refused::SwapOverlaps { account: new.account.clone() }),
            None => Ok(()),
        }
    }

    /// Whether `by` may do this now.
    ///
    /// # Errors
    /// The refusal.
    pub fn may(&self, ruling: Ruling, by: (&str, Role), why: &str) -> Result<(), Refused> {
        let (name, role) = by;
        let part = [&self.gives.account, &self.takes.account].into_iter().any(|one| one == name);
        let leads = matches!(role, Role::ShiftLeader | Role::Director);
        match (ruling, self.decided.is_some(), self.agreed.is_some()) {
            (_, true, _) => Err(Refused::AlreadyDecided),
            (Ruling::Agree, _, true) => Err(Refused::AlreadyDecided),
            (Ruling::Agree, ..) if name != self.takes.account => {
                Err(Refused::NotOneself { account: self.takes.account.clone() })
            }
            (Ruling::Agree, ..) => Ok(()),
            (Ruling::Approve, _, false) => {
                Err(Refused::NotAgreed { account: self.takes.account.clone() })
            }
            (Ruling::Approve, ..) if part || !leads => Err(Refused::SwapNeedsThird),
            (Ruling::Approve, ..) => Ok(()),
            (Ruling::Refuse, ..) if !part && !leads => Err(Refused::SwapNeedsThird),
            (Ruling::Refuse, ..) if leads && !part && why.trim().is_empty() => {
                Err(Refused::NoReason)
            }
            (Ruling::Refuse, ..) => Ok(()),
        }
    }

    /// The turns with their people exchanged.
    #[must_use]
    pub fn change(&self) -> Splice {
        let with =
            |turn: &Turn, account: &str| Turn { account: account.to_owned(), ..turn.clone() };
        let into = [with(&self.gives, &self.takes.account), with(&self.takes, &self.gives.account)];
        Splice { out: vec![self.gives.clone(), self.takes.clone()], into: into.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duty::Line;

    fn turn(account: &str, line: Line, starts: i64, ends: i64) -> Turn {
        Turn { account: account.into(), line, starts: UnixMs(starts), ends: UnixMs(ends) }
    }

    fn swap(gives: Turn, takes: Turn) -> Swap {
        Swap {
            id: "s".into(),
            gives,
            takes,
            reason: "a wedding".into(),
            asked: UnixMs(0),
            agreed: None,
            decided: None,
        }
    }

    const OPERATORS: [Role; 2] = [Role::Operator, Role::Operator];

    fn fits(gives: &Turn, takes: &Turn, roles: [Role; 2], more: &[Turn], now: i64) -> &'static str {
        let standing = [&[gives.clone(), takes.clone()], more].concat();
        let swap = swap(gives.clone(), takes.clone());
        swap.fits(roles, &standing, UnixMs(now)).map_or_else(|r| r.code(), |()| "fits")
    }

    #[test]
    fn two_turns_that_are_to_come_change_hands() {
        let (li, wang) = (turn("li", Line::Duty, 10, 20), turn("wang", Line::Duty, 30, 40));
        assert_eq!(fits(&li, &wang, OPERATORS, &[], 5), "fits");
        assert_eq!(fits(&li, &wang, OPERATORS, &[], 10), "turn_has_begun");
        let own = turn("li", Line::Duty, 30, 40);
        assert_eq!(fits(&li, &own, OPERATORS, &[], 5), "swap_with_oneself");
        let chen = turn("chen", Line::Patrol, 30, 40);
        let roles = [Role::Operator, Role::PatrolMember];
        assert_eq!(fits(&li, &chen, roles, &[], 5), "line_not_for_role");
        let busy = turn("li", Line::Standby, 35, 45);
        assert_eq!(fits(&li, &wang, OPERATORS, &[busy], 5), "swap_overlaps");
        let gone = swap(li, wang).fits(OPERATORS, &[], UnixMs(5));
        assert_eq!(gone.map_err(|r| r.code()), Err("no_such_turn"));
        // Turns that lie over each other may be exchanged: each person keeps one.
        let (a, b) = (turn("li", Line::Duty, 10, 20), turn("sun", Line::Standby, 10, 20));
        assert_eq!(fits(&a, &b, [Role::Operator, Role::ShiftLeader], &[], 5), "fits");
    }

    #[test]
    fn both_agree_and_a_third_one_approves() {
        let asked = swap(turn("li", Line::Duty, 10, 20), turn("wang", Line::Duty, 30, 40));
        let agreed = Swap { agreed: Some(UnixMs(1)), ..asked.clone() };
        let decided = Decided { approved: false, by: "sun".into(), at: UnixMs(2), why: "x".into() };
        let over = Swap { decided: Some(decided), ..agreed.clone() };
        let sun = ("sun", Role::ShiftLeader);
        let (li, wang) = (("li", Role::Operator), ("wang", Role::Operator));
        let check = |swap: &Swap, ruling, by, why, expect: &str| {
            let found = swap.may(ruling, by, why).map_or_else(|r| r.code(), |()| "may");
            assert_eq!(found, expect, "{ruling:?} by {by:?}");
        };
        check(&asked, Ruling::Agree, wang, "", "may");
        check(&asked, Ruling::Agree, li, "", "not_oneself");
        check(&asked, Ruling::Approve, sun, "", "not_agreed");
        check(&agreed, Ruling::Agree, wang, "", "already_decided");
        check(&agreed, Ruling::Approve, sun, "", "may");
        check(&agreed, Ruling::Approve, wang, "", "swap_needs_third");
        check(&agreed, Ruling::Approve, ("ma", Role::Operator), "", "swap_needs_third");
        check(&agreed, Ruling::Refuse, wang, "", "may");
        check(&agreed, Ruling::Refuse, sun, "", "no_reason");
        check(&agreed, Ruling::Refuse, ("ma", Role::Operator), "x", "swap_needs_third");
        check(&over, Ruling::Approve, sun, "", "already_decided");
        let own = swap(turn("sun", Line::Standby, 10, 20), turn("bai", Line::Standby, 30, 40));
        let own = Swap { agreed: Some(UnixMs(1)), ..own };
        check(&own, Ruling::Approve, sun, "", "swap_needs_third");
        assert_eq!(
            [asked.standing(), agreed.standing(), over.standing()],
            ["asked", "agreed", "refused"]
        );
    }
}
