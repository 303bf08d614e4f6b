//! A length of time as a rule file writes it: `60s`, `5m`, `4h`, `7d`, or working days, `3wd`.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// How long something may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// By the clock on the wall, ms.
    Ms(i64),
    /// In the time of working days alone: days off do not count.
    WorkingDays(u32),
}

/// Units by their letters and ms, the longest first.
const UNITS: [(&str, i64); 4] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

impl Span {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        Self::Ms(seconds as i64 * 1_000)
    }

    /// The span that is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(days) = text.strip_suffix("wd") {
            return days.trim().parse().ok().map(Self::WorkingDays);
        }
        let (unit, ms) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
        let count: u32 = text.strip_suffix(unit)?.trim().parse().ok()?;
        i64::from(count).checked_mul(*ms).map(Self::Ms)
    }

    /// The ms of it, a working day as 24 h.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Ms(ms) => ms,
            Self::WorkingDays(days) => days as i64 * 86_400_000,
        }
    }

    /// A share of it in percent.
    #[must_use]
    pub const fn percent(self, percent: u32) -> i64 {
        self.ms().saturating_mul(percent as i64) / 100
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(days) => write!(f, "{days}wd"),
            Self::Ms(ms) => {
                let whole = UNITS.iter().find(|(_, unit)| *ms >= *unit && ms % unit == 0);
                let (unit, size) = whole.copied().unwrap_or(("s", 1_000));
                write!(f, "{}{unit}", ms / size)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "\"{text}\" is not a time; write a number with s, m, h, d or wd (working days), \
                 such as 90s, 5m, 4h or 3wd"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn times_are_written_with_their_unit() {
        let check = |text: &str, expect: Option<Span>| assert_eq!(Span::parse(text), expect);
        check("60s", Some(Span::Ms(60_000)));
        check("5 m", Some(Span::Ms(300_000)));
        check("4h", Some(Span::Ms(14_400_000)));
        check("7d", Some(Span::Ms(604_800_000)));
        check("3wd", Some(Span::WorkingDays(3)));
        for wrong in ["", "60", "s", "1.5h", "-5m", "5min", "wd", "99999999999s"] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_time_is_shown_as_it_is_written() {
        for text in ["60s", "90s", "5m", "4h", "3d", "1wd", "0s"] {
            let span = Span::parse(text).unwrap();
            assert_eq!(Span::parse(&span.to_string()), Some(span), "{text} {span}");
        }
    }
}
