//! How much a small grey picture differs from the one before: cheap, and enough to wake a stream.
//!
//! The change of the whole picture's light (clouds, exposure) is taken out first: the middle one of
//! all differences, because a mean would follow whoever steps before the camera, and then all that
//! stood still would count. Pure arithmetic.

use std::sync::Arc;

/// Difference in grey levels from which on a dot of the small picture has changed, as in `gate.md`.
pub const DOT_DIFFERENCE: i32 = 18;

/// The picture to compare with.
#[derive(Clone, Debug, Default)]
pub struct Change {
    last: Option<Arc<[u8]>>,
}

impl Change {
    /// Takes the next small grey picture and gives the share 0..1 of its dots that changed; 0 for
    /// the first one, 1 for one of another size.
    pub fn take(&mut self, luma: &Arc<[u8]>) -> f32 {
        let before = self.last.replace(Arc::clone(luma));
        before.map_or(0.0, |before| differing_share(&before, luma))
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
    let light = middle(pairs().map(difference), now.len());
    let changed = pairs().filter(|pair| (difference(*pair) - light).abs() >= DOT_DIFFERENCE);
    changed.count() as f32 / now.len() as f32
}

/// The median of `count` differences of two bytes.
fn middle(differences: impl Iterator<Item = i32>, count: usize) -> i32 {
    let mut often = [0_usize; 511];
    for difference in differences {
        often[(difference + 255) as usize] += 1;
    }
    let mut below = 0;
    let at = often.iter().position(|times| {
        below += times;
        below > count / 2
    });
    at.map_or(0, |at| at as i32 - 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_count_that_differ_by_more_than_the_light_does() {
        assert_eq!(differing_share(&[10, 10, 10, 10], &[10, 10, 90, 10]), 0.25);
        assert_eq!(differing_share(&[10, 10, 10, 10], &[60, 60, 60, 60]), 0.0);
        assert_eq!(differing_share(&[10, 10, 10, 10], &[60, 60, 140, 60]), 0.25);
        assert_eq!(differing_share(&[255, 255, 255], &[0, 0, 0]), 0.0);
        assert_eq!(differing_share(&[10, 10, 10, 10], &[12, 8, 15, 10]), 0.0);
        assert_eq!(differing_share(&[10, 10], &[10, 10, 10]), 1.0);
        assert_eq!(differing_share(&[], &[]), 1.0);
    }

    #[test]
    fn each_picture_is_compared_with_the_one_before() {
        let mut change = Change::default();
        let mut take = |dot: u8| change.take(&Arc::from([50, 50, 50, dot]));
        assert_eq!([take(50), take(90), take(91)], [0.0, 0.25, 0.0]);
    }
}
