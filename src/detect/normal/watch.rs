//! One camera's stream being compared with what is normal for it, frame by frame.
//!
//! Keeps the last few small pictures for the flow, the trails and the smoothed score. Pure.

use std::collections::VecDeque;

use super::observe::{Observation, Spanned};
use super::smooth::Causal;
use super::trail::Trails;
use super::usual::Hour;
use super::{Judged, Normal, Terms};
use crate::clock::UnixMs;
use crate::detect::candidate::{Candidate, Looks};
use crate::detect::flow::flow;
use crate::detect::motion::Plane;

/// Time over which movement is measured, ms: long enough to be more than noise (recipe: three
/// frames of ten a second), and the bounds within which it is measured at all.
const SPAN_MS: i64 = 300;
const SPAN_MIN_MS: i64 = 60;
const SPAN_MAX_MS: i64 = 700;
/// Score of a frame in which nothing stands out: more normal than a usual thing.
pub const NOBODY: f32 = -1.0;

/// What is remembered of a stream between frames.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Oldest first.
    planes: VecDeque<(UnixMs, Plane)>,
    trails: Trails,
    causal: Causal,
}

/// How far a frame is from normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Of this frame alone.
    pub score: f32,
    /// Smoothed over the last frames.
    pub causal: f32,
    /// Values of the terms of each thing, and how long it has stayed where it is, s.
    pub values: Vec<Terms>,
    pub dwell_s: Vec<f32>,
    /// The thing that makes it so.
    pub worst: Option<Worst>,
}

/// The least normal thing of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// Its place among the things.
    pub index: usize,
    pub judged: Judged,
    /// How long it has stayed where it is, s.
    pub dwell_s: f32,
}

impl Watch {
    /// What is seen of the things of a frame, compared with the frames before.
    pub fn observe(
        &mut self,
        at: UnixMs,
        plane: Plane,
        things: Vec<(Candidate, Looks)>,
    ) -> Vec<Observation> {
        let fits = |(then, old): &(UnixMs, Plane)| {
            let same = (old.width, old.height) == (plane.width, plane.height);
            same && (0..=SPAN_MAX_MS).contains(&at.since_ms(*then))
        };
        self.planes.retain(fits);
        let aged = self.planes.iter().map(|(then, plane)| (at.since_ms(*then), plane));
        let aged = aged.filter(|(age_ms, _)| *age_ms >= SPAN_MIN_MS);
        let before = aged.min_by_key(|(age_ms, _)| (age_ms - SPAN_MS).abs());
        // Without things nobody asks how they move.
        let before = before.filter(|_| !things.is_empty());
        let moved = before.and_then(|(age_ms, before)| Some((flow(before, &plane)?, age_ms)));
        let spanned = moved
            .as_ref()
            .map(|(flow, age_ms)| Spanned { flow, passed_s: *age_ms as f32 / 1000.0 });
        let aspect = plane.width as f32 / plane.height.max(1) as f32;
        let seen =
            things.into_iter().map(|thing| Observation::new(thing, spanned, aspect)).collect();
        self.planes.push_back((at, plane));
        while self.planes.front().is_some_and(|(then, _)| at.since_ms(*then) >= SPAN_MS)
            && self.planes.get(1).is_some_and(|(then, _)| at.since_ms(*then) >= SPAN_MS)
        {
            self.planes.pop_front();
        }
        seen
    }

    /// How long each thing has stayed, for learning without judging.
    pub fn dwell(&mut self, things: &[Observation], at: UnixMs) -> Vec<f32> {
        let followed = self.trails.follow(things, at);
        let dwell_s = followed.dwell_s.clone();
        self.trails.smooth(followed, &vec![0.0; things.len()]);
        dwell_s
    }

    /// Compares the things of a frame with what is normal.
    pub fn judge(
        &mut self,
        normal: &Normal,
        things: &[Observation],
        (at, hour): (UnixMs, Hour),
    ) -> Verdict {
        let followed = self.trails.follow(things, at);
        let dwell_s = followed.dwell_s.clone();
        let judged: Vec<Judged> = things
            .iter()
            .zip(&dwell_s)
            .map(|(thing, dwell_s)| normal.judge(normal.terms(thing, *dwell_s, hour)))
            .collect();
        let scores: Vec<f32> = judged.iter().map(|judged| judged.score).collect();
        let smoothed = self.trails.smooth(followed, &scores);
        let worst = smoothed.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let score = worst.map_or(NOBODY, |(_, score)| score.max(NOBODY));
        let worst = worst.map(|(index, _)| Worst {
            index,
            judged: judged[index].clone(),
            dwell_s: dwell_s[index],
        });
        let values = judged.iter().map(|judged| judged.values).collect();
        Verdict { score, causal: self.causal.add(at, score), values, dwell_s, worst }
    }
}
