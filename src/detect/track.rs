//! Who is who from one look to the next, within one camera and one visit.
//!
//! Two-stage association after ByteTrack (Zhang 2022, arXiv:2110.06864): sure detections first,
//! then unsure ones, which may only continue a track and never begin one. Boxes are widened before
//! they are compared (C-BIoU, Yang 2023), because at five looks a second a runner's boxes do not
//! touch. Own code, pure. A track is a visit, not a person: nothing is kept once it is gone, and no
//! looks are compared, only places.

use super::assign::cheapest;
use super::kalman::Kalman;
use super::{Box01, Class, Detection, Track};
use crate::clock::UnixMs;

/// How long a track lives without a detection. One person hides another for about a second.
pub const KEPT_MS: i64 = 2_000;
/// Detections that make a track: one alone may be a flicker (ByteTrack: 2).
const CONFIRMED_HITS: u32 = 2;
/// How alike a detection must be to continue a track.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Widening of boxes before comparing, in own widths and heights on each side.
    widened: f32,
    /// Least overlap of the widened boxes.
    least: f32,
}

/// A sure detection (C-BIoU: 0.3; ByteTrack: 0.2).
const SURE: Fit = Fit { widened: 0.3, least: 0.2 };
/// An unsure detection (ByteTrack: 0.5).
const UNSURE: Fit = Fit { widened: 0.3, least: 0.5 };
/// A sure detection that nobody has claimed, for a track whose speed is not known yet (C-BIoU's
/// second widening: 0.5): somebody who runs in at 3.5 own heights a second is found again.
const FIRST: Fit = Fit { widened: 0.5, least: 0.1 };
/// Speed in own sizes per second below which an object stands. A walker makes 0.8, the jitter of a
/// still box 0.05 (measured in `kalman.rs`).
const STANDING: f32 = 0.15;

/// One followed object.
#[derive(Clone, Debug)]
struct Followed {
    id: u64,
    class: Class,
    score: f32,
    area: Box01,
    kalman: Kalman,
    began: UnixMs,
    last_hit: UnixMs,
    /// Not found at the last look. Two looks may bear the same time, so times do not tell.
    missed: bool,
    hits: u32,
}

/// How lively a camera's tracks are, for deciding when to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveliness {
    /// No tracks.
    Nothing,
    /// All stand.
    Standing,
    /// One moves, is new, or was missed at the last look.
    Moving,
}

/// The tracks of one camera.
#[derive(Clone, Debug)]
pub struct Tracker {
    followed: Vec<Followed>,
    last_id: u64,
    last_at: Option<UnixMs>,
    /// Lowest score 0..1 that begins a track.
    sure_score: f32,
}

impl Tracker {
    /// An empty tracker. `sure_score` 0..1 separates sure from unsure detections.
    #[must_use]
    pub const fn new(sure_score: f32) -> Self {
        Self { followed: Vec::new(), last_id: 0, last_at: None, sure_score }
    }

    /// Takes the detections of one look and returns the confirmed tracks seen in it.
    pub fn update(&mut self, detections: &[Detection], at: UnixMs) -> Vec<Track> {
        self.expire(at);
        let passed_ms = self.last_at.map_or(0, |last| at.since_ms(last).max(0));
        self.last_at = Some(at);
        for followed in &mut self.followed {
            followed.kalman.predict(passed_ms as f32 / 1000.0);
            followed.missed = true;
        }
        let (sure, unsure): (Vec<&Detection>, Vec<&Detection>) =
            detections.iter().partition(|detection| detection.score >= self.sure_score);
        let all: Vec<usize> = (0..self.followed.len()).collect();
        let mut taken = self.associate(&all, &sure, SURE, at);
        taken.resize(sure.len(), false);
        self.associate_new(&sure, &mut taken, at);
        let rest: Vec<usize> = all
            .into_iter()
            .filter(|&index| self.followed[index].missed && self.is_confirmed(index))
            .collect();
        self.associate(&rest, &unsure, UNSURE, at);
        self.followed.retain(|one| !one.missed || one.hits >= CONFIRMED_HITS);
        for (detection, _) in sure.into_iter().zip(taken).filter(|(_, taken)| !taken) {
            self.begin(detection, at);
        }
        self.seen_at(at)
    }

