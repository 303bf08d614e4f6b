//! How a published roster takes the place of what stood before: from now on, never in the past.
//!
//! Turns that are over stay as they were, or a later roster could cover up a gap. A turn that runs
//! goes on with the end that the new roster gives it, or ends now. Pure.

use super::roster::Roster;
use super::{Span, Turn};
use crate::clock::UnixMs;

/// What is taken out of the shifts that hold, and what is put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splice {
    pub out: Vec<Turn>,
    pub into: Vec<Turn>,
}

/// The change by which `roster` holds from `now` on. `standing`: all turns that hold and begin in
/// its period.
#[must_use]
pub fn splice(standing: &[Turn], roster: &Roster, now: UnixMs) -> Splice {
    let mut change = Splice::default();
    let mut wanted: Vec<Turn> =
        roster.turns.iter().filter(|turn| turn.ends > now).cloned().collect();
    for old in standing.iter().filter(|turn| roster.period.holds(turn.starts)) {
        if old.ends <= now {
            continue;
        }
        if old.starts >= now {
            match wanted.iter().position(|turn| turn == old) {
                Some(same) => drop(wanted.swap_remove(same)),
                None => change.out.push(old.clone()),
            }
            continue;
        }
        let goes_on = wanted.iter().position(|turn| {
            turn.account == old.account && turn.line == old.line && turn.span().holds(now)
        });
        let ends = goes_on.map_or(now, |at| wanted.swap_remove(at).ends);
        if ends != old.ends {
            change.out.push(old.clone());
            change.into.push(Turn { ends, ..old.clone() });
        }
    }
    let from_now = |turn: Turn| Turn { starts: turn.starts.max(now), ..turn };
    change.into.extend(wanted.into_iter().map(from_now));
    change.into.sort_unstable();
    change.out.sort_unstable();
    change
}

/// Turns of others that a roster has to be seen beside: they begin outside its period and touch it
/// or one of its turns.
#[must_use]
pub fn beside(standing: &[Turn], roster: &Roster) -> Vec<Turn> {
    let last = roster.turns.iter().map(|turn| turn.ends).max().unwrap_or(roster.period.until);
    let reach = Span { from: roster.period.from, until: last.max(roster.period.until) };
    standing
        .iter()
        .filter(|turn| !roster.period.holds(turn.starts) && turn.span().meet(reach).is_some())
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duty::Line;

    fn turn(account: &str, starts: i64, ends: i64) -> Turn {
        Turn {
            account: account.into(),
            line: Line::Duty,
            starts: UnixMs(starts),
            ends: UnixMs(ends),
        }
    }

    fn roster(turns: Vec<Turn>) -> Roster {
        Roster {
            id: "r".into(),
            period: Span { from: UnixMs(0), until: UnixMs(100) },
            note: String::new(),
            turns,
            drafted_by: "sun".into(),
            drafted: UnixMs(0),
            published: None,
        }
    }

    fn check(now: i64, [standing, wanted, out, into]: [Vec<&Turn>; 4]) {
        let owned = |turns: Vec<&Turn>| turns.into_iter().cloned().collect::<Vec<Turn>>();
        let change = splice(&owned(standing), &roster(owned(wanted)), UnixMs(now));
        assert_eq!(change, Splice { out: owned(out), into: owned(into) });
    }

    #[test]
    fn before_its_period_a_roster_replaces_all_of_it() {
        let (old, new, other) = (turn("li", 0, 50), turn("wang", 0, 50), turn("li", 100, 150));
        check(-10, [vec![&old], vec![&new], vec![&old], vec![&new]]);
        check(-10, [vec![&old], vec![&old], vec![], vec![]]);
        check(-10, [vec![&other], vec![], vec![], vec![]]);
    }

    #[test]
    fn what_is_past_stays() {
        let past = turn("li", 0, 20);
        check(20, [vec![&past], vec![&turn("wang", 0, 20)], vec![], vec![]]);
        let rest = turn("wang", 20, 40);
        check(20, [vec![&past], vec![&turn("wang", 10, 40)], vec![], vec![&rest]]);
    }

    #[test]
    fn a_turn_that_runs_goes_on_or_ends_now() {
        let (runs, other) = (turn("li", 0, 50), turn("wang", 0, 50));
        let (cut, rest) = (turn("li", 0, 20), turn("wang", 20, 50));
        check(20, [vec![&runs], vec![&other], vec![&runs], vec![&cut, &rest]]);
        let longer = turn("li", 0, 60);
        check(20, [vec![&runs], vec![&longer], vec![&runs], vec![&longer]]);
        check(20, [vec![&runs], vec![&runs], vec![], vec![]]);
    }

    #[test]
    fn neighbours_are_those_who_reach_in_or_are_reached() {
        let standing =
            [turn("a", -50, 10), turn("b", -50, 0), turn("c", 0, 50), turn("d", 100, 150)];
        let names = |roster: &Roster| -> Vec<String> {
            beside(&standing, roster).into_iter().map(|turn| turn.account).collect()
        };
        assert_eq!(names(&roster(vec![turn("e", 0, 100)])), ["a"]);
        assert_eq!(names(&roster(vec![turn("e", 0, 110)])), ["a", "d"]);
    }
}
