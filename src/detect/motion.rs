//! What one camera's motion calculation remembers between frames, and which results count.
//!
//! The calculation itself is `models/motion.onnx`. Here is its memory (background and usual spread
//! of each pixel), how fast it learns, and the times when nothing counts: after the start, after a
//! reconnect, and when the light of the whole picture jumps. Pure: the time of each frame is an
//! argument.

use super::Motion;
use crate::clock::UnixMs;

/// Largest width looked at, px. Half of the usual 640 and more: 1.4 ms at 384 x 288 (measured), and
/// a person 60 m away still covers a dozen pixels.
const WIDTH_MAX: usize = 384;
/// Frames after the start that only teach: 2 s at 5 fps.
const WARM_UP_FRAMES: u32 = 10;
/// After a reconnect nothing counts for so long, ms: exposure and encoder settle (guess, revisit).
/// A time and not a number of frames, because a quiet camera shows one every two seconds.
const AFTER_RECONNECT_MS: i64 = 600;
/// Frames in which a jump of light is learnt: 1 s at 5 fps.
const LIGHT_FRAMES: u32 = 5;
/// Share of the new picture taken into the background in each of these.
const LIGHT_RATE: f32 = 0.5;
/// Parts across and down in which the spread of a change is counted, and the share of a part that
/// must move for it to count (both measured with the limits in `models.toml`).
const PARTS: usize = 8;
const PART_SHARE: f32 = 0.02;
/// Time in which the background follows a change where nothing moves, ms (guess, revisit). Where
/// something moves it takes ten times as long, so that who stands waiting stays visible for a
/// while.
const LEARN_MS: f32 = 10_000.0;
/// Fastest learning outside the warm-up, however far frames are apart: that of 2.2 s, so that the
/// key frames of a quiet camera teach as much as all its frames would.
const RATE_MAX: f32 = 0.2;
/// Usual deviation assumed of a pixel nobody has looked at, grey levels.
const FIRST_SPREAD: f32 = 2.5;

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
    /// Shrinks `width * height` grey bytes by a whole number until they are at most 384 px wide.
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
}

/// Above which moving share it is the light and not an object; from `models.toml`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LightLimits {
    /// Share 0..1 of the picture.
    pub share: f32,
    /// Rise 0..1 from one frame to the next, ...
    pub jump: f32,
    /// ... if it reaches this share 0..1 of the parts of the picture.
    pub spread: f32,
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
    background: Vec<f32>,
    spread: Vec<f32>,
    /// Frames learnt since the start or the last change of size.
    learnt: u32,
    /// Frames still to come that do not count.
    settling: u32,
    /// Frames still to come that are learnt fast, because the light changed.
    lighting: u32,
    last: Option<Seen>,
    /// Nothing counts before this time: the camera has just been opened anew.
    counts_from: Option<UnixMs>,
    last_fraction: f32,
    /// Whether the last frame counted.
    counted: bool,
}

/// What the calculation takes besides the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before<'a> {
    pub background: &'a [f32],
    pub spread: &'a [f32],
    /// Share 0..1 of the picture taken into the background.
    pub rate: f32,
}

/// What the calculation gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct After<'a> {
    /// 1.0 where it moves.
    pub mask: &'a [f32],
    pub background: &'a [f32],
    pub spread: &'a [f32],
    /// Moving share 0..1.
    pub fraction: f32,
}