    /// Drops tracks that were not detected for too long. Also called when nobody looked.
    pub fn expire(&mut self, at: UnixMs) {
        // A clock that steps back makes ages negative; such tracks end too.
        self.followed.retain(|one| (0..=KEPT_MS).contains(&at.since_ms(one.last_hit)));
    }

    /// Whether there is anything to follow.
    #[must_use]
    pub fn liveliness(&self) -> Liveliness {
        let stands = |one: &Followed| {
            one.hits >= 2 * CONFIRMED_HITS && !one.missed && one.kalman.speed() < STANDING
        };
        match self.followed.iter().all(stands) {
            _ if self.followed.is_empty() => Liveliness::Nothing,
            true => Liveliness::Standing,
            false => Liveliness::Moving,
        }
    }

    /// Where everything that is followed will be `at`, also what was found only once.
    #[must_use]
    pub fn expected(&self, at: UnixMs) -> Vec<Box01> {
        let passed_ms = self.last_at.map_or(0, |last| at.since_ms(last).max(0));
        let foretold = |one: &Followed| {
            let mut kalman = one.kalman.clone();
            kalman.predict(passed_ms as f32 / 1000.0);
            kalman.area()
        };
        self.followed.iter().map(foretold).collect()
    }

    fn is_confirmed(&self, index: usize) -> bool {
        self.followed[index].hits >= CONFIRMED_HITS
    }

    /// Pairs the tracks of `indices` with `detections`; returns which detections were taken.
    fn associate(
        &mut self,
        indices: &[usize],
        detections: &[&Detection],
        fit: Fit,
        at: UnixMs,
    ) -> Vec<bool> {
        let likeness = |row: usize, column: usize| {
            let (one, detection) = (&self.followed[indices[row]], detections[column]);
            let (was, is) = (one.kalman.area(), detection.area);
            let alike = widened(&was, fit.widened).overlap(&widened(&is, fit.widened));
            if one.class == detection.class && alike >= fit.least { alike } else { 0.0 }
        };
        // An unwanted pair costs as much as two strangers, so that it never displaces a good one.
        let mut pairs =
            cheapest(indices.len(), detections.len(), |row, column| 1.0 - likeness(row, column));
        pairs.retain(|&(row, column)| likeness(row, column) > 0.0);
        let mut taken = vec![false; detections.len()];
        for (row, column) in pairs {
            self.followed[indices[row]].hit(detections[column], at);
            taken[column] = true;
        }
        taken
    }

    /// Pairs tracks of one detection with sure detections that are not `taken`.
    fn associate_new(&mut self, sure: &[&Detection], taken: &mut [bool], at: UnixMs) {
        let new = |&index: &usize| self.followed[index].missed && !self.is_confirmed(index);
        let new: Vec<usize> = (0..self.followed.len()).filter(new).collect();
        let free: Vec<usize> = (0..sure.len()).filter(|&index| !taken[index]).collect();
        let detections: Vec<&Detection> = free.iter().map(|&index| sure[index]).collect();
        let found = self.associate(&new, &detections, FIRST, at);
        for (index, _) in free.into_iter().zip(found).filter(|(_, found)| *found) {
            taken[index] = true;
        }
    }

    fn begin(&mut self, detection: &Detection, at: UnixMs) {
        self.last_id += 1;
        self.followed.push(Followed {
            id: self.last_id,
            class: detection.class,
            score: detection.score,
            area: detection.area,
            kalman: Kalman::at(&detection.area),
            began: at,
            last_hit: at,
            missed: false,
            hits: 1,
        });
    }

    fn seen_at(&self, at: UnixMs) -> Vec<Track> {
        let seen = |one: &&Followed| !one.missed && one.hits >= CONFIRMED_HITS;
        self.followed.iter().filter(seen).map(|one| one.track(at)).collect()
    }
}

