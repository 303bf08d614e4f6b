//! Which version of the rules holds: a new ticket is born with the one in force, and keeps it.

use super::clocks::Policy;
use crate::clock::UnixMs;
use crate::config::policy::Rules;

/// Every version that somebody has approved, and what the configuration says.
#[derive(Clone, Debug)]
pub struct Policies {
    configured: Policy,
    /// By number.
    versions: Vec<(UnixMs, Policy)>,
}

impl Policies {
    /// Nothing approved yet: what the configuration says.
    #[must_use]
    pub const fn new(configured: Policy) -> Self {
        Self { configured, versions: Vec::new() }
    }

    /// The approved versions: number, start and rules of each, by number.
    pub fn approved(&mut self, versions: Vec<(i64, UnixMs, Rules)>) {
        let policy = |(number, starts, rules)| (starts, self.configured.with(number, rules));
        self.versions = versions.into_iter().map(policy).collect();
    }

    /// The rule file of the configuration as it is written; empty where there is none.
    #[must_use]
    pub fn configured_text(&self) -> &str {
        &self.configured.text
    }

    /// How many versions have been approved.
    #[must_use]
    pub fn count(&self) -> usize {
        self.versions.len()
    }

    /// The rules that hold at `now`: of those that have started the one that started last, and of
    /// two that started together the later one.
    #[must_use]
    pub fn in_force(&self, now: UnixMs) -> &Policy {
        let started = self.versions.iter().filter(|(starts, _)| *starts <= now);
        let last = started.max_by_key(|(starts, policy)| (*starts, policy.version));
        last.map_or(&self.configured, |(_, policy)| policy)
    }

    /// The rules that a ticket was born with.
    #[must_use]
    pub fn of(&self, version: i64) -> &Policy {
        let known = self.versions.iter().find(|(_, policy)| policy.version == version);
        known.map_or(&self.configured, |(_, policy)| policy)
    }
}

#[cfg(test)]
mod tests {
    use super::Policies;
    use crate::clock::UnixMs;
    use crate::config;
    use crate::config::policy::Rules;
    use crate::ticket::Policy;

    #[test]
    fn a_version_holds_from_its_start_and_its_tickets_keep_it() {
        let mut policies = Policies::new(Policy::new(&config::Policy::default()));
        assert_eq!(policies.in_force(UnixMs(5)).version, 0);
        let rules = Rules::default;
        policies.approved(vec![
            (1, UnixMs(10), rules()),
            (2, UnixMs(30), rules()),
            (3, UnixMs(20), rules()),
        ]);
        let check = |now: i64, expect: i64| {
            assert_eq!(policies.in_force(UnixMs(now)).version, expect, "at {now}");
        };
        check(9, 0);
        check(10, 1);
        check(20, 3);
        check(30, 2);
        assert_eq!(policies.of(1).version, 1);
        assert_eq!(policies.of(99).version, 0);
    }
}
