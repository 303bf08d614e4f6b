//! When a rule is armed: hours of the day, on which days. Pure.
//!
//! Asked with the wall clock of the site, so that a change of summer time cannot move it: an hour
//! that comes twice is armed twice, one that does not come is not. Hours over midnight belong to
//! the day on which they begin: Friday's 22:00-06:00 ends on Saturday.

use jiff::civil::Weekday;

use super::calendar::{Calendar, Day, Local, Work};

/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;
/// The words of days; weekdays from Monday on, as `DAY_WORDS[3..]`.
pub const DAY_WORDS: [&str; 10] =
    ["all", "working", "off", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Minutes of the day; `until` is the first minute that is not armed.
    from: u16,
    until: u16,
}

impl TryFrom<&str> for Hours {
    type Error = String;

    /// Takes `"HH:MM-HH:MM"`; 24:00 is the end of the day, and a later start than end runs over
    /// midnight. The fault says what to write.
    fn try_from(text: &str) -> Result<Self, String> {
        let form = "write HH:MM-HH:MM, such as 22:00-06:00, or 00:00-24:00 for always";
        let ends = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        match ends {
            None | Some((DAY_MIN, _)) => Err(format!("\"{text}\" is not a time of day; {form}")),
            Some((from, to)) if from == to => Err(format!("\"{text}\" is no time at all; {form}")),
            Some((from, until)) => Ok(Self { from, until }),
        }
    }
}

impl Hours {
    /// Whether they are all hours.
    #[must_use]
    pub const fn is_always(self) -> bool {
        self.from == 0 && self.until == DAY_MIN
    }

    /// Whether they run at this minute of the day, on whatever day they began.
    #[must_use]
    pub const fn run_at(self, minute: u16) -> bool {
        self.today(minute) || self.since_yesterday(minute)
    }

    /// The same hours begun later or ended earlier by whole hours, the longest first. They begin on
    /// the same day, so that the days of a schedule mean the same.
    fn shortened(self) -> Vec<Self> {
        let length = match self.from < self.until {
            true => self.until - self.from,
            false => self.until + DAY_MIN - self.from,
        };
        let hours = length.saturating_sub(1) / 60;
        let cuts = (1..=hours).flat_map(|cut| (0..=cut).map(move |late| (late * 60, cut * 60)));
        let cut = |(late, cut): (u16, u16)| {
            let from = self.from + late;
            let until = from + (length - cut);
            let until = if until > DAY_MIN { until - DAY_MIN } else { until };
            (from < DAY_MIN && from != until).then_some(Self { from, until })
        };
        cuts.filter_map(cut).collect()
    }

    /// Whether they run at this minute, begun on the same day.
    const fn today(self, minute: u16) -> bool {
        self.from <= minute && (minute < self.until || self.until < self.from)
    }

    /// Whether they run at this minute, begun the day before.
    const fn since_yesterday(self, minute: u16) -> bool {
        self.until < self.from && minute < self.until
    }
}

impl std::fmt::Display for Hours {
    /// As they are configured.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, until) = (self.from, self.until);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

/// `HH:MM` as a minute of the day, 24:00 included.
fn minute(text: &str) -> Option<u16> {
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let (hour, minute) = text.split_once(':').filter(|(h, m)| digits(h) && digits(m))?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (minute < 60 && hour * 60 + minute <= DAY_MIN).then_some(hour * 60 + minute)
}

/// Days on which hours begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// From Monday on.
    weekdays: [bool; 7],
    working: bool,
    off: bool,
}

impl Days {
    /// The days that these words name, together.
    ///
    /// # Errors
    /// The place of the first word that names none.
    pub fn parse(words: &[String]) -> Result<Self, usize> {
        let mut days = Self { weekdays: [false; 7], working: false, off: false };
        for (place, word) in words.iter().enumerate() {
            match DAY_WORDS.iter().position(|known| known == word) {
                Some(0) => days.weekdays = [true; 7],
                Some(1) => days.working = true,
                Some(2) => days.off = true,
                Some(weekday) => days.weekdays[weekday - 3] = true,
                None => return Err(place),
            }
        }
        Ok(days)
    }

    /// Whether they are all days.
    #[must_use]
    pub fn is_always(self) -> bool {
        self.weekdays == [true; 7] || (self.working && self.off)
    }

    fn include(self, day: Day) -> bool {
        let weekday = day.weekday.to_monday_zero_offset();
        let by_work = match day.work {
            Work::Working => self.working,
            Work::Off => self.off,
        };
        by_work || usize::try_from(weekday).is_ok_and(|weekday| self.weekdays[weekday])
    }
}

/// When a rule is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub hours: Hours,
    pub days: Days,
}

