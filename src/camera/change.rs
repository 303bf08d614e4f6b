//! How much a small grey picture differs from those before: cheap, and enough to wake a stream.
//!
//! Compared with the last picture and with one at least a second older, because who walks towards
//! the camera moves little from one picture to the next. The change of the whole picture's light
//! (clouds, exposure) is taken out first. Pure arithmetic.

use std::sync::Arc;
use std::time::Duration;

/// Difference in grey levels from which on a dot of the small picture has changed. `gate.md` took
/// 18 for single pixels of 384 x 216; a dot here is the mean of several.
pub const DOT_DIFFERENCE: i32 = 12;
/// Age of the older picture.
const OLDER: Duration = Duration::from_secs(1);

/// The pictures to compare with.
#[derive(Clone, Debug, Default)]
pub struct Change {
    last: Option<Arc<[u8]>>,
    older: Option<(Arc<[u8]>, Duration)>,
}

impl Change {
    /// Takes the next small grey picture and gives the share 0..1 of its dots that changed; 0 for
    /// the first one, 1 for one of another size.
    pub fn take(&mut self, luma: &Arc<[u8]>, at: Duration) -> f32 {
        let against = |before: &Arc<[u8]>| differing_share(before, luma);
        let by_last = self.last.as_ref().map_or(0.0, against);
        let by_older = self.older.as_ref().map_or(0.0, |(before, _)| against(before));
        let stale = |(_, then): &(Arc<[u8]>, Duration)| at.saturating_sub(*then) >= OLDER;
        if self.older.as_ref().is_none_or(stale) {
            self.older = Some((Arc::clone(luma), at));
        }
        self.last = Some(Arc::clone(luma));
        by_last.max(by_older)
    }
}

/// Share 0..1 of the dots that differ, beyond what all of them differ by.
#[must_use]
pub fn differing_share(before: &[u8], now: &[u8]) -> f32 {
    if before.len() != now.len() || now.is_empty() {
        return 1.0;
    }
    let difference = |(a, b): (&u8, &u8)| i32::from(*b) - i32::from(*a);
    let pairs = || before.iter().zip(now);
    let count = i32::try_from(now.len()).unwrap_or(i32::MAX);
    let light = pairs().map(difference).sum::<i32>() / count;
    let changed = pairs().filter(|pair| (difference(*pair) - light).abs() >= DOT_DIFFERENCE);
    changed.count() as f32 / now.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(dots: [u8; 4]) -> Arc<[u8]> {
        Arc::from(dots)
    }

    #[test]
    fn dots_count_that_differ_by_more_than_the_light_does() {
        assert_eq!(differing_share(&[10, 10, 10, 10], &[10, 10, 90, 10]), 0.25);
        assert_eq!(differing_share(&[10, 10, 10, 10], &[60, 60, 60, 60]), 0.0);
        assert_eq!(differing_share(&[10, 10, 10, 10], &[12, 8, 15, 10]), 0.0);
        assert_eq!(differing_share(&[10, 10], &[10, 10, 10]), 1.0);
        assert_eq!(differing_share(&[], &[]), 1.0);
    }

    #[test]
    fn slow_change_is_seen_against_an_older_picture() {
        let mut change = Change::default();
        let mut at = |ms, dot| change.take(&picture([50, 50, 50, dot]), Duration::from_millis(ms));
        assert_eq!(at(0, 50), 0.0);
        assert_eq!(at(200, 60), 0.0);
        assert_eq!(at(400, 70), 0.25);
        assert_eq!(at(1_200, 75), 0.25);
        assert_eq!(at(1_400, 76), 0.0);
    }
}
