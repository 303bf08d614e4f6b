//! Whose turn it is to choose a member and send the order.
//!
//! Whoever chooses by the ranking has to see every order that was sent before, so nobody else may
//! send meanwhile. A member whom a person has named is no choice: such orders go out side by side,
//! and share a sync of the disk, but one after the other to the same member, because they may ring
//! together.

use tokio::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::ticket::Act;

/// Orders to members whose names fall on the same lane wait for each other.
const LANES: usize = 64;

/// The turns.
pub(super) struct Turns {
    choosing: RwLock<()>,
    lanes: [Mutex<()>; LANES],
}

/// A turn, until it is dropped.
#[must_use]
pub(super) enum Turn<'a> {
    /// Nobody else sends.
    All { _choosing: RwLockWriteGuard<'a, ()> },
    /// Nobody else sends to this member, and nobody chooses.
    One { _choosing: RwLockReadGuard<'a, ()>, _lane: MutexGuard<'a, ()> },
}

impl Default for Turns {
    fn default() -> Self {
        Self { choosing: RwLock::default(), lanes: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Turns {
    /// The turn to choose anybody.
    pub(super) async fn all(&self) -> Turn<'_> {
        Turn::All { _choosing: self.choosing.write().await }
    }

    /// The turn that this act needs.
    pub(super) async fn of(&self, act: &Act) -> Turn<'_> {
        let Some(member) = named(act) else { return self.all().await };
        let choosing = self.choosing.read().await;
        Turn::One { _choosing: choosing, _lane: self.lanes[lane(member)].lock().await }
    }
}

fn lane(member: &str) -> usize {
    let sum = |sum: usize, byte: u8| sum.wrapping_mul(31).wrapping_add(usize::from(byte));
    member.bytes().fold(0, sum) % LANES
}

/// The member whom a person has named.
#[allow(clippy::wildcard_enum_match_arm, reason = "all other acts name nobody")]
fn named(act: &Act) -> Option<&str> {
    let member = match act {
        Act::Dispatch { member, .. }
        | Act::DispatchAhead { member, .. }
        | Act::Support { member, .. } => member,
        _ => return None,
    };
    Some(member.as_str()).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::ticket::act::Standing;

    fn to(member: &str) -> Act {
        let standing = Standing::OnShift;
        Act::Dispatch { offer: String::new(), member: member.into(), standing }
    }

    #[test]
    fn named_members_go_side_by_side_and_a_choice_alone() {
        let turns = Turns::default();
        let chen = turns.of(&to("chen")).now_or_never().unwrap();
        let hu = turns.of(&to("hu")).now_or_never().unwrap();
        assert!(turns.of(&to("chen")).now_or_never().is_none(), "two to one member");
        assert!(turns.all().now_or_never().is_none(), "a choice beside orders under way");
        assert!(turns.of(&to("")).now_or_never().is_none(), "nobody is named");
        drop((chen, hu));
        let all = turns.all().now_or_never().unwrap();
        assert!(turns.of(&to("hu")).now_or_never().is_none(), "an order beside a choice");
        drop(all);
        assert!(turns.of(&to("chen")).now_or_never().is_some());
    }
}
