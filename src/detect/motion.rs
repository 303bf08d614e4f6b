//! What one camera's motion calculation remembers between frames, and which results count.
//!
//! The calculation itself is `models/motion.onnx`. Here is its memory, how fast it learns, when the
//! last picture is too old to compare with, and the times when nothing counts: after the start and
//! after a reconnect. Masks of the configuration are taken out here. Pure: the time of each frame
//! is an argument.

use super::Motion;
use super::mask::Ignored;
use crate::clock::UnixMs;

/// Largest width looked at, px. The calculation's windows are made for 120 to 240: the small grey
/// picture of a frame has 160, on which somebody 60 m away still covers a dozen dots.
const WIDTH_MAX: usize = 240;
/// Frames after the start that only teach: 2 s at 5 fps.
const WARM_UP_FRAMES: u32 = 10;
/// After a reconnect nothing counts for so long, ms: exposure and encoder settle (guess, revisit).
/// A time and not a number of frames, because a quiet camera shows one every two seconds.
const AFTER_RECONNECT_MS: i64 = 600;
/// Time in which the background follows a change where nothing moves, ms (guess, revisit). Where
/// something moves it takes ten times as long.
const LEARN_MS: f32 = 10_000.0;
/// Share of the usual rate where something moves.
const SLOW: f32 = 0.1;
/// Fastest learning outside the warm-up, however far frames are apart: that of 2.2 s, so that the
/// key frames of a quiet camera teach as much as all its frames would.
const RATE_MAX: f32 = 0.2;
/// Usual deviation assumed of a pixel nobody has looked at, grey levels: that of a quiet sensor
/// (measured on vtest.avi).
const FIRST_SPREAD: f32 = 1.0;
/// Time after which stirring is forgotten to a third, ms: one picture without a change in between
/// does not end it (`tests/nuisance.rs`).
const STIR_MS: f32 = 600.0;
/// Pictures further apart than this have nothing to do with each other, ms: somebody walks through
/// the whole neighbourhood in which a thing is looked for again. Three looks at 5 fps.
const ALONE_MS: i64 = 600;
/// Side of a cell in dots, as in `models/motion.py`.
const CELL: usize = 4;
/// Planes of `Before::state` and of `Before::cells`.
pub const STATE_PLANES: usize = 3;
/// See `STATE_PLANES`.
pub const CELL_PLANES: usize = 2;

/// A grey picture, not larger than is needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// px.
    pub width: usize,
    /// px.
    pub height: usize,
    /// `height * width` values 0..255.
    pub values: Vec<f32>,
}

impl Plane {
    /// Shrinks `width * height` grey bytes by a whole number until they are at most 240 px wide.
    /// `None` when the picture is empty or its bytes do not match its size.
    #[must_use]
    pub fn shrunk(grey: &[u8], width: u32, height: u32) -> Option<Self> {
        let (wide, high) = (width as usize, height as usize);
        if wide == 0 || high == 0 || grey.len() != wide * high {
            return None;
        }
        let by = wide.div_ceil(WIDTH_MAX).min(high);
        let (width, height) = (wide / by, high / by);
        let mut values = vec![0.0; width * height];
        for (y, line) in values.chunks_exact_mut(width).enumerate() {
            for source in (y * by..(y + 1) * by).map(|y| &grey[y * wide..y * wide + width * by]) {
                for (value, dots) in line.iter_mut().zip(source.chunks_exact(by)) {
                    *value += f32::from(dots.iter().map(|&dot| u16::from(dot)).sum::<u16>());
                }
            }
            line.iter_mut().for_each(|value| *value /= (by * by) as f32);
        }
        Some(Self { width, height, values })
    }

    /// Columns and rows of cells.
    #[must_use]
    pub const fn cells(&self) -> (usize, usize) {
        (self.width.div_ceil(CELL), self.height.div_ceil(CELL))
    }
}

/// When a frame was seen, and in which attempt at its camera: another one is a reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub at: UnixMs,
    pub session: u64,
}