impl Followed {
    fn hit(&mut self, detection: &Detection, at: UnixMs) {
        self.kalman.correct(&detection.area);
        self.score = detection.score;
        self.area = detection.area;
        self.last_hit = at;
        self.missed = false;
        self.hits = self.hits.saturating_add(1);
    }

    fn track(&self, at: UnixMs) -> Track {
        Track {
            id: self.id,
            class: self.class,
            score: self.score,
            area: self.area,
            velocity: self.kalman.velocity(),
            age_ms: at.since_ms(self.began),
            hits: self.hits,
        }
    }
}

fn widened(area: &Box01, by: f32) -> Box01 {
    let (across, down) = ((area.x1 - area.x0) * by, (area.y1 - area.y0) * by);
    Box01 { x0: area.x0 - across, y0: area.y0 - down, x1: area.x1 + across, y1: area.y1 + down }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One look: the left sides of people with their scores, every 200 ms.
    type Look = &'static [(f32, f32)];

    fn person((x, score): (f32, f32)) -> Detection {
        let area = Box01 { x0: x, y0: 0.4, x1: x + 0.05, y1: 0.6 };
        Detection { class: Class::Person, score, area }
    }

    /// Ids seen at each look.
    fn ids(looks: &[Vec<(f32, f32)>]) -> Vec<Vec<u64>> {
        let mut tracker = Tracker::new(0.4);
        let look = |(step, people): (usize, &Vec<(f32, f32)>)| {
            let found: Vec<_> = people.iter().copied().map(person).collect();
            tracker.update(&found, UnixMs(1_000 + 200 * step as i64)).iter().map(|t| t.id).collect()
        };
        looks.iter().enumerate().map(look).collect()
    }

    fn check(looks: &[Look], expect: &[&[u64]]) {
        let looks: Vec<_> = looks.iter().map(|look| look.to_vec()).collect();
        assert_eq!(ids(&looks), expect);
    }

    #[test]
    fn one_detection_is_no_track_and_two_are() {
        check(&[&[(0.1, 0.9)], &[(0.11, 0.9)], &[(0.12, 0.9)]], &[&[], &[1], &[1]]);
        check(&[&[(0.1, 0.9)], &[], &[(0.1, 0.9)]], &[&[], &[], &[]]);
    }

    #[test]
    fn an_unsure_detection_continues_a_track_and_begins_none() {
        check(&[&[(0.1, 0.9)], &[(0.1, 0.9)], &[(0.1, 0.2)]], &[&[], &[1], &[1]]);
        check(&[&[(0.1, 0.3)], &[(0.1, 0.3)], &[(0.1, 0.3)]], &[&[], &[], &[]]);
        check(&[&[(0.1, 0.9)], &[(0.1, 0.2)], &[(0.1, 0.9)]], &[&[], &[], &[]]);
    }

    #[test]
    fn two_people_who_cross_keep_their_ids() {
        // At 0.2 heights per look they pass each other in the middle, at one look hiding each
        // other.
        let mut looks: Vec<Vec<(f32, f32)>> = (0..11)
            .map(|step| {
                let way = 0.02 * step as f32;
                vec![(0.4 + way, 0.9), (0.6 - way, 0.9)]
            })
            .collect();
        looks[5] = vec![(0.5, 0.9)];
        let mut tracker = Tracker::new(0.4);
        let mut last = Vec::new();
        for (step, people) in looks.iter().enumerate() {
            let found: Vec<_> = people.iter().copied().map(person).collect();
            last = tracker.update(&found, UnixMs(200 * step as i64));
        }
        let place = |id| last.iter().find(|track| track.id == id).map(|track| track.area.x0);
        assert!(place(1).is_some_and(|x| (x - 0.6).abs() < 1e-4), "{last:?}");
        assert!(place(2).is_some_and(|x| (x - 0.4).abs() < 1e-4), "{last:?}");
    }

    /// A walker who is hidden for `hidden` looks.
    fn hidden(hidden: usize) -> Vec<u64> {
        let walk = |step: usize| vec![(0.1 + 0.02 * step as f32, 0.9)];
        let mut looks: Vec<_> = (0..24).map(walk).collect();
        looks[5..5 + hidden].fill(Vec::new());
        ids(&looks)
            .concat()
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    #[test]
    fn a_walker_behind_a_lamp_post_is_the_same_and_after_two_seconds_another() {
        assert_eq!(hidden(4), [1]);
        assert_eq!(hidden(9), [1]);
        assert_eq!(hidden(12), [1, 2]);
    }

    proptest::proptest! {
        #[test]
        fn in_any_crowd_a_track_is_seen_once_per_look_and_ids_only_grow(
            looks in proptest::collection::vec(
                (0i64..3_000, proptest::collection::vec((0.0f32..0.95, 0.0f32..1.0), 0..12)),
                1..30,
            ),
        ) {
            let (mut tracker, mut at, mut known) = (Tracker::new(0.4), UnixMs(0), 0);
            for (passed_ms, people) in looks {
                at = at.plus_ms(passed_ms);
                let found: Vec<_> = people.iter().copied().map(person).collect();
                let before = tracker.last_id;
                let mut seen: Vec<_> = tracker.update(&found, at).iter().map(|t| t.id).collect();
                seen.sort_unstable();
                assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
                assert!(seen.len() <= found.len() && before >= known);
                known = tracker.last_id;
            }
        }
    }

    #[test]
    fn a_second_look_of_the_same_moment_does_not_see_what_the_first_saw() {
        let mut tracker = Tracker::new(0.4);
        for seen in [0, 1] {
            assert_eq!(tracker.update(&[person((0.0, 0.9))], UnixMs(1_000)).len(), seen);
        }
        assert_eq!(tracker.update(&[], UnixMs(1_000)), []);
    }

    #[test]
    fn an_id_is_not_used_again() {
        let looks: Vec<Vec<(f32, f32)>> =
            (0..60).map(|step| if step % 20 < 4 { vec![(0.1, 0.9)] } else { vec![] }).collect();
        let seen = ids(&looks).concat();
        assert_eq!(seen, [1, 1, 1, 2, 2, 2, 3, 3, 3]);
    }

    #[test]
    fn another_class_is_another_object() {
        let mut tracker = Tracker::new(0.4);
        let vehicle = Detection { class: Class::Vehicle, ..person((0.1, 0.9)) };
        tracker.update(&[person((0.1, 0.9))], UnixMs(0));
        assert_eq!(tracker.update(&[vehicle], UnixMs(200)), []);
    }

    #[test]
    fn age_counts_real_time_and_a_clock_set_back_ends_tracks() {
        let mut tracker = Tracker::new(0.4);
        tracker.update(&[person((0.1, 0.9))], UnixMs(10_000));
        let seen = tracker.update(&[person((0.1, 0.9))], UnixMs(11_500));
        assert_eq!((seen[0].age_ms, seen[0].hits), (1_500, 2));
        assert_eq!(tracker.update(&[person((0.1, 0.9))], UnixMs(5_000)), []);
        assert_eq!(tracker.followed[0].id, 2);
    }

    #[test]
    fn a_standing_person_is_told_from_a_walker_and_from_nobody() {
        let mut tracker = Tracker::new(0.4);
        assert_eq!(tracker.liveliness(), Liveliness::Nothing);
        for step in 0..10 {
            tracker.update(&[person((0.1, 0.9))], UnixMs(200 * step));
        }
        assert_eq!(tracker.liveliness(), Liveliness::Standing);
        for step in 10..14 {
            tracker.update(&[person((0.1 + 0.02 * (step - 9) as f32, 0.9))], UnixMs(200 * step));
        }
        assert_eq!(tracker.liveliness(), Liveliness::Moving);
        tracker.expire(UnixMs(60_000));
        assert_eq!(tracker.liveliness(), Liveliness::Nothing);
    }
}
