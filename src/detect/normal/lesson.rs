//! Learning what is normal from footage that is all there: `gengfu learn`.
//!
//! Scales and the tail must come from things that were not learnt from, or everything would look
//! familiar. So the footage is cut into four parts; each is judged by what the other three taught,
//! and the final normal is taught by all. Pure; the same footage gives the same normal.

use super::alarm::Blocks;
use super::observe::Observation;
use super::usual::Hour;
use super::watch::Watch;
use super::{Normal, Spans};
use crate::clock::UnixMs;

/// Parts that judge each other (recipe).
const PARTS: usize = 4;
/// Things kept in memory, 0.5 kB each; beyond that every second frame is forgotten.
const THINGS_MAX: usize = 200_000;
/// Frames with things below which nothing is taught (guess, revisit).
const FRAMES_MIN: usize = 100;

/// One frame as it was seen.
#[derive(Clone, Debug)]
struct Frame {
    /// Which file, counted from 0.
    file: usize,
    at: UnixMs,
    /// Time since the frame before it, s.
    passed_s: f32,
    /// With the time each has stayed, s.
    things: Vec<(Observation, f32)>,
}

/// What was seen, until it is learnt from.
#[derive(Debug, Default)]
pub struct Notes {
    frames: Vec<Frame>,
    things: usize,
    files: usize,
    /// Of so many frames one is kept.
    every: usize,
    offered: usize,
}

/// Why nothing can be learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "only {frames} frames show anything; at least {FRAMES_MIN} are needed: give longer footage"
)]
pub struct TooLittle {
    pub frames: usize,
}

impl Notes {
    /// What follows is from another file.
    pub fn begin_file(&mut self) {
        self.files += 1;
    }

    /// Takes a frame in.
    pub fn add(&mut self, at: UnixMs, passed_s: f32, things: Vec<(Observation, f32)>) {
        self.offered += 1;
        if !self.offered.is_multiple_of(self.every.max(1)) {
            return;
        }
        self.things += things.len();
        let file = self.files.saturating_sub(1);
        self.frames.push(Frame { file, at, passed_s, things });
        if self.things > THINGS_MAX {
            self.every = self.every.max(1) * 2;
            let mut keep = false;
            self.frames.retain(|_| {
                keep = !keep;
                keep
            });
            self.things = self.frames.iter().map(|frame| frame.things.len()).sum();
        }
    }

    /// What all of it teaches.
    ///
    /// # Errors
    /// Too few frames show anything.
    pub fn learn(&self) -> Result<Normal, TooLittle> {
        let frames = self.frames.iter().filter(|frame| !frame.things.is_empty()).count();
        if frames < FRAMES_MIN {
            return Err(TooLittle { frames });
        }
        let mut spans = Spans::default();
        let mut taught: Vec<Normal> =
            (0..PARTS).map(|part| teach(self.frames_of(|other| other != part))).collect();
        for (part, normal) in taught.iter().enumerate() {
            for frame in self.frames_of(|other| other == part) {
                let terms =
                    frame.things.iter().map(|(thing, stayed)| normal.terms(thing, *stayed, HOUR));
                spans.add(terms);
            }
        }
        let mut normal = teach(self.frames.iter());
        normal.rescale(spans);
        for (part, judge) in taught.iter_mut().enumerate() {
            judge.scales = normal.scales;
            let (mut watch, mut blocks, mut file) = (Watch::default(), Blocks::default(), None);
            for frame in self.frames_of(|other| other == part) {
                if file.replace(frame.file) != Some(frame.file) {
                    (watch, blocks) = (Watch::default(), Blocks::default());
                }
                let things: Vec<_> = frame.things.iter().map(|(thing, _)| thing.clone()).collect();
                let verdict = watch.judge(judge, &things, (frame.at, HOUR));
                if let Some(largest) = blocks.add(frame.at, verdict.causal) {
                    normal.tail.largest.add(largest);
                }
            }
        }
        Ok(normal)
    }

    /// Frames of some parts: whole files if there are enough of them.
    fn frames_of(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = &Frame> {
        let (files, frames) = (self.files, self.frames.len());
        let part = move |(at, frame): &(usize, &Frame)| {
            if files >= PARTS { frame.file * PARTS / files } else { at * PARTS / frames }
        };
        let numbered = self.frames.iter().enumerate();
        numbered.filter(move |frame| wanted(part(frame))).map(|(_, frame)| frame)
    }
}

/// A file does not say at which hour it was taken.
const HOUR: Hour = None;

fn teach<'a>(frames: impl Iterator<Item = &'a Frame>) -> Normal {
    let frames: Vec<&Frame> = frames.collect();
    let mut normal = Normal::empty();
    for (thing, _) in frames.iter().flat_map(|frame| &frame.things) {
        normal.heights.add(thing);
    }
    for frame in frames {
        normal.learnt.frames += 1;
        normal.learnt.seconds += f64::from(frame.passed_s);
        normal.usual.watch(HOUR);
        for (thing, stayed_s) in &frame.things {
            let height = normal.heights.expected(thing);
            take_in(&mut normal, (thing, height), (*stayed_s, HOUR));
        }
    }
    normal
}

/// Takes a thing into all but the heights, which must be known before.
pub(super) fn take_in(
    normal: &mut Normal,
    (thing, height): (&Observation, f32),
    (stayed_s, hour): (f32, Hour),
) {
    normal.learnt.things += 1;
    normal.memory.offer(thing, height);
    normal.usual.add(thing, (stayed_s, height), hour);
}
