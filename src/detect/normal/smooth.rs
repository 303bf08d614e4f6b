//! The score of a frame, smoothed over time: at once, or half a second later and better.
//!
//! The causal mean follows within 0.3 s and is what the daemon alarms on. The lagged one weighs
//! what came before and after and belongs to the frame in the middle. Both count time and not
//! frames. Pure.

use std::collections::VecDeque;

use crate::clock::UnixMs;

/// Time constant of the causal mean, s: 0.3 of a new value at 10 frames a second (recipe).
const CAUSAL_S: f32 = 0.28;
/// Deviation of the lagged mean, s, and how far it looks back and ahead, ms (recipe).
const LAGGED_S: f32 = 0.3;
const BACK_MS: i64 = 1_000;
pub const LAG_MS: i64 = 500;

/// The causal mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct Causal(Option<(UnixMs, f32)>);

impl Causal {
    /// The mean with a new score in it. A pause of a second or a clock set back begins anew.
    pub fn add(&mut self, at: UnixMs, score: f32) -> f32 {
        let mean = match self.0 {
            Some((last, mean)) if (0..=BACK_MS).contains(&at.since_ms(last)) => {
                let passed_s = at.since_ms(last) as f32 / 1000.0;
                mean + (1.0 - (-passed_s / CAUSAL_S).exp()) * (score - mean)
            }
            Some(_) | None => score,
        };
        self.0 = Some((at, mean));
        mean
    }
}

/// The lagged mean.
#[derive(Clone, Debug, Default)]
pub struct Lagged {
    scores: VecDeque<(UnixMs, f32)>,
    /// How many of them have been told.
    told: usize,
}

impl Lagged {
    /// Takes a score in and gives the means that are ready, in order.
    pub fn add(&mut self, at: UnixMs, score: f32) -> Vec<f32> {
        self.scores.push_back((at, score));
        let mut ready = Vec::new();
        while self.scores.get(self.told).is_some_and(|(then, _)| at.since_ms(*then) >= LAG_MS) {
            ready.push(self.tell());
        }
        ready
    }

    /// The rest, at the end of the footage.
    pub fn end(&mut self) -> Vec<f32> {
        let mut ready = Vec::new();
        while self.told < self.scores.len() {
            ready.push(self.tell());
        }
        self.scores.clear();
        self.told = 0;
        ready
    }

    fn tell(&mut self) -> f32 {
        let (at, _) = self.scores[self.told];
        let (mut sum, mut weights) = (0.0, 0.0);
        for (then, score) in &self.scores {
            let apart = then.since_ms(at);
            if (-BACK_MS..=LAG_MS).contains(&apart) {
                let apart = apart as f32 / 1000.0 / LAGGED_S;
                let weight = (-apart * apart / 2.0).exp();
                sum += weight * score;
                weights += weight;
            }
        }
        self.told += 1;
        while self.scores.front().is_some_and(|(then, _)| at.since_ms(*then) > BACK_MS) {
            self.scores.pop_front();
            self.told -= 1;
        }
        sum / weights
    }
}
