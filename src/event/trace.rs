//! What was seen around an event: every frame that was looked at, with its tracks, so that a person
//! can see over the clip why the rule fired.
//!
//! Before the firing it comes out of a bounded memory of each camera, afterwards look by look until
//! the post-roll is over. Times are those of the frames, so the trace fits the clip whatever the
//! camera's own clock does. The JSON is ours alone: `web/ui/replay/trace.ts` reads it again. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Fired;
use crate::clock::UnixMs;
use crate::config;
use crate::detect::{Box01, Class, Search, Sighting};

/// The version of the JSON.
const FORMAT: u32 = 1;
/// Looks that a camera's memory holds: the longest pre-roll with its spare, 34 s, at 25 looks a
/// second; and what a trace takes after it, the longest post-roll at the same rate.
const LOOKS_MAX: usize = 850;
const FOLLOWING_MAX: usize = 1_500;
/// Tracks of one look that are kept, the surest ones: a picture with more boxes shows nothing
/// (guess, revisit).
const TRACKS_MAX: usize = 64;
/// A trace begins this much before the pre-roll, ms: a clip begins with the key frame before it,
/// which is seldom further away (cameras send one every 1 to 4 s).
const SPARE_MS: i64 = 4_000;

/// One track in one look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub id: u64,
    pub class: Class,
    pub score: f32,
    pub area: Box01,
}

/// One frame that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub at: UnixMs,
    /// Share 0..1 of the picture that moved.
    pub moving: f32,
    pub search: Search,
    /// Empty where objects were not searched.
    pub tracks: Vec<Seen>,
}

impl Look {
    /// What is kept of a sighting.
    #[must_use]
    pub fn of(sighting: &Sighting) -> Self {
        let mut tracks: Vec<Seen> = sighting
            .tracks
            .iter()
            .map(|t| Seen { id: t.id, class: t.class, score: t.score, area: t.area })
            .collect();
        if tracks.len() > TRACKS_MAX {
            tracks.sort_by(|a, b| b.score.total_cmp(&a.score));
            tracks.truncate(TRACKS_MAX);
        }
        let (at, moving) = (sighting.frame.seen_at, sighting.motion.fraction);
        Self { at, moving, search: sighting.search, tracks }
    }

    fn to_json(&self) -> Value {
        let track = |seen: &Seen| {
            let Box01 { x0, y0, x1, y1 } = seen.area;
            json!({ "id": seen.id, "class": seen.class.as_str(), "score": short(seen.score),
                "box": [short(x0), short(y0), short(x1), short(y1)] })
        };
        let tracks: Vec<Value> = self.tracks.iter().map(track).collect();
        json!({ "at_ms": self.at.0, "moving": short(self.moving),
            "searched": self.search != Search::Skipped, "tracks": tracks })
    }
}

/// A fraction to four places: a tenth of a pixel of a picture of 1000 px. What is no number is 0.
fn short(value: f32) -> f64 {
    let value = if value.is_finite() { f64::from(value) } else { 0.0 };
    (value * 10_000.0).round() / 10_000.0
}

/// The last looks at one camera.
#[derive(Clone, Debug, Default)]
pub struct Recent(VecDeque<Arc<Look>>);

impl Recent {
    /// Adds the newest look and forgets what no pre-roll of `pre_roll_ms` reaches any more. A clock
    /// that was set back begins anew: two orders of time cannot be told apart later.
    pub fn push(&mut self, look: Arc<Look>, pre_roll_ms: i64) {
        let at = look.at;
        if self.0.back().is_some_and(|last| last.at > at) {
            self.0.clear();
        }
        self.0.push_back(look);
        let old = at.plus_ms(-pre_roll_ms - SPARE_MS);
        while self.0.len() > LOOKS_MAX || self.0.front().is_some_and(|first| first.at < old) {
            self.0.pop_front();
        }
    }
}

