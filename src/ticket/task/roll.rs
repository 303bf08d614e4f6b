//! The roll: all patrol members as the ranking needs them, read once for many orders.
//!
//! Reading a thousand members takes longer than all the rest of an order. So what the desk changes
//! itself is read again member by member; a change of accounts, turns, attendance or suspensions
//! makes the roll be read anew; and what no writer of this process does (a command of the centre,
//! the beginning of a turn) is seen within a second.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::Mutex;

use super::{DeskTask, Refusal};
use crate::clock::UnixMs;
use crate::ticket::ledger;
use crate::ticket::life::Life;
use crate::ticket::ranking::Candidate;

/// Longest time for which the roll is taken as it is, ms.
const KEPT_MS: i64 = 1_000;

/// The roll. None is read yet.
#[derive(Default)]
pub(super) struct Roll {
    read: Mutex<Option<Read>>,
    /// Members whose orders have changed since they were read.
    touched: std::sync::Mutex<BTreeSet<String>>,
}

struct Read {
    at: UnixMs,
    /// Which changes of the crew it contains.
    crew: u64,
    members: BTreeMap<String, Candidate>,
}

impl Read {
    /// Whether it may be used `now`; the clock may step either way.
    fn holds(&self, crew: u64, now: UnixMs) -> bool {
        self.crew == crew && (0..KEPT_MS).contains(&now.since_ms(self.at))
    }
}

impl Roll {
    /// A change was committed that leaves these lives behind and before it: whoever has or had an
    /// order of the ticket is read again.
    pub(super) fn touch(&self, lives: [&Life; 2]) {
        let entries = lives.into_iter().flat_map(ledger::entries);
        self.touched().extend(entries.map(|entry| entry.offer.member));
    }

    fn touched(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.touched.lock().expect("no panic happens while it is held")
    }
}

impl DeskTask {
    /// All patrol members as they are now, by name.
    pub(super) async fn candidates(&self) -> Result<Vec<Candidate>, Refusal> {
        let mut roll = self.roll.read.lock().await;
        let touched = std::mem::take(&mut *self.roll.touched());
        // Asked before it is read: a change in between makes it be read once more.
        let (crew, now) = (self.store.crew_changes(), self.clock.now());
        if let Some(read) = roll.as_mut().filter(|read| read.holds(crew, now)) {
            for name in touched {
                match self.store.candidate(&name, now).await? {
                    Some(member) => drop(read.members.insert(name, member)),
                    None => drop(read.members.remove(&name)),
                }
            }
            return Ok(read.members.values().cloned().collect());
        }
        let all = self.store.candidates(now).await?;
        let members = all.iter().map(|one| (one.name.clone(), one.clone())).collect();
        *roll = Some(Read { at: now, crew, members });
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roll_holds_for_a_second_and_until_the_crew_changes() {
        let read = Read { at: UnixMs(5_000), crew: 7, members: BTreeMap::new() };
        let check = |crew, now, expect| assert_eq!(read.holds(crew, UnixMs(now)), expect);
        check(7, 5_000, true);
        check(7, 5_999, true);
        check(7, 6_000, false);
        check(7, 4_999, false);
        check(8, 5_000, false);
    }
}
