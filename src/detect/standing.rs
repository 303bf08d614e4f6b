//! What stands in the picture and where: a parked car, a statue, a bag on a bench.
//!
//! A track lives two seconds without a detection; what stands is hidden, missed or out of sight for
//! longer than that and would be new each time. So places are remembered, not looks: a track that
//! begins where something of its class stood is the thing that stood there. When it moves away it
//! is a track again, and its place is free. Pure; the event stage keeps it over restarts.

use std::collections::{BTreeSet, HashMap};

use super::{Box01, Class, Motion, Search, Sighting, Track};
use crate::clock::UnixMs;

/// Time in which something must not move to be standing, ms: things at once, beings only after
/// longer than one waits at a crossing (guesses, revisit).
const THING_STILL_MS: i64 = 10_000;
const BEING_STILL_MS: i64 = 120_000;
/// Overlap with where it stood above which a box has not moved. The jitter of a still box is a
/// twentieth of its sides, an overlap of 0.8; a walker is below this after a third of a second.
const UNMOVED: f32 = 0.6;
/// Overlap with a place above which a new track is what stood there, and for another class of thing
/// (the detector wavers between a bicycle and a motorcycle). Cars side by side overlap by 0.2.
const SAME_PLACE: f32 = 0.5;
const SAME_SPOT: f32 = 0.7;
/// Overlap with its place below which what stood there has moved away; half hidden, a car's box is
/// half as large (guess, revisit).
const AT_PLACE: f32 = 0.3;
/// Looks in a row that show something moved: one may be a bad box.
const MOVED_LOOKS: u8 = 2;
/// Time after a track moved away in which another track at its place is the thing itself, ms: when
/// somebody passes, the two may change their ids.
const SWAP_MS: i64 = 5_000;
/// A place that is empty is remembered for as long as it was taken, within these limits, ms; one
/// that was seen to be left, only as long as rules ask for it (guesses, revisit).
const EMPTY_LEAST_MS: i64 = 600_000;
const EMPTY_MOST_MS: i64 = 7 * 86_400_000;
const LEFT_MS: i64 = 600_000;
/// Share of a place that something else covers, or that moves, above which it is not seen.
const HIDDEN: f32 = 0.15;
/// Moving share of the whole picture above which nothing is known of any place.
const UNREST: f32 = 0.3;
/// Places of one camera: a full car park (guess, revisit).
const PLACES_MAX: usize = 200;
/// Looks over which the box of a place is averaged; then it stays, so that nothing can creep away
/// with it (guess, revisit).
const AVERAGED_LOOKS: u32 = 25;

/// Something that stands, or stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Unique within one camera.
    pub id: u64,
    pub class: Class,
    pub area: Box01,
    /// Since when it stands.
    pub since: UnixMs,
    /// When it was last found there.
    pub seen_at: UnixMs,
    /// Looks that found it, and looks that could have.
    pub seen: u32,
    pub looks: u32,
    /// Ids of the rules that have told of it.
    pub told: BTreeSet<String>,
    /// The track that is there.
    track: Option<u64>,
    /// When its track was seen to move away.
    left_at: Option<UnixMs>,
    /// Since when it is not found although nothing hides it, and in how many looks.
    missing: Option<(UnixMs, u32)>,
}

/// How a place was found empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    pub since: UnixMs,
    /// Looks in a row that showed it; a departure that was seen needs none.
    pub looks: u32,
}

/// One track as its rest is judged.
#[derive(Clone, Debug)]
struct Watched {
    at_rest: Box01,
    since: UnixMs,
    seen_at: UnixMs,
    moved_looks: u8,
    place: Option<u64>,
}

/// The places of one camera.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    places: Vec<Place>,
    watched: HashMap<u64, Watched>,
    last_id: u64,
    /// A rule has told of a place since this was last asked.
    told: bool,
    /// Places have come, gone or been found again since this was last asked.
    changed: bool,
}

impl Place {
    /// A place as it was kept.
    #[must_use]
    pub const fn kept(id: u64, class: Class, area: Box01, since: UnixMs) -> Self {
        Self {
            id,
            class,
            area,
            since,
            seen_at: since,
            seen: 0,
            looks: 0,
            told: BTreeSet::new(),
            track: None,
            left_at: None,
            missing: None,
        }
    }

    /// Whether and since when it is empty, as far as it can be seen.
    #[must_use]
    pub fn absence(&self) -> Option<Absence> {
        let left = self.left_at.map(|since| Absence { since, looks: u32::MAX });
        left.or(self.missing.map(|(since, looks)| Absence { since, looks }))
    }

