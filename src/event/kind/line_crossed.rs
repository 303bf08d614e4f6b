//! An object passes from one side of a line to the other.
//!
//! A side counts only away from the line, so that a track that wavers on it has not passed; and a
//! track passes once in its life, however often it comes back.

use super::super::line::{Hand, Line, Side};
use super::super::memory::Notes;
use super::super::zone::foot;
use super::super::{Fact, Facts};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms};
use crate::config::{self, Crossing};
use crate::detect::Track;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct LineCrossed {
    line: Line,
    crossing: Crossing,
    filter: Filter,
    /// How long it must have been on the other side.
    dwell_ms: i64,
}

impl LineCrossed {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let Ground::Line(line) = ground else { return None };
        let crossing = rule.crossing.unwrap_or_default();
        Some(Self { line, crossing, filter: Filter::of(rule), dwell_ms: dwell_ms(rule) })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.sides.retain(|_, side| side.fired);
            return Vec::new();
        }
        let sure = |track: &&Track| track.score >= self.filter.min_score;
        let mut found = Vec::new();
        for track in self.filter.tracks(scene).filter(sure) {
            let here = foot(&track.area);
            let Some(hand) = self.line.hand(here, &track.area, scene.aspect) else { continue };
            let new = Side { hand, foot: here, seen_at: scene.at, crossed: None, fired: false };
            let side = notes.sides.entry(track.id).or_insert(new);
            if hand != side.hand {
                let passed = self.line.is_passed(side.foot, here) && side.crossed.is_none();
                // Back on the first side, or round the end of the line: it has not passed.
                side.crossed = passed.then_some((side.hand, scene.at));
            }
            (side.hand, side.foot, side.seen_at) = (hand, here, scene.at);
            let Some((from, at)) = side.crossed.filter(|(from, _)| self.allows(*from)) else {
                continue;
            };
            let dwell_ms = scene.at.since_ms(at);
            if !side.fired && dwell_ms >= self.dwell_ms {
                side.fired = true;
                found.push(Found::track(track, dwell_ms).with(way(from)));
            }
        }
        found
    }

    const fn allows(&self, from: Hand) -> bool {
        match (self.crossing, from) {
            (Crossing::Both, _)
            | (Crossing::LeftToRight, Hand::Left)
            | (Crossing::RightToLeft, Hand::Right) => true,
            (Crossing::LeftToRight, Hand::Right) | (Crossing::RightToLeft, Hand::Left) => false,
        }
    }
}

fn way(from: Hand) -> Facts {
    let way = match from {
        Hand::Left => "left_to_right",
        Hand::Right => "right_to_left",
    };
    Facts::from([("way".to_owned(), Fact::Word(way.to_owned()))])
}
