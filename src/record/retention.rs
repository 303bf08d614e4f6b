//! Which footage goes, and by which rule.
//!
//! From its ceiling on footage goes. When the disk gets full, footage beyond its floor goes before
//! its ceiling, the oldest first, whichever camera it is of; only when there is none of that left,
//! younger footage goes too, and a fault is raised before it does. What is held never goes. The
//! rules see files, not cameras: a camera that is no longer configured keeps the class that it had.
//! Pure.

use crate::clock::UnixMs;
use crate::config::{KeepDays, Record, Retention};

use super::hold::Held;

const DAY_MS: i64 = 86_400_000;

/// By which rule footage goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It is as old as it may get.
    Ceiling,
    /// The disk is full, and it is older than it has to be.
    FreeSpace,
    /// The disk is full, and everything is younger than it has to be.
    BelowFloor,
}

impl Rule {
    /// The word in the row of the deletion.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ceiling => "ceiling",
            Self::FreeSpace => "free_space",
            Self::BelowFloor => "below_floor",
        }
    }
}

/// A camera's class from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSince {
    pub class: Retention,
    pub since: UnixMs,
}

/// The word of a class in rows and at the interface.
#[must_use]
pub const fn class_word(class: Retention) -> &'static str {
    match class {
        Retention::Ordinary => "ordinary",
        Retention::Key => "key",
    }
}

/// The class of a word.
#[must_use]
pub fn class_of(word: &str) -> Option<Retention> {
    [Retention::Ordinary, Retention::Key].into_iter().find(|class| class_word(*class) == word)
}

/// How long footage that began then is kept. A change of class never shortens what is stored: the
/// longest of the class at its time and of all classes since counts.
#[must_use]
pub fn keep(classes: &[ClassSince], started: UnixMs, record: &Record) -> KeepDays {
    let at_its_time = classes.iter().rposition(|class| class.since <= started).unwrap_or_default();
    let since = classes.get(at_its_time..).unwrap_or_default().iter();
    let days = since.map(|class| record.keep(class.class));
    days.max_by_key(|days| (days.ceiling_days, days.floor_days)).unwrap_or(record.ordinary)
}

/// One finished file as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    /// Its place in the caller's list.
    pub place: usize,
    pub started: UnixMs,
    pub ended: UnixMs,
    pub bytes: u64,
    pub keep: KeepDays,
    pub held: bool,
}

impl Aged {
    fn is_older_than(&self, days: u32, now: UnixMs) -> bool {
        now.since_ms(self.ended) > i64::from(days) * DAY_MS
    }
}

/// What goes in one round.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Places and rules, in the order in which they go.
    pub goes: Vec<(usize, Rule)>,
    /// Bytes that are still missing on the disk after it.
    pub short: u64,
}

/// Decides a round over the oldest files of every camera. `missing` is what the disk lacks in
/// bytes, 0 while there is enough; at most `most` files go.
#[must_use]
pub fn round(files: &[Aged], missing: u64, (now, most): (UnixMs, usize)) -> Round {
    let mut free: Vec<&Aged> = files.iter().filter(|file| !file.held).collect();
    free.sort_by_key(|file| file.ended);
    let over = |file: &&Aged| file.is_older_than(file.keep.ceiling_days, now);
    let (over, younger): (Vec<&Aged>, Vec<&Aged>) = free.into_iter().partition(over);
    let beyond = |file: &&Aged| file.is_older_than(file.keep.floor_days, now);
    let (beyond, below): (Vec<&Aged>, Vec<&Aged>) = younger.into_iter().partition(beyond);
    let mut round = Round { goes: Vec::new(), short: missing };
    // The caller sees only the oldest of each camera: younger footage may go only in a round that
    // has none at all that is beyond its floor.
    let last = if over.is_empty() && beyond.is_empty() { below } else { Vec::new() };
    let rules = [(Rule::Ceiling, over), (Rule::FreeSpace, beyond), (Rule::BelowFloor, last)];
    for (rule, files) in rules {
        for file in files {
            let needed = rule == Rule::Ceiling || round.short > 0;
            if !needed || round.goes.len() >= most {
                break;
            }
            round.goes.push((file.place, rule));
            round.short = round.short.saturating_sub(file.bytes);
        }
    }
    round
}

