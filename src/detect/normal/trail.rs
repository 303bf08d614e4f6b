//! Which thing of a frame is which of the frame before, for a moment only.
//!
//! What the flow says about a thing's way leads from its box back to one of the frame before. So a
//! score is smoothed along the thing and not along the frame, and it is known how long something
//! has stayed. A trail has no identity beyond that; `track.rs` has one. Pure.

use super::observe::Observation;
use crate::clock::UnixMs;
use crate::detect::Box01;

/// Least overlap with the box of the frame before (guess that stood the trial on Ped2).
const OVERLAP_MIN: f32 = 0.3;
/// Time constant of the smoothing along a thing, s: half of a new value at 10 frames a second.
const SMOOTH_S: f32 = 0.144;
/// A pause that ends all trails, ms: at one look in two seconds nothing can be followed.
const PAUSE_MS: i64 = 1_000;
/// Way in own heights beyond which a thing no longer stays (guess, revisit).
const STAYS_WITHIN: f32 = 0.5;
/// How long a box without successor can still be continued, ms: one missed detection at 5 a second.
const MISSED_MS: i64 = 450;

/// One thing as it was last seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trail {
    area: Box01,
    last: UnixMs,
    /// Smoothed score; `None` before it was judged.
    score: Option<f32>,
    /// Where and since when it stays.
    anchor: (f32, f32),
    since: UnixMs,
}

/// All trails of one camera.
#[derive(Clone, Debug, Default)]
pub struct Trails {
    trails: Vec<Trail>,
}

/// The trail of each thing of a frame, and how long it has stayed, s.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    trails: Vec<Trail>,
    pub dwell_s: Vec<f32>,
    at: UnixMs,
    before: Vec<Option<(f32, f32)>>,
}

impl Trails {
    /// Finds the trail of each thing seen `at`.
    pub fn follow(&mut self, things: &[Observation], at: UnixMs) -> Followed {
        self.trails
            .retain(|trail| (0..=PAUSE_MS.min(MISSED_MS)).contains(&at.since_ms(trail.last)));
        let mut followed = Followed { trails: vec![], dwell_s: vec![], at, before: vec![] };
        for thing in things {
            let old = self.nearest(thing, at);
            let foot = thing.foot();
            let mut trail = Trail {
                area: thing.area,
                last: at,
                score: None,
                anchor: old.map_or(foot, |old| old.anchor),
                since: old.map_or(at, |old| old.since),
            };
            let way = ((foot.0 - trail.anchor.0) * thing.aspect).hypot(foot.1 - trail.anchor.1);
            if way > STAYS_WITHIN * thing.height() {
                (trail.anchor, trail.since) = (foot, at);
            }
            let before = old.and_then(|old| {
                let passed_s = at.since_ms(old.last) as f32 / 1000.0;
                old.score.map(|score| (score, passed_s))
            });
            followed.dwell_s.push(at.since_ms(trail.since).max(0) as f32 / 1000.0);
            followed.before.push(before);
            followed.trails.push(trail);
        }
        followed
    }

    fn nearest(&self, thing: &Observation, at: UnixMs) -> Option<Trail> {
        let overlap = |trail: &Trail| {
            let passed_s = at.since_ms(trail.last) as f32 / 1000.0;
            let (right, down) = thing.moved.map_or((0.0, 0.0), |moved| (moved.right, moved.down));
            let (right, down) = (right * passed_s / thing.aspect, down * passed_s);
            let Box01 { x0, y0, x1, y1 } = thing.area;
            let back = Box01 { x0: x0 - right, y0: y0 - down, x1: x1 - right, y1: y1 - down };
            back.overlap(&trail.area)
        };
        let alike = self.trails.iter().map(|trail| (overlap(trail), trail));
        let near = alike.filter(|(overlap, _)| *overlap > OVERLAP_MIN);
        near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, trail)| *trail)
    }

    /// Smooths the scores of the things that were followed, in the same order, and remembers them.
    pub fn smooth(&mut self, mut followed: Followed, scores: &[f32]) -> Vec<f32> {
        for ((trail, before), score) in followed.trails.iter_mut().zip(&followed.before).zip(scores)
        {
            trail.score = Some(before.map_or(*score, |(before, passed_s)| {
                before + (1.0 - (-passed_s / SMOOTH_S).exp()) * (score - before)
            }));
        }
        // Who was missed this time may be back next time, unless another has its place.
        let taken = |old: &Trail| {
            followed.trails.iter().any(|new| new.area.overlap(&old.area) > OVERLAP_MIN)
        };
        self.trails.retain(|old| old.last < followed.at && !taken(old));
        self.trails.extend(followed.trails.iter().copied());
        followed.trails.iter().map(|trail| trail.score.unwrap_or_default()).collect()
    }
}