    /// Looks in a row that did not find it although nothing hid it.
    #[must_use]
    pub fn missed(&self) -> u32 {
        self.missing.map_or(0, |(_, looks)| looks)
    }

    /// How long it stood there, ms.
    #[must_use]
    pub const fn stood_ms(&self) -> i64 {
        self.seen_at.since_ms(self.since)
    }

    /// Whether something of this class with this box is what stands here.
    fn is(&self, class: Class, area: &Box01) -> bool {
        let alike = self.area.overlap(area);
        let beings = [Class::Person, Class::Animal];
        let things = !beings.contains(&self.class) && !beings.contains(&class);
        alike >= SAME_PLACE && (self.class == class || (things && alike >= SAME_SPOT))
    }

    fn found(&mut self, track: &Track, at: UnixMs) {
        self.track = Some(track.id);
        self.seen_at = at;
        self.seen = self.seen.saturating_add(1);
        self.looks = self.looks.saturating_add(1);
        (self.left_at, self.missing) = (None, None);
        if self.seen > AVERAGED_LOOKS {
            return;
        }
        let follow = |from: f32, to: f32| from + (to - from) / (self.seen as f32 + 1.0);
        self.area = Box01 {
            x0: follow(self.area.x0, track.area.x0),
            y0: follow(self.area.y0, track.area.y0),
            x1: follow(self.area.x1, track.area.x1),
            y1: follow(self.area.y1, track.area.y1),
        };
    }

    fn is_over(&self, at: UnixMs) -> bool {
        let left = self.left_at.is_some_and(|left| at.since_ms(left) > LEFT_MS);
        let patience_ms = self.stood_ms().clamp(EMPTY_LEAST_MS, EMPTY_MOST_MS);
        left || self.missing.is_some_and(|(since, _)| at.since_ms(since) > patience_ms)
    }
}

impl Standing {
    /// The memory of a camera with the places that were kept.
    #[must_use]
    pub fn restored(places: Vec<Place>) -> Self {
        let last_id = places.iter().map(|place| place.id).max().unwrap_or(0);
        Self { places, last_id, ..Self::default() }
    }

    /// All places, also those found empty of late.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What stands where this track is; none for a track that is new or moves.
    #[must_use]
    pub fn of_track(&self, track: u64) -> Option<&Place> {
        let id = self.watched.get(&track)?.place?;
        self.places.iter().find(|place| place.id == id)
    }

    /// Whether the track is something that has come, and not something that has stood there.
    #[must_use]
    pub fn is_new(&self, track: u64) -> bool {
        self.of_track(track).is_none()
    }

    /// Notes that a rule has told of a place.
    pub fn tell(&mut self, place: u64, rule: &str) {
        if let Some(place) = self.places.iter_mut().find(|known| known.id == place) {
            self.told |= place.told.insert(rule.to_owned());
        }
    }

    /// Whether a rule has told of a place since this was last asked.
    pub const fn take_told(&mut self) -> bool {
        std::mem::replace(&mut self.told, false)
    }

    /// Whether anything that is kept has changed since this was last asked.
    pub const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    /// Takes in what was seen.
    pub fn update(&mut self, sighting: &Sighting) {
        if sighting.search == Search::Skipped {
            return;
        }
        let at = sighting.frame.seen_at;
        // Those that have a place first, so that nobody new takes it from them.
        let at_home = |track: &&Track| self.of_track(track.id).is_some();
        let (settled, others): (Vec<&Track>, Vec<&Track>) =
            sighting.tracks.iter().partition(at_home);
        for track in settled.into_iter().chain(others) {
            self.watch(track, at);
        }
        self.watched.retain(|_, one| (0..=LEFT_MS).contains(&at.since_ms(one.seen_at)));
        if sighting.search == Search::Whole {
            for place in self.places.iter_mut().filter(|place| place.seen_at != at) {
                miss(place, sighting);
            }
        }
        let before = self.places.len();
        self.places.retain(|place| !place.is_over(at));
        self.changed |= self.places.len() != before;
    }

