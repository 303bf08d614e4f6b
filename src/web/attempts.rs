//! How often somebody may try a password: pure, with the time as an argument.
//!
//! Counted per name and address together, so that nobody locks out an operator from elsewhere; and
//! per address with a wider limit, so that nobody tries one password on every name. An attempt
//! counts before its password is checked: a hundred at once get no more tries than one by one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Failures within this time count together.
const WITHIN: Duration = Duration::from_mins(5);
/// How long the door then stays shut.
const SHUT_FOR: Duration = Duration::from_mins(1);
/// Failures of one name from one address.
const PAIR_MAX: usize = 5;
/// Failures from one address: a control room behind one address at the change of shift (guess,
/// revisit).
const ADDRESS_MAX: usize = 40;
/// Names and addresses remembered; beyond, the longest quiet ones are forgotten. About 1 MiB.
const KEYS_MAX: usize = 4096;

/// Who tries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, IpAddr),
    Address(IpAddr),
}

#[derive(Debug, Default)]
struct Tries {
    failed: Vec<Duration>,
    last: Duration,
    shut_until: Option<Duration>,
}

/// The failures of the last minutes.
#[derive(Debug, Default)]
pub struct Attempts {
    tries: HashMap<Key, Tries>,
}

impl Attempts {
    /// Counts an attempt at `now` as failed until `succeeded` says otherwise.
    ///
    /// # Errors
    /// How long to wait, when there were too many.
    pub fn begin(&mut self, name: &str, from: IpAddr, now: Duration) -> Result<(), Duration> {
        let from = network(from);
        let keys =
            [(Key::Pair(name.to_owned(), from), PAIR_MAX), (Key::Address(from), ADDRESS_MAX)];
        for (key, _) in &keys {
            if let Some(until) = self.tries.get(key).and_then(|t| t.shut_until)
                && until > now
            {
                return Err(until.saturating_sub(now));
            }
        }
        for (key, most) in keys {
            self.count(key, most, now);
        }
        Ok(())
    }

    /// The password was right: forgets this name's failures and takes back the address's one.
    pub fn succeeded(&mut self, name: &str, from: IpAddr) {
        let from = network(from);
        self.tries.remove(&Key::Pair(name.to_owned(), from));
        if let Some(tries) = self.tries.get_mut(&Key::Address(from)) {
            tries.failed.pop();
        }
    }

    fn count(&mut self, key: Key, most: usize, now: Duration) {
        self.make_room(now);
        let tries = self.tries.entry(key).or_default();
        tries.failed.retain(|at| now.saturating_sub(*at) < WITHIN);
        tries.failed.push(now);
        tries.last = now;
        tries.shut_until = None;
        if tries.failed.len() >= most {
            tries.failed.clear();
            tries.shut_until = Some(now.saturating_add(SHUT_FOR));
        }
    }

    fn make_room(&mut self, now: Duration) {
        if self.tries.len() < KEYS_MAX {
            return;
        }
        self.tries.retain(|_, tries| now.saturating_sub(tries.last) < WITHIN);
        if self.tries.len() >= KEYS_MAX
            && let Some(key) = self.tries.iter().min_by_key(|(_, t)| t.last).map(|(k, _)| k.clone())
        {
            self.tries.remove(&key);
        }
    }
}

/// One IPv6 customer has a whole /64 to try from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let bits = u128::from(six) & (u128::MAX << 64);
            IpAddr::V6(bits.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::{ADDRESS_MAX, Attempts, KEYS_MAX};

    fn from(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn check(attempts: &mut Attempts, name: &str, at_s: u64, expect: Option<u64>) {
        let wait = attempts.begin(name, from(1), s(at_s)).err();
        assert_eq!(wait, expect.map(s), "{name} at {at_s} s");
    }

    #[test]
    fn the_sixth_attempt_waits_a_minute() {
        let mut attempts = Attempts::default();
        for at in 0..5 {
            check(&mut attempts, "li", at, None);
        }
        check(&mut attempts, "li", 5, Some(59));
        check(&mut attempts, "wang", 6, None);
        assert!(attempts.begin("li", from(2), s(7)).is_ok(), "another address is not shut out");
        check(&mut attempts, "li", 64, None);
    }

    #[test]
    fn slow_failures_and_right_passwords_shut_nobody_out() {
        let mut attempts = Attempts::default();
        for at in 0..20 {
            check(&mut attempts, "li", at * 90, None);
        }
        for at in 0..100 {
            check(&mut attempts, "wang", 2000 + at, None);
            attempts.succeeded("wang", from(1));
        }
    }

    #[test]
    fn one_address_cannot_try_every_name() {
        let mut attempts = Attempts::default();
        for n in 0..ADDRESS_MAX {
            check(&mut attempts, &format!("name{n}"), 0, None);
        }
        check(&mut attempts, "yet-another", 1, Some(59));
    }

    #[test]
    fn memory_stays_bounded() {
        let mut attempts = Attempts::default();
        for n in 0..2 * KEYS_MAX {
            let six = IpAddr::from((n as u128) << 64);
            assert!(attempts.begin("li", six, s(1)).is_ok());
        }
        assert!(attempts.tries.len() <= KEYS_MAX + 2);
    }
}