impl Schedule {
    /// Hours within its own that keep its days, shorter by whole hours, the longest first.
    #[must_use]
    pub fn shortened(self) -> Vec<Hours> {
        if !(self.hours.is_always() && self.days.is_always()) {
            return self.hours.shortened();
        }
        // What is always armed may be left out at any time of the day.
        let gaps = (1..24).flat_map(|gap| (0..24).map(move |from| (from * 60, gap * 60)));
        let around = |(from, gap): (u16, u16)| {
            let until = (from + DAY_MIN - gap) % DAY_MIN;
            Hours { from, until: if until == 0 { DAY_MIN } else { until } }
        };
        gaps.map(around).collect()
    }

    /// Whether it is armed at a moment of the site.
    #[must_use]
    pub fn at(self, local: Local, calendar: &Calendar) -> bool {
        let yesterday = local.date.yesterday().unwrap_or(local.date);
        self.covers(local.minute, calendar.day(local.date), calendar.day(yesterday))
    }

    fn covers(self, minute: u16, today: Day, yesterday: Day) -> bool {
        (self.hours.today(minute) && self.days.include(today))
            || (self.hours.since_yesterday(minute) && self.days.include(yesterday))
    }

    /// Whether there can be a moment at which both are armed, whatever the calendar says.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        let both = |minute, today, yesterday| {
            self.covers(minute, today, yesterday) && other.covers(minute, today, yesterday)
        };
        // Where two spans of time meet, one of them begins, or the day does.
        let starts = [0, self.hours.from, other.hours.from];
        let kinds = [Work::Working, Work::Off];
        Weekday::Monday.cycle_forward().take(7).any(|weekday| {
            let yesterday = weekday.previous();
            kinds.into_iter().flat_map(|now| kinds.map(|then| (now, then))).any(|(now, then)| {
                let today = Day { weekday, work: now };
                let before = Day { weekday: yesterday, work: then };
                starts.into_iter().any(|minute| both(minute, today, before))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn schedule(hours: &str, days: &[&str]) -> Schedule {
        let days: Vec<String> = days.iter().map(|day| (*day).to_owned()).collect();
        Schedule {
            hours: Hours::try_from(hours).expect("good hours"),
            days: Days::parse(&days).expect("good days"),
        }
    }

    #[test]
    fn hours_may_pass_midnight_and_must_be_times() {
        let check = |hours: &str, expect: &str| {
            let found = Hours::try_from(hours).err().unwrap_or_else(|| "good".into());
            assert!(found.contains(expect), "{hours}: {found}");
        };
        for good in ["00:00-24:00", "22:00-06:00", "09:30-17:45", "22:00-24:00", "22:00-00:00"] {
            check(good, "good");
        }
        for bad in [
            "24:00-06:00",
            "22-6",
            "22:60-23:00",
            "22:00-24:01",
            "22:00-25:00",
            "+2:00-06:00",
            "2:00-06:00",
            "22:00",
            "",
        ] {
            check(bad, "not a time");
        }
        check("08:00-08:00", "no time at all");
    }

    #[test]
    fn shorter_hours_lie_within_and_begin_on_the_same_day() {
        for (hours, some, other) in [
            ("22:00-06:00", "23:00-06:00", "22:00-05:00"),
            ("00:00-24:00", "06:00-24:00", "00:00-06:00"),
            ("08:30-12:00", "09:30-12:00", "08:30-09:00"),
        ] {
            let whole = Hours::try_from(hours).expect("good hours");
            let shorter = whole.shortened();
            let words: Vec<String> = shorter.iter().map(ToString::to_string).collect();
            assert!(
                words.iter().any(|w| w == some) && words.iter().any(|w| w == other),
                "{words:?}"
            );
            for short in shorter {
                assert_eq!(Hours::try_from(short.to_string().as_str()), Ok(short));
                assert!((0..DAY_MIN).all(|m| whole.run_at(m) || !short.run_at(m)), "{short}");
                assert!((0..DAY_MIN).any(|m| short.run_at(m)), "{short}");
                assert!(short.from >= whole.from, "{short} begins on another day than {hours}");
            }
        }
        assert_eq!(Hours::try_from("08:00-09:00").map(Hours::shortened), Ok(Vec::new()));
        let words = |days: &[&str]| -> Vec<String> {
            schedule("00:00-24:00", days).shortened().iter().map(ToString::to_string).collect()
        };
        let (always, fridays) = (words(&["all"]), words(&["fri"]));
        assert!(always.contains(&"13:00-07:00".into()) && always.contains(&"06:00-24:00".into()));
        assert!(!fridays.contains(&"13:00-07:00".into()) && always.len() == 23 * 24);
    }

    /// 2026-11-27 is a Friday; the Thursday before is a holiday, the Saturday after made up for.
    fn check(armed: Schedule, moments: &[((i8, &str), bool)]) {
        let calendar = Calendar::new([date(2026, 11, 26)].into(), [date(2026, 11, 28)].into());
        for &((day, time), expect) in moments {
            let local = Local { date: date(2026, 11, day), minute: minute(time).expect("a time") };
            assert_eq!(armed.at(local, &calendar), expect, "{armed:?} on the {day}th at {time}");
        }
    }

    #[test]
    fn hours_of_all_days_run_over_midnight() {
        let night = schedule("22:00-06:00", &["all"]);
        let moments =
            [("21:59", false), ("22:00", true), ("05:59", true), ("06:00", false), ("00:00", true)];
        check(night, &moments.map(|(time, expect)| ((27, time), expect)));
        let day = schedule("08:30-17:00", &["all"]);
        let moments = [("08:29", false), ("08:30", true), ("16:59", true), ("17:00", false)];
        check(day, &moments.map(|(time, expect)| ((27, time), expect)));
        check(schedule("00:00-24:00", &["all"]), &[((27, "00:00"), true), ((27, "23:59"), true)]);
        check(schedule("22:00-24:00", &["all"]), &[((27, "23:59"), true), ((28, "00:00"), false)]);
    }

    #[test]
    fn the_night_of_a_day_ends_on_the_next() {
        let friday = schedule("22:00-06:00", &["fri"]);
        check(friday, &[((27, "05:00"), false), ((27, "23:00"), true), ((28, "05:00"), true)]);
        check(friday, &[((28, "23:00"), false), ((29, "05:00"), false)]);
    }

    #[test]
    fn working_days_and_days_off_follow_the_calendar() {
        let office = schedule("08:00-18:00", &["working"]);
        check(office, &[((25, "12:00"), true), ((26, "12:00"), false), ((27, "12:00"), true)]);
        check(office, &[((28, "12:00"), true), ((29, "12:00"), false)]);
        let off = schedule("20:00-04:00", &["off"]);
        check(off, &[((26, "21:00"), true), ((27, "03:00"), true), ((27, "21:00"), false)]);
        check(off, &[((28, "21:00"), false), ((29, "21:00"), true), ((30, "03:00"), true)]);
        let mixed = schedule("00:00-24:00", &["off", "fri"]);
        check(mixed, &[((25, "12:00"), false), ((26, "12:00"), true), ((27, "12:00"), true)]);
    }

    #[test]
    fn a_changed_clock_arms_what_it_shows() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
        let armed = |hours: &str, at: &str| {
            let at: jiff::Timestamp = at.parse().expect("a moment");
            let local = Local::of(crate::clock::UnixMs(at.as_millisecond()), &zone);
            schedule(hours, &["all"]).at(local, &Calendar::default())
        };
        // 02:00 to 03:00 does not come on 29 March: what would begin in it begins at 03:00.
        assert!(!armed("02:30-04:00", "2026-03-29T00:59:00Z"));
        assert!(armed("02:30-04:00", "2026-03-29T01:00:00Z"));
        // It comes twice on 25 October.
        assert!(armed("02:00-03:00", "2026-10-25T00:30:00Z"));
        assert!(armed("02:00-03:00", "2026-10-25T01:30:00Z"));
        assert!(!armed("02:00-03:00", "2026-10-25T02:00:00Z"));
    }

    #[test]
    fn an_unknown_day_is_named() {
        let words = ["mon".to_owned(), "monday".to_owned()];
        assert_eq!(Days::parse(&words), Err(1));
    }

    #[test]
    fn two_schedules_meet_or_not() {
        let check = |a: (&str, &[&str]), b: (&str, &[&str]), expect: bool| {
            let (a, b) = (schedule(a.0, a.1), schedule(b.0, b.1));
            assert_eq!((a.meets(b), b.meets(a)), (expect, expect), "{a:?} {b:?}");
        };
        check(("22:00-06:00", &["all"]), ("06:00-22:00", &["all"]), false);
        check(("22:00-06:00", &["all"]), ("05:59-07:00", &["all"]), true);
        check(("08:00-18:00", &["working"]), ("08:00-18:00", &["off"]), false);
        check(("08:00-18:00", &["working"]), ("08:00-18:00", &["sun"]), true);
        check(("22:00-06:00", &["fri"]), ("02:00-03:00", &["sat"]), true);
        check(("22:00-06:00", &["fri"]), ("02:00-03:00", &["fri"]), false);
        check(("22:00-06:00", &["working"]), ("02:00-03:00", &["off"]), true);
    }
}