    fn watch(&mut self, track: &Track, at: UnixMs) {
        let known = self.watched.remove(&track.id);
        let begins = known.is_none();
        let mut one = known.unwrap_or(Watched {
            at_rest: track.area,
            since: at,
            seen_at: at,
            moved_looks: 0,
            place: None,
        });
        one.seen_at = at;
        let stays = match self.places.iter().find(|place| Some(place.id) == one.place) {
            Some(place) => place.area.overlap(&track.area) >= AT_PLACE,
            None => one.at_rest.overlap(&track.area) >= UNMOVED,
        };
        one.moved_looks = if stays { 0 } else { one.moved_looks + 1 };
        if one.moved_looks >= MOVED_LOOKS {
            self.leave(one.place.take(), at);
            (one.at_rest, one.since, one.moved_looks) = (track.area, at, 0);
        }
        if one.place.is_none() {
            one.place = self.at_home(track, begins.then_some(at), at);
        }
        if one.place.is_none() && at.since_ms(one.since) >= still_ms(track.class) {
            one.place = self.settle(track, one.since);
        }
        if let Some(place) = self.places.iter_mut().find(|place| Some(place.id) == one.place)
            && one.moved_looks == 0
        {
            place.found(track, at);
            self.changed = true;
        }
        self.watched.insert(track.id, one);
    }

    /// The place that a track belongs to: of a track that begins, one where such a thing stood; of
    /// any track, one that another track has just left.
    fn at_home(&self, track: &Track, begins: Option<UnixMs>, at: UnixMs) -> Option<u64> {
        let free = |place: &&Place| {
            let swapped = place.left_at.is_some_and(|left| at.since_ms(left) <= SWAP_MS);
            let unseen = begins.is_some() && place.left_at.is_none() && place.seen_at != at;
            (swapped || unseen) && place.is(track.class, &track.area)
        };
        let alike = |place: &&Place| place.area.overlap(&track.area);
        let homes = self.places.iter().filter(free);
        homes.max_by(|a, b| alike(a).total_cmp(&alike(b))).map(|place| place.id)
    }

    fn leave(&mut self, place: Option<u64>, at: UnixMs) {
        let left = self.places.iter_mut().find(|known| Some(known.id) == place);
        if let Some(place) = left {
            (place.track, place.left_at) = (None, Some(at));
            self.changed = true;
        }
    }

    /// A new place, instead of an empty one on the same spot.
    fn settle(&mut self, track: &Track, since: UnixMs) -> Option<u64> {
        self.places.retain(|place| {
            place.absence().is_none() || place.area.overlap(&track.area) < SAME_PLACE
        });
        if self.places.len() >= PLACES_MAX {
            return None;
        }
        self.last_id += 1;
        self.changed = true;
        self.places.push(Place::kept(self.last_id, track.class, track.area, since));
        Some(self.last_id)
    }
}

const fn still_ms(class: Class) -> i64 {
    match class {
        Class::Person | Class::Animal => BEING_STILL_MS,
        Class::Bicycle | Class::Vehicle | Class::Bag => THING_STILL_MS,
    }
}

/// A look that did not find what stands at a place: hidden, or not there.
fn miss(place: &mut Place, sighting: &Sighting) {
    let covered = |track: &Track| covered_share(&place.area, &track.area) >= HIDDEN;
    let stirs = moving_share(&place.area, &sighting.motion) >= HIDDEN;
    let unrest = sighting.motion.fraction >= UNREST;
    if stirs || unrest || sighting.tracks.iter().any(covered) {
        place.missing = None;
        return;
    }
    place.looks = place.looks.saturating_add(1);
    let at = sighting.frame.seen_at;
    let (since, looks) = place.missing.filter(|(since, _)| *since <= at).unwrap_or((at, 0));
    place.missing = Some((since, looks.saturating_add(1)));
}

/// Share 0..1 of `area` that lies under `other`.
fn covered_share(area: &Box01, other: &Box01) -> f32 {
    let across = (area.x1.min(other.x1) - area.x0.max(other.x0)).max(0.0);
    let down = (area.y1.min(other.y1) - area.y0.max(other.y0)).max(0.0);
    let whole = (area.x1 - area.x0) * (area.y1 - area.y0);
    if whole > 0.0 { across * down / whole } else { 0.0 }
}

/// Share 0..1 of a box that moves.
fn moving_share(area: &Box01, motion: &Motion) -> f32 {
    let (wide, high) = (motion.mask_width as usize, motion.mask_height as usize);
    let cells = |from: f32, to: f32, len: usize| {
        let cell = |side: f32| (side.clamp(0.0, 1.0) * len as f32) as usize;
        cell(from)..(cell(to) + 1).min(len)
    };
    let (mut all, mut moving) = (0_u32, 0_u32);
    for y in cells(area.y0, area.y1, high) {
        for x in cells(area.x0, area.x1, wide) {
            all += 1;
            moving += u32::from(motion.mask.get(y * wide + x) == Some(&true));
        }
    }
    if all > 0 { moving as f32 / all as f32 } else { 0.0 }
}

#[cfg(test)]
#[path = "standing_test.rs"]
mod test;