/// The memory of one camera.
#[derive(Clone, Debug, Default)]
pub struct MotionState {
    width: usize,
    height: usize,
    /// `STATE_PLANES` planes and `CELL_PLANES` planes of cells, as the calculation left them.
    state: Vec<f32>,
    cells: Vec<f32>,
    /// Frames learnt since the start or the last change of size.
    learnt: u32,
    /// Frames still to come that do not count.
    settling: u32,
    last: Option<Seen>,
    /// Nothing counts before this time: the camera has just been opened anew.
    counts_from: Option<UnixMs>,
    /// Whether the last frame counted.
    counted: bool,
    /// What is looked away from.
    ignored: Ignored,
}

/// What the calculation takes besides the picture; see `models/motion.py`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before<'a> {
    pub state: &'a [f32],
    pub cells: &'a [f32],
    /// Share 0..1 of the picture taken into the background, ...
    pub rate: f32,
    /// ... and times this where something moves.
    pub slow: f32,
    /// What is left 0..1 of the stirring since the last picture.
    pub decay: f32,
    /// 1.0 when the last picture is too old to compare with, else 0.0.
    pub alone: f32,
}

/// What the calculation gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct After<'a> {
    /// 1.0 where it moves.
    pub mask: &'a [f32],
    pub state: &'a [f32],
    pub cells: &'a [f32],
}

impl MotionState {
    /// The memory of a camera that has not been seen yet, part of whose picture is ignored.
    #[must_use]
    pub fn new(ignored: Ignored) -> Self {
        Self { ignored, ..Self::default() }
    }

    /// Makes ready for the frame that was `seen`, and returns what the calculation needs. A picture
    /// of another size begins anew.
    pub fn before(&mut self, plane: &Plane, seen: Seen) -> Before<'_> {
        if (self.width, self.height) != (plane.width, plane.height) {
            let (columns, rows) = plane.cells();
            let dots = plane.values.len();
            let mut state = plane.values.clone();
            state.resize(2 * dots, FIRST_SPREAD);
            state.resize(STATE_PLANES * dots, 0.0);
            *self = Self {
                width: plane.width,
                height: plane.height,
                state,
                cells: vec![0.0; CELL_PLANES * columns * rows],
                settling: WARM_UP_FRAMES,
                ignored: std::mem::take(&mut self.ignored),
                ..Self::default()
            };
        }
        let passed_ms = self.last.map_or(0, |last| seen.at.since_ms(last.at));
        if self.last.is_some_and(|last| last.session != seen.session) {
            self.counts_from = Some(seen.at.plus_ms(AFTER_RECONNECT_MS));
        } else if passed_ms < 0 {
            // The clock was set back: a time ahead of it would silence the camera.
            self.counts_from = None;
        }
        self.last = Some(seen);
        let warm = self.learnt >= WARM_UP_FRAMES;
        Before {
            rate: self.rate(passed_ms),
            slow: if warm { SLOW } else { 1.0 },
            decay: (-(passed_ms.max(0) as f32) / STIR_MS).exp(),
            alone: if (0..=ALONE_MS).contains(&passed_ms) && self.learnt > 0 { 0.0 } else { 1.0 },
            state: &self.state,
            cells: &self.cells,
        }
    }

    fn rate(&self, passed_ms: i64) -> f32 {
        if self.learnt < WARM_UP_FRAMES {
            // The mean of all frames so far.
            return 1.0 / (self.learnt + 1) as f32;
        }
        let usual = 1.0 - (-(passed_ms.max(0) as f32) / LEARN_MS).exp();
        usual.min(RATE_MAX)
    }

    /// Takes the result of the calculation in and says what counts of it.
    pub fn after(&mut self, after: &After<'_>) -> Motion {
        self.state.copy_from_slice(after.state);
        self.cells.copy_from_slice(after.cells);
        self.learnt = self.learnt.saturating_add(1);
        let reopened = self.last.zip(self.counts_from).is_some_and(|(last, from)| last.at < from);
        self.counted = self.settling == 0 && !reopened;
        self.settling = self.settling.saturating_sub(1);
        let counted = self.counted;
        let mut mask: Vec<bool> = after.mask.iter().map(|&dot| counted && dot > 0.5).collect();
        self.ignored.clear(&mut mask, (self.width, self.height));
        let moving = mask.iter().filter(|&&dot| dot).count();
        Motion {
            fraction: moving as f32 / mask.len().max(1) as f32,
            mask_width: u32::try_from(self.width).unwrap_or(u32::MAX),
            mask_height: u32::try_from(self.height).unwrap_or(u32::MAX),
            mask,
        }
    }

    /// Whether the last frame did not count, so that motion is not known.
    #[must_use]
    pub const fn is_settling(&self) -> bool {
        !self.counted
    }

    /// Whether somebody who stands at `foot` (fractions 0..1) is to be ignored.
    #[must_use]
    pub fn ignores(&self, foot: [f32; 2]) -> bool {
        self.ignored.covers(foot)
    }
}