/// The oldest files that no hold covers, out of a page of a camera's files in order of their
/// beginning; and from when on to look for more, if the page may not be all.
#[must_use]
pub fn unheld<F>(
    page: Vec<F>,
    times: impl Fn(&F) -> (UnixMs, UnixMs),
    held: &Held,
    page_size: usize,
) -> (Vec<F>, Option<UnixMs>) {
    let full = page.len() >= page_size;
    let last = page.last().map(&times);
    let free: Vec<F> = page
        .into_iter()
        .filter(|file| {
            let (from, to) = times(file);
            held.over(from, to).is_none()
        })
        .collect();
    // Behind a long hold the next page begins at its end, not in the middle of it.
    let next =
        last.filter(|_| full).map(|(from, to)| held.over(from, to).unwrap_or(from).max(from));
    (free, next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Aged, ClassSince, Rule, keep, round};
    use crate::clock::UnixMs;
    use crate::config::{KeepDays, Record, Retention};

    const DAY_MS: i64 = 86_400_000;
    const NOW: UnixMs = UnixMs(1_000 * DAY_MS);

    /// A file that ended so many days ago, of ten bytes.
    fn aged(place: usize, age_days: i64, (floor_days, ceiling_days): (u32, u32)) -> Aged {
        let ended = NOW.plus_ms(-age_days * DAY_MS - 1);
        let keep = KeepDays { floor_days, ceiling_days };
        Aged { place, started: ended.plus_ms(-60_000), ended, bytes: 10, keep, held: false }
    }

    #[track_caller]
    fn check(files: &[Aged], missing: u64, expect: &[(usize, Rule)], short: u64) {
        let round = round(files, missing, (NOW, 100));
        assert_eq!((round.goes.as_slice(), round.short), (expect, short));
    }

    #[test]
    fn day_29_stays_and_day_31_goes_unless_held() {
        check(&[aged(0, 29, (30, 30))], 0, &[], 0);
        check(&[aged(0, 31, (30, 30))], 0, &[(0, Rule::Ceiling)], 0);
        check(&[Aged { held: true, ..aged(0, 31, (30, 30)) }], 0, &[], 0);
    }

    #[test]
    fn a_full_disk_takes_the_oldest_beyond_its_floor_of_any_camera() {
        let files = [aged(0, 40, (30, 60)), aged(1, 80, (90, 90)), aged(2, 50, (30, 60))];
        check(&files, 5, &[(2, Rule::FreeSpace)], 0);
        check(&files, 15, &[(2, Rule::FreeSpace), (0, Rule::FreeSpace)], 0);
        check(&files, 25, &[(2, Rule::FreeSpace), (0, Rule::FreeSpace)], 5);
    }

    #[test]
    fn below_the_floor_goes_only_what_is_oldest_when_nothing_else_is_left() {
        let files = [aged(0, 3, (30, 30)), aged(1, 9, (30, 30)), aged(2, 80, (90, 90))];
        check(&files, 5, &[(2, Rule::BelowFloor)], 0);
        check(&files, 0, &[], 0);
        let held = [Aged { held: true, ..aged(0, 9, (30, 30)) }];
        check(&held, 5, &[], 5);
    }

    #[test]
    fn a_change_of_class_never_shortens_what_is_stored() {
        let record = Record::default();
        let since = |class, days: i64| ClassSince { class, since: UnixMs(days * DAY_MS) };
        let classes = [since(Retention::Key, 0), since(Retention::Ordinary, 100)];
        let at = |days: i64| keep(&classes, UnixMs(days * DAY_MS), &record);
        assert_eq!((at(50), at(150)), (record.key, record.ordinary));
        let classes = [since(Retention::Ordinary, 0), since(Retention::Key, 100)];
        assert_eq!(keep(&classes, UnixMs(0), &record), record.key);
        assert_eq!(keep(&[], UnixMs(0), &record), record.ordinary);
    }

    fn any_file() -> impl Strategy<Value = Aged> {
        let keep = prop_oneof![Just((30, 30)), Just((30, 60)), Just((90, 90)), Just((0, 1))];
        (0_i64..120, keep, any::<bool>(), 1_u64..50).prop_map(|(age, keep, held, bytes)| Aged {
            held,
            bytes,
            ..aged(0, age, keep)
        })
    }

    proptest! {
        #[test]
        fn no_round_breaks_a_rule(
            mut files in proptest::collection::vec(any_file(), 0..30),
            missing in 0_u64..400,
            most in 0_usize..40,
        ) {
            for (place, file) in files.iter_mut().enumerate() {
                file.place = place;
            }
            let round = round(&files, missing, (NOW, most));
            let gone: Vec<usize> = round.goes.iter().map(|(place, _)| *place).collect();
            let freed: u64 = gone.iter().map(|place| files[*place].bytes).sum();
            prop_assert!(gone.len() <= most);
            prop_assert_eq!(round.short, missing.saturating_sub(freed));
            let older = |file: &Aged, days: u32| file.is_older_than(days, NOW);
            for (place, rule) in &round.goes {
                let file = &files[*place];
                prop_assert!(!file.held, "held footage goes");
                match rule {
                    Rule::Ceiling => prop_assert!(older(file, file.keep.ceiling_days)),
                    Rule::FreeSpace => prop_assert!(missing > 0 && older(file, file.keep.floor_days)),
                    Rule::BelowFloor => {
                        let left = |f: &Aged| !f.held && older(f, f.keep.floor_days);
                        prop_assert!(missing > 0 && !files.iter().any(left));
                    }
                }
            }
            if gone.len() < most {
                for file in files.iter().filter(|file| !file.held && !gone.contains(&file.place)) {
                    prop_assert!(!older(file, file.keep.ceiling_days), "the ceiling is kept");
                    let beyond = older(file, file.keep.floor_days);
                    prop_assert!(!(round.short > 0 && beyond), "space is short beside old footage");
                }
            }
        }
    }
}