/// What a rule looks at: a zone, or a line as two points; fractions 0..1 of the frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub id: String,
    pub name: String,
    pub points: Vec<[f32; 2]>,
}

impl Shape {
    /// The shape of a camera with this id, as it is configured now.
    #[must_use]
    pub fn of(camera: &config::Camera, id: &str) -> Option<Self> {
        let found = camera.drawn().into_iter().find(|zone| zone.id == id)?;
        Some(Self { id: found.id, name: found.name, points: found.polygon })
    }
}

/// How far a trace reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the firing; what followed is not in it.
    Firing,
    /// To the end of the post-roll.
    PostRoll,
}

/// What was seen around one event.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Which track fired, and when; none where no single object did.
    track: Option<u64>,
    fired_at: UnixMs,
    shape: Option<Shape>,
    looks: Vec<Arc<Look>>,
    /// The looks of `looks` that were there at the firing.
    before: usize,
    until: UnixMs,
}

impl Trace {
    /// The trace of what has just fired, out of the memory of its camera.
    #[must_use]
    pub fn begin(fired: &Fired, shape: Option<Shape>, recent: &Recent, post_roll_ms: i64) -> Self {
        let looks: Vec<_> = recent.0.iter().cloned().collect();
        Self {
            track: fired.track,
            fired_at: fired.at,
            shape,
            before: looks.len(),
            looks,
            until: fired.at.plus_ms(post_roll_ms),
        }
    }

    /// Takes a look that followed, if it belongs to the post-roll.
    pub fn follow(&mut self, look: &Arc<Look>) {
        let last = self.looks.last().map_or(self.fired_at, |last| last.at);
        let room = self.looks.len() - self.before < FOLLOWING_MAX;
        if room && look.at > last && look.at <= self.until {
            self.looks.push(Arc::clone(look));
        }
    }

    /// When its first look was; the firing, where there is none.
    #[must_use]
    pub fn begins(&self) -> UnixMs {
        self.looks.first().map_or(self.fired_at, |first| first.at)
    }