impl Motion {
    /// Share 0..1 of `cells` (indices into the mask) that moves; 0 for no cells.
    #[must_use]
    pub fn share_in(&self, cells: &[usize]) -> f32 {
        let moving = cells.iter().filter(|&&cell| self.mask.get(cell) == Some(&true)).count();
        if cells.is_empty() { 0.0 } else { moving as f32 / cells.len() as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(at: i64) -> Seen {
        Seen { at: UnixMs(at), session: 0 }
    }

    fn plane(values: &[f32]) -> Plane {
        Plane { width: values.len(), height: 1, values: values.to_vec() }
    }

    const TWO: After<'_> = After { mask: &[1.0, 0.0], state: &[0.0; 6], cells: &[0.0; 2] };

    /// Feeds half a picture that moves at times; returns the shares that counted.
    fn counted(times: &[i64]) -> Vec<f32> {
        let mut state = MotionState::default();
        let feed = |&at: &i64| {
            // A minute without frames is a reconnect here.
            let session = (at / 60_000).unsigned_abs();
            state.before(&plane(&[10.0, 20.0]), Seen { at: UnixMs(at), session });
            let motion = state.after(&TWO);
            assert_eq!(motion.mask, [motion.fraction > 0.0, false]);
            motion.fraction
        };
        times.iter().map(feed).collect()
    }

    #[test]
    fn nothing_counts_while_it_warms_up() {
        let shares = counted(&(0..12).map(|step| step * 200).collect::<Vec<_>>());
        assert_eq!(shares[..10], [0.0; 10]);
        assert_eq!(shares[10..], [0.5, 0.5]);
    }

    #[test]
    fn the_first_frames_after_a_reconnect_do_not_count() {
        let mut times: Vec<_> = (0..11).map(|step| step * 200).collect();
        times.extend((0..4).map(|step| 60_000 + step * 200));
        assert_eq!(counted(&times)[10..], [0.5, 0.0, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn key_frames_of_a_quiet_camera_count_all() {
        let times: Vec<_> = (0..10).map(|n| n * 200).chain((1..5).map(|n| n * 12_000)).collect();
        assert_eq!(counted(&times)[10..], [0.5; 4]);
    }

    #[test]
    fn what_is_ignored_never_moves() {
        let left = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]];
        let mut state = MotionState::new(Ignored::new([&left[..]]));
        let mut share = 1.0;
        for step in 0..12 {
            state.before(&plane(&[10.0, 20.0]), seen(step * 200));
            share = state.after(&TWO).fraction;
        }
        assert_eq!(share, 0.0);
        assert!(state.ignores([0.2, 0.9]) && !state.ignores([0.7, 0.9]));
    }

    #[test]
    fn a_picture_of_another_size_begins_anew() {
        let mut state = MotionState::default();
        assert_eq!(state.before(&plane(&[5.0]), seen(0)).state, [5.0, FIRST_SPREAD, 0.0]);
        let before = state.before(&plane(&[7.0, 8.0]), seen(200));
        assert_eq!(before.state, [7.0, 8.0, FIRST_SPREAD, FIRST_SPREAD, 0.0, 0.0]);
        assert_eq!((before.cells.len(), before.alone), (2, 1.0));
        assert!(state.is_settling());
    }

    #[test]
    fn pictures_far_apart_stand_alone() {
        let mut state = MotionState::default();
        let mut alone = |at| {
            let alone = state.before(&plane(&[7.0, 8.0]), seen(at)).alone;
            state.after(&TWO);
            alone
        };
        let times = [0, 200, 400, 1_000, 3_000, 2_000, 2_100];
        assert_eq!(times.map(&mut alone), [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn it_learns_fast_at_first_and_then_by_the_time_that_passed() {
        let mut state = MotionState::default();
        let mut rates = Vec::new();
        for step in 0..12 {
            rates.push(state.before(&plane(&[5.0, 5.0]), seen(step * 200)).rate);
            state.after(&TWO);
        }
        assert_eq!(rates[..3], [1.0, 0.5, 1.0 / 3.0]);
        assert!((rates[11] - 0.0198).abs() < 1e-3, "{rates:?}");
        let later = state.before(&plane(&[5.0, 5.0]), seen(6_000)).rate;
        assert!((later - RATE_MAX).abs() < 1e-6);
    }

    /// What remains of an old background after a minute with a frame every `step_ms`.
    fn left_after_a_minute(step_ms: i64) -> f32 {
        let mut state = MotionState::default();
        let mut at = 0;
        let mut step = |step_ms| {
            at += step_ms;
            let rate = state.before(&plane(&[5.0, 5.0]), seen(at)).rate;
            state.after(&TWO);
            1.0 - rate
        };
        let warm: Vec<f32> = (0..WARM_UP_FRAMES).map(|_| step(200)).collect();
        assert_eq!(warm[0], 0.0);
        (0..60_000 / step_ms).map(|_| step(step_ms)).product()
    }

    #[test]
    fn key_frames_of_a_quiet_camera_teach_as_much_as_all_its_frames() {
        let (all, keys) = (left_after_a_minute(200), left_after_a_minute(2_000));
        // exp(-6); at most 0.05 a frame would leave 0.21, and dusk would be motion all evening.
        assert!((all - 0.0025).abs() < 1e-4 && (keys - all).abs() < 1e-4, "{all} {keys}");
    }

    #[test]
    fn frames_of_a_group_caught_up_with_teach_by_their_own_times() {
        let mut state = MotionState::default();
        let mut feed = |at| {
            let before = state.before(&plane(&[5.0, 5.0]), seen(at));
            let (rate, alone) = (before.rate, before.alone);
            (rate, alone, state.after(&TWO).fraction)
        };
        for step in 0..i64::from(WARM_UP_FRAMES) {
            feed(step * 200);
        }
        // The key frame, then its group in one burst: each is seen when its unit came.
        assert_eq!(feed(4_000).1, 1.0);
        for step in 1..10 {
            let (rate, alone, fraction) = feed(4_000 + step * 200);
            assert!((rate - 0.0198).abs() < 1e-3, "{rate}");
            assert_eq!((alone, fraction), (0.0, 0.5));
        }
    }

    #[test]
    fn a_wide_picture_is_shrunk_by_whole_squares() {
        let grey: Vec<u8> = (0..640 * 6).map(|n| if n % 2 == 0 { 0 } else { 90 }).collect();
        let plane = Plane::shrunk(&grey, 480, 8).expect("fits");
        assert_eq!((plane.width, plane.height, plane.cells()), (240, 4, (60, 1)));
        assert!(plane.values.iter().all(|&value| (value - 45.0).abs() < 1e-4));
        assert_eq!(Plane::shrunk(&[0; 3], 2, 2), None);
        assert_eq!(Plane::shrunk(&[9], 1, 1).map(|plane| plane.values), Some(vec![9.0]));
    }
}