impl MotionState {
    /// Makes ready for the frame that was `seen`, and returns what the calculation needs. A picture
    /// of another size begins anew.
    pub fn before(&mut self, plane: &Plane, seen: Seen) -> Before<'_> {
        if (self.width, self.height) != (plane.width, plane.height) {
            *self = Self {
                width: plane.width,
                height: plane.height,
                background: plane.values.clone(),
                spread: vec![FIRST_SPREAD; plane.values.len()],
                settling: WARM_UP_FRAMES,
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
        let rate = self.rate(passed_ms);
        Before { background: &self.background, spread: &self.spread, rate }
    }

    fn rate(&self, passed_ms: i64) -> f32 {
        let usual = 1.0 - (-(passed_ms.max(0) as f32) / LEARN_MS).exp();
        if self.lighting > 0 {
            LIGHT_RATE
        } else if self.learnt < WARM_UP_FRAMES {
            // The mean of all frames so far.
            1.0 / (self.learnt + 1) as f32
        } else {
            usual.min(RATE_MAX)
        }
    }

    /// Takes the result of the calculation in and says what counts of it.
    pub fn after(&mut self, after: &After<'_>, limits: LightLimits) -> Motion {
        self.background.copy_from_slice(after.background);
        self.spread.copy_from_slice(after.spread);
        self.learnt = self.learnt.saturating_add(1);
        let rise = after.fraction - self.last_fraction;
        self.last_fraction = after.fraction;
        self.lighting = self.lighting.saturating_sub(1);
        let everywhere = || spread(after.mask, self.width, self.height) >= limits.spread;
        let jumped = after.fraction > limits.share || (rise > limits.jump && everywhere());
        if self.settling == 0 && jumped {
            self.lighting = LIGHT_FRAMES;
            self.settling = LIGHT_FRAMES;
        }
        let reopened = self.last.zip(self.counts_from).is_some_and(|(last, from)| last.at < from);
        self.counted = self.settling == 0 && !reopened;
        self.settling = self.settling.saturating_sub(1);
        self.motion(after)
    }

    /// Whether the last frame did not count, so that motion is not known.
    #[must_use]
    pub const fn is_settling(&self) -> bool {
        !self.counted
    }

    fn motion(&self, after: &After<'_>) -> Motion {
        let mask = after.mask.iter().map(|&dot| self.counted && dot > 0.5).collect();
        Motion {
            fraction: if self.counted { after.fraction } else { 0.0 },
            mask_width: u32::try_from(self.width).unwrap_or(u32::MAX),
            mask_height: u32::try_from(self.height).unwrap_or(u32::MAX),
            mask,
        }
    }
}

/// Share 0..1 of the `PARTS * PARTS` parts of the picture that the mask reaches. Light changes
/// everywhere; a person who steps before the camera may be as large but is in one place.
fn spread(mask: &[f32], width: usize, height: usize) -> f32 {
    let mut parts = [(0u32, 0u32); PARTS * PARTS];
    for (cell, &dot) in mask.iter().enumerate() {
        let (column, row) = (cell % width * PARTS / width, cell / width * PARTS / height);
        let (cells, moving) = &mut parts[row * PARTS + column];
        *cells += 1;
        *moving += u32::from(dot > 0.5);
    }
    let real = parts.iter().filter(|(cells, _)| *cells > 0);
    let reached =
        real.clone().filter(|(cells, moving)| *moving as f32 > PART_SHARE * *cells as f32);
    reached.count() as f32 / real.count().max(1) as f32
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

    const LIMITS: LightLimits = LightLimits { share: 0.5, jump: 0.2, spread: 0.6 };

    /// Masks that reach half and all of the picture.
    const HALF: [f32; 2] = [1.0, 0.0];
    const ALL: [f32; 2] = [1.0, 1.0];

    fn seen(at: i64) -> Seen {
        Seen { at: UnixMs(at), session: 0 }
    }

    /// Feeds moving shares at times; returns the shares that counted.
    fn counted(frames: &[(i64, f32)], mask: [f32; 2]) -> Vec<f32> {
        let mut state = MotionState::default();
        let plane = Plane { width: 2, height: 1, values: vec![10.0, 20.0] };
        let feed = |&(at, fraction): &(i64, f32)| {
            // A minute without frames is a reconnect here.
            let session = (at / 60_000).unsigned_abs();
            state.before(&plane, Seen { at: UnixMs(at), session });
            let after =
                After { mask: &mask, background: &[10.0, 20.0], spread: &[2.0, 2.0], fraction };
            let motion = state.after(&after, LIMITS);
            assert_eq!(motion.mask[0], motion.fraction > 0.0);
            motion.fraction
        };
        frames.iter().map(feed).collect()
    }

    /// Frames every 200 ms after a quiet warm-up.
    fn check(mask: [f32; 2], then: &[f32], expect: &[f32]) {
        let warm = (0..WARM_UP_FRAMES).map(|_| 0.0);
        let frames: Vec<_> = warm.chain(then.iter().copied()).zip((0..).map(|n| n * 200)).collect();
        let frames: Vec<_> = frames.into_iter().map(|(share, at)| (at, share)).collect();
        assert_eq!(&counted(&frames, mask)[WARM_UP_FRAMES as usize..], expect);
    }

    #[test]
    fn nothing_counts_while_it_warms_up() {
        let frames: Vec<_> = (0..12).map(|step| (step * 200, 0.1)).collect();
        let shares = counted(&frames, HALF);
        assert_eq!(shares[..10], [0.0; 10]);
        assert_eq!(shares[10..], [0.1, 0.1]);
    }

    #[test]
    fn a_person_counts_and_a_jump_of_light_does_not() {
        check(HALF, &[0.03, 0.05, 0.1], &[0.03, 0.05, 0.1]);
        // More than half of the picture, and a rise that reaches all parts of it.
        let jump = [0.03, 0.6, 0.4, 0.2, 0.1, 0.1, 0.03];
        check(HALF, &jump, &[0.03, 0.0, 0.0, 0.0, 0.0, 0.0, 0.03]);
        check(ALL, &[0.27, 0.1], &[0.0, 0.0]);
        // Slowly, or in one place only.
        check(ALL, &[0.15, 0.30, 0.45], &[0.15, 0.30, 0.45]);
        check(HALF, &[0.27, 0.1], &[0.27, 0.1]);
    }

    #[test]
    fn spread_tells_one_place_from_everywhere() {
        let mask = |moves: fn(usize, usize) -> bool| -> Vec<f32> {
            (0..64 * 64).map(|cell| f32::from(u8::from(moves(cell % 64, cell / 64)))).collect()
        };
        assert_eq!(spread(&mask(|x, _| x < 32), 64, 64), 0.5);
        assert_eq!(spread(&mask(|x, y| x % 4 == 0 && y % 4 == 0), 64, 64), 1.0);
        assert_eq!(spread(&mask(|_, _| false), 64, 64), 0.0);
    }

    #[test]
    fn the_first_frames_after_a_reconnect_do_not_count() {
        let mut frames: Vec<_> = (0..11).map(|step| (step * 200, 0.1)).collect();
        frames.extend((0..4).map(|step| (60_000 + step * 200, 0.1)));
        assert_eq!(counted(&frames, HALF)[10..], [0.1, 0.0, 0.0, 0.0, 0.1]);
    }

    #[test]
    fn key_frames_of_a_quiet_camera_count_all() {
        let warm = (0..10).map(|step| (step * 200, 0.0));
        let frames: Vec<_> = warm.chain((1..5).map(|step| (step * 12_000, 0.1))).collect();
        assert_eq!(counted(&frames, HALF)[10..], [0.1; 4]);
    }

    #[test]
    fn a_picture_of_another_size_begins_anew() {
        let mut state = MotionState::default();
        let small = Plane { width: 1, height: 1, values: vec![5.0] };
        let large = Plane { width: 2, height: 1, values: vec![7.0, 8.0] };
        assert_eq!(state.before(&small, seen(0)).background, [5.0]);
        assert_eq!(state.before(&large, seen(200)).background, [7.0, 8.0]);
        assert!(state.is_settling());
    }

    #[test]
    fn it_learns_fast_at_first_and_then_by_the_time_that_passed() {
        let mut state = MotionState::default();
        let plane = Plane { width: 1, height: 1, values: vec![5.0] };
        let after = After { mask: &[0.0], background: &[5.0], spread: &[2.0], fraction: 0.0 };
        let mut rates = Vec::new();
        for step in 0..12 {
            rates.push(state.before(&plane, seen(step * 200)).rate);
            state.after(&after, LIMITS);
        }
        assert_eq!(rates[..3], [1.0, 0.5, 1.0 / 3.0]);
        assert!((rates[11] - 0.0198).abs() < 1e-3, "{rates:?}");
        assert!((state.before(&plane, seen(6_000)).rate - RATE_MAX).abs() < 1e-6);
    }

    /// What remains of an old background after a minute with a frame every `step_ms`.
    fn left_after_a_minute(step_ms: i64) -> f32 {
        let mut state = MotionState::default();
        let plane = Plane { width: 1, height: 1, values: vec![5.0] };
        let after = After { mask: &[0.0], background: &[5.0], spread: &[2.0], fraction: 0.0 };
        let mut at = 0;
        let mut step = |step_ms| {
            at += step_ms;
            let rate = state.before(&plane, seen(at)).rate;
            state.after(&after, LIMITS);
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
        let plane = Plane { width: 1, height: 1, values: vec![5.0] };
        let after = After { mask: &[0.0], background: &[5.0], spread: &[2.0], fraction: 0.1 };
        let mut feed = |at| {
            let rate = state.before(&plane, seen(at)).rate;
            (rate, state.after(&after, LIMITS).fraction)
        };
        for step in 0..i64::from(WARM_UP_FRAMES) {
            feed(step * 200);
        }
        // The key frame, then its group in one burst: each is seen when its unit came.
        feed(4_000);
        for step in 1..10 {
            let (rate, fraction) = feed(4_000 + step * 200);
            assert!((rate - 0.0198).abs() < 1e-3, "{rate}");
            assert_eq!(fraction, 0.1);
        }
    }

    #[test]
    fn a_wide_picture_is_shrunk_by_whole_squares() {
        let grey: Vec<u8> = (0..640 * 4).map(|n| if n % 2 == 0 { 0 } else { 100 }).collect();
        let plane = Plane::shrunk(&grey, 640, 4).expect("fits");
        assert_eq!((plane.width, plane.height), (320, 2));
        assert!(plane.values.iter().all(|&value| (value - 50.0).abs() < 1e-4));
        assert_eq!(Plane::shrunk(&[0; 3], 2, 2), None);
        assert_eq!(Plane::shrunk(&[9], 1, 1).map(|plane| plane.values), Some(vec![9.0]));
    }
}
