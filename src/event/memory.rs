//! What the rules of one camera remember, and the two ways in which something lasts: a track that
//! keeps to a condition, and a zone that does.
//!
//! Pure: the time is that of the sighting. It is lost in a restart, on purpose: dwell begins anew,
//! and a second firing joins the observation that is open. What stands is remembered elsewhere
//! (`detect/standing.rs`) and is kept. Tested through `rule.rs` and the kinds.

use std::collections::HashMap;

use super::line::Side;
use super::zone::Raster;
use crate::clock::UnixMs;
use crate::detect::standing::Standing;

/// Visits are forgotten when their track has been gone this long, ms. Tracks live 2 s without a
/// detection and their ids never come again.
const FORGET_MS: i64 = 10_000;
/// A pause of sightings that is a reconnect, and the time after it in which motion does not count,
/// ms: the first pictures are grey or torn (motion#1852).
const RECONNECT_MS: i64 = 5_000;
const AFTER_RECONNECT_MS: i64 = 1_000;

/// What is remembered of one camera between sightings. Belongs to one `RuleSet`.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// One for each rule of the set, in its order.
    pub(super) notes: Vec<Notes>,
    /// What stands in the picture.
    pub standing: Standing,
    last_at: Option<UnixMs>,
    /// Motion counts from here on.
    motion_from: Option<UnixMs>,
}

/// What one rule remembers; each kind uses its part.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) visits: Visits,
    pub(super) episode: Episode,
    pub(super) raster: Raster,
    /// By track.
    pub(super) sides: HashMap<u64, Side>,
    /// By place: when somebody was last near what stands there.
    pub(super) attended: HashMap<u64, UnixMs>,
}

impl Memory {
    /// A memory with what stood in the picture before.
    #[must_use]
    pub fn with(standing: Standing) -> Self {
        Self { standing, ..Self::default() }
    }

    /// A new sighting: forget what is over, and see whether the camera was away.
    pub(super) fn begin(&mut self, at: UnixMs, rules: usize) {
        self.notes.resize_with(rules, Notes::default);
        let passed_ms = self.last_at.map_or(0, |last| at.since_ms(last));
        if passed_ms < 0 {
            self.set_back(at);
        }
        if self.last_at.is_none() || passed_ms > RECONNECT_MS {
            self.motion_from = Some(at.plus_ms(AFTER_RECONNECT_MS));
        }
        self.last_at = Some(at);
        for notes in &mut self.notes {
            notes.visits.0.retain(|_, visit| at.since_ms(visit.seen_at) <= FORGET_MS);
            notes.sides.retain(|_, side| (0..=FORGET_MS).contains(&at.since_ms(side.seen_at)));
        }
    }

    /// The clock was set back: what is counted in time begins anew, what has fired stays so.
    fn set_back(&mut self, at: UnixMs) {
        for notes in &mut self.notes {
            notes.episode = Episode::default();
            notes.visits.0.retain(|_, visit| visit.fired);
            notes.visits.0.values_mut().for_each(|visit| visit.seen_at = at);
            notes.attended.values_mut().for_each(|seen_at| *seen_at = at);
        }
        self.motion_from = None;
    }

    /// Whether motion counts: not in the first moments after a reconnect.
    pub(super) fn motion_counts(&self, at: UnixMs) -> bool {
        self.motion_from.is_none_or(|from| at >= from)
    }
}

/// How a track stands to a rule's condition in one sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It meets the condition, and surely.
    Strong,
    /// It meets the condition; seen too weakly, or at the wrong time, to begin or to fire.
    Weak,
    /// It does not meet the condition.
    Outside,
}

/// How long a condition must last, and how long it may seem to be broken in between, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lasting {
    pub(super) dwell_ms: i64,
    pub(super) gap_ms: i64,
}

/// The tracks that meet a rule's condition, by track.
#[derive(Clone, Debug, Default)]
pub(super) struct Visits(HashMap<u64, Visit>);

#[derive(Clone, Copy, Debug)]
struct Visit {
    entered: UnixMs,
    inside_at: UnixMs,
    seen_at: UnixMs,
    fired: bool,
}

impl Visits {
    /// Notes a track; how long it has met the condition, ms, when the rule fires. A weak sighting
    /// only continues a visit, it neither begins one nor fires. A visit fires once.
    pub(super) fn note(
        &mut self,
        track: u64,
        sight: Sight,
        lasting: Lasting,
        at: UnixMs,
    ) -> Option<i64> {
        if sight == Sight::Strong {
            let new = Visit { entered: at, inside_at: at, seen_at: at, fired: false };
            self.0.entry(track).or_insert(new);
        }
        let visit = self.0.get_mut(&track)?;
        visit.seen_at = at;
        match sight {
            Sight::Strong | Sight::Weak => visit.inside_at = at,
            Sight::Outside if visit.fired => return None,
            Sight::Outside => {
                if at.since_ms(visit.inside_at) > lasting.gap_ms {
                    self.0.remove(&track);
                }
                return None;
            }
        }
        let dwell_ms = at.since_ms(visit.entered);
        let fires = sight == Sight::Strong && !visit.fired && dwell_ms >= lasting.dwell_ms;
        visit.fired |= fires;
        fires.then_some(dwell_ms)
    }

    /// Whether a visit of this track goes on.
    pub(super) fn has(&self, track: u64) -> bool {
        self.0.contains_key(&track)
    }

    /// Ends the visits that have not fired: the rule is not armed.
    pub(super) fn disarm(&mut self) {
        self.0.retain(|_, visit| visit.fired);
    }
}

/// How long a zone must meet a condition, and when an episode is over, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spell {
    pub(super) dwell_ms: i64,
    /// Quiet time that begins the dwell anew before the episode has fired.
    pub(super) pause_ms: i64,
    /// Quiet time that ends an episode that has fired.
    pub(super) end_ms: i64,
}

/// A zone that meets a rule's condition.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Episode(Option<Began>);

#[derive(Clone, Copy, Debug)]
struct Began {
    at: UnixMs,
    met_at: UnixMs,
    fired: bool,
}

impl Episode {
    /// Lets time pass in which the condition was not met.
    pub(super) fn pass(&mut self, spell: Spell, at: UnixMs) {
        self.0 = self.0.filter(|began| {
            let quiet_ms = at.since_ms(began.met_at);
            quiet_ms <= if began.fired { spell.end_ms } else { spell.pause_ms }
        });
    }

    /// Notes that the condition is met; for how long, ms, when the rule fires.
    pub(super) fn meet(&mut self, spell: Spell, at: UnixMs) -> Option<i64> {
        self.pass(spell, at);
        let began = self.0.get_or_insert(Began { at, met_at: at, fired: false });
        began.met_at = at;
        let dwell_ms = at.since_ms(began.at);
        let fires = !began.fired && dwell_ms >= spell.dwell_ms;
        began.fired |= fires;
        fires.then_some(dwell_ms)
    }
}
