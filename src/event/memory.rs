//! What the rules of one camera remember: who has been in a zone since when, and since when it
//! moves.
//!
//! Pure: the time is that of the sighting. It is lost in a restart, on purpose: dwell begins anew,
//! and a second firing joins the observation that is open. Tested through `rule.rs`.

use std::collections::HashMap;

use super::ruleset::Rule;
use super::zone::{Raster, foot};
use crate::clock::UnixMs;
use crate::detect::Track;

/// How long an object may seem to be outside before its dwell begins anew, ms: a foot hidden by a
/// low wall lifts the foot point for a moment (guess, revisit).
const OUTSIDE_MS: i64 = 1_000;
/// Visits are forgotten when their track has been gone this long, ms. Tracks live 2 s without a
/// detection and their ids never come again.
const FORGET_MS: i64 = 10_000;
/// Quiet time that ends an episode of motion, ms.
const EPISODE_END_MS: i64 = 3_000;
/// Quiet time that begins the dwell of motion anew before it has fired, ms: a branch that stirs
/// every two seconds does not add up.
const PAUSE_MS: i64 = 1_000;
/// A pause of sightings that is a reconnect, and the time after it in which motion does not count,
/// ms: the first pictures are grey or torn (motion#1852).
const RECONNECT_MS: i64 = 5_000;
const AFTER_RECONNECT_MS: i64 = 1_000;

/// What is remembered of one camera between sightings. Belongs to one `RuleSet`.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// By the rule's place in the set and the track.
    pub(super) visits: HashMap<(usize, u64), Visit>,
    /// By the rule's place in the set.
    pub(super) episodes: HashMap<usize, Episode>,
    pub(super) rasters: HashMap<usize, Raster>,
    last_at: Option<UnixMs>,
    /// Motion counts from here on.
    motion_from: Option<UnixMs>,
}

/// How surely a track was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    Strong,
    Weak,
}

/// One track in the zone of one rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    entered: UnixMs,
    inside_at: UnixMs,
    seen_at: UnixMs,
    pub(super) fired: bool,
}

/// Motion in the zone of one rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Episode {
    began: UnixMs,
    moving_at: UnixMs,
    pub(super) fired: bool,
}

impl Memory {
    /// A new sighting: forget what is over, and see whether the camera was away.
    pub(super) fn begin(&mut self, at: UnixMs) {
        let passed_ms = self.last_at.map_or(0, |last| at.since_ms(last));
        if passed_ms < 0 {
            // The clock was set back: what is counted in time begins anew, what has fired stays so.
            self.episodes.clear();
            self.visits.retain(|_, visit| visit.fired);
            self.visits.values_mut().for_each(|visit| visit.seen_at = at);
            self.motion_from = None;
        }
        if self.last_at.is_none() || passed_ms > RECONNECT_MS {
            self.motion_from = Some(at.plus_ms(AFTER_RECONNECT_MS));
        }
        self.last_at = Some(at);
        self.visits.retain(|_, visit| at.since_ms(visit.seen_at) <= FORGET_MS);
        self.episodes.retain(|_, episode| {
            let quiet_ms = at.since_ms(episode.moving_at);
            quiet_ms <= if episode.fired { EPISODE_END_MS } else { PAUSE_MS }
        });
    }

    /// Notes where a track is; the dwell in ms when the rule fires. A weak sighting only continues
    /// a visit, it neither begins one nor fires.
    pub(super) fn visit(
        &mut self,
        place: usize,
        rule: &Rule,
        track: &Track,
        sight: Sight,
    ) -> Option<i64> {
        let strong = sight == Sight::Strong;
        let at = self.last_at?;
        let inside = rule.polygon.contains(foot(&track.area));
        let key = (place, track.id);
        if inside && strong {
            let new = Visit { entered: at, inside_at: at, seen_at: at, fired: false };
            self.visits.entry(key).or_insert(new);
        }
        let visit = self.visits.get_mut(&key)?;
        visit.seen_at = at;
        if inside {
            visit.inside_at = at;
        } else if !visit.fired && at.since_ms(visit.inside_at) > OUTSIDE_MS {
            self.visits.remove(&key);
            return None;
        }
        let dwell_ms = at.since_ms(visit.entered);
        let fires = inside && strong && !visit.fired && dwell_ms >= rule.dwell_ms;
        visit.fired |= fires;
        fires.then_some(dwell_ms)
    }

    /// Notes that a zone moves; the dwell in ms when the rule fires.
    pub(super) fn stir(&mut self, place: usize, rule: &Rule) -> Option<i64> {
        let at = self.last_at?;
        if self.motion_from.is_some_and(|from| at < from) {
            return None;
        }
        let new = Episode { began: at, moving_at: at, fired: false };
        let episode = self.episodes.entry(place).or_insert(new);
        episode.moving_at = at;
        let dwell_ms = at.since_ms(episode.began);
        let fires = !episode.fired && dwell_ms >= rule.dwell_ms;
        episode.fired |= fires;
        fires.then_some(dwell_ms)
    }
}