    /// The bytes that are kept.
    #[must_use]
    pub fn to_json(&self, reach: Reach) -> Vec<u8> {
        let shape = self.shape.as_ref().map(|shape| {
            let point = |[x, y]: &[f32; 2]| json!([short(*x), short(*y)]);
            let points: Vec<Value> = shape.points.iter().map(point).collect();
            json!({ "id": shape.id, "name": shape.name, "points": points })
        });
        let looks: Vec<Value> = self.looks.iter().map(|look| look.to_json()).collect();
        let trace = json!({
            "format": FORMAT,
            "complete": reach == Reach::PostRoll,
            "fired_ms": self.fired_at.0,
            "until_ms": self.until.0,
            "track": self.track,
            "shape": shape,
            "looks": looks,
        });
        trace.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{CameraId, Frame};
    use crate::config::RuleKind;
    use crate::detect::{Motion, Track};
    use crate::event::Reason;

    fn frame() -> Arc<Frame> {
        Arc::new(Frame {
            camera: CameraId::try_from("gate").unwrap(),
            seq: 0,
            session: 0,
            pts_ms: 0,
            seen_at: UnixMs(1_000),
            width: 0,
            height: 0,
            bgr: Vec::new().into(),
            grey_width: 0,
            grey_height: 0,
            grey: Arc::from([]),
        })
    }

    fn look(at: i64) -> Arc<Look> {
        let area = Box01 { x0: 0.123_456, y0: 0.2, x1: 0.3, y1: f32::NAN };
        let seen = Seen { id: 7, class: Class::Person, score: 0.5, area };
        Arc::new(Look { at: UnixMs(at), moving: 0.01, search: Search::Whole, tracks: vec![seen] })
    }

    fn recent(times: &[i64], pre_roll_ms: i64) -> Recent {
        let mut recent = Recent::default();
        times.iter().for_each(|at| recent.push(look(*at), pre_roll_ms));
        recent
    }

    fn fired(at: i64) -> Fired {
        let reason = Reason {
            rule: "night".into(),
            zone: "yard".into(),
            kind: RuleKind::ZoneObject,
            class: Some(Class::Person),
            score: 0.5,
            dwell_ms: 1_000,
            armed: "00:00-24:00".into(),
            facts: Default::default(),
        };
        let camera = CameraId::try_from("gate").unwrap();
        Fired { camera, reason, track: Some(7), area: None, at: UnixMs(at) }
    }

    fn times(looks: &[Arc<Look>]) -> Vec<i64> {
        looks.iter().map(|look| look.at.0).collect()
    }

    fn remembered(pushed: &[i64], pre_roll_ms: i64, expect: &[i64]) {
        let kept: Vec<_> = recent(pushed, pre_roll_ms).0.into_iter().collect();
        assert_eq!(times(&kept), expect);
    }

    #[test]
    fn the_memory_reaches_as_far_as_the_pre_roll_and_a_group_of_pictures() {
        remembered(&[0, 1_000, 5_000], 1_000, &[0, 1_000, 5_000]);
        remembered(&[0, 1_000, 5_001], 1_000, &[1_000, 5_001]);
        remembered(&[0, 60_000], 1_000, &[60_000]);
        remembered(&[500, 600, 100], 1_000, &[100]);
    }

    #[test]
    fn the_memory_is_bounded_however_fast_the_looks_come() {
        let many: Vec<i64> = (0..2_000).collect();
        remembered(&many, 30_000, &many[2_000 - LOOKS_MAX..]);
    }

    #[test]
    fn a_look_keeps_its_surest_tracks() {
        let area = Box01 { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 };
        let track = |id: u16| Track {
            id: u64::from(id),
            class: Class::Person,
            score: f32::from(id) / 100.0,
            area,
            velocity: [0.0; 2],
            age_ms: 0,
            hits: 3,
        };
        let motion = Motion { fraction: 0.5, ..Motion::default() };
        let tracks = (0..100).map(track).collect();
        let (frame, search) = (frame(), Search::Whole);
        let look = Look::of(&Sighting { frame, motion, search, tracks, anomaly: None });
        assert_eq!(look.tracks.len(), TRACKS_MAX);
        assert!(look.tracks.iter().all(|seen| seen.score >= 0.36), "{:?}", look.tracks);
    }

    #[test]
    fn a_trace_takes_what_follows_until_the_post_roll_is_over() {
        let mut trace = Trace::begin(&fired(1_000), None, &recent(&[800, 1_000], 5_000), 500);
        [1_000, 900, 1_200, 1_500, 1_501].iter().for_each(|at| trace.follow(&look(*at)));
        assert_eq!(times(&trace.looks), [800, 1_000, 1_200, 1_500]);
        assert_eq!(trace.begins(), UnixMs(800));
    }

    #[test]
    fn the_json_says_how_far_it_reaches_and_holds_only_numbers() {
        let points = vec![[0.0, 0.5], [1.0, 0.5], [1.0, 1.0]];
        let shape = Shape { id: "yard".into(), name: "院子".into(), points };
        let trace = Trace::begin(&fired(1_000), Some(shape), &recent(&[1_000], 5_000), 500);
        let read = |reach| serde_json::from_slice::<Value>(&trace.to_json(reach)).unwrap();
        let kept = read(Reach::Firing);
        assert_eq!(kept["complete"], false);
        assert_eq!(read(Reach::PostRoll)["complete"], true);
        assert_eq!((&kept["track"], &kept["fired_ms"]), (&json!(7), &json!(1_000)));
        assert_eq!(kept["shape"]["points"][1], json!([1.0, 0.5]));
        let seen = json!({ "id": 7, "class": "person", "score": 0.5,
            "box": [0.1235, 0.2, 0.3, 0.0] });
        assert_eq!(kept["looks"][0]["tracks"], json!([seen]));
    }
}
