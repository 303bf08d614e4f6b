//! Whether a camera still sees its scene: covered, dazzled, out of focus, turned away, dark,
//! frozen, replaced by a film, or without a signal.
//!
//! Each small grey picture is measured (`measure.rs`), compared with what the camera usually sees
//! (`view.rs`) and with what it showed before (`repeat.rs`); here it is decided what that means and
//! since when. A fault opens when it has lasted some seconds, so that a lorry may pass close to the
//! lens, and closes by itself when the view is back. What is usual is learnt all the time, but not
//! while something is wrong. Key frames alone suffice. Pure: the time of a picture is an argument.

pub mod measure;
pub mod view;
pub mod repeat;

use self::measure::Measure;
use self::repeat::{Repeat, Repeats};
use self::view::{Likeness, View};
use super::motion::Seen;
use crate::clock::UnixMs;
use crate::record::FaultKind;

/// How long something must last before it is a fault, ms. A lorry passes in three seconds.
const OPENS_MS: i64 = 5_000;
/// The same where pictures are so far apart that a passer-by is on one of them only, ms.
const OPENS_KEYS_MS: i64 = 3_900;
/// From this distance between pictures on, ms: key frames of a quiet camera.
const KEYS_MS: i64 = 1_500;
/// How long all must be well before a fault is over, ms.
const CLOSES_MS: i64 = 3_000;
/// First pictures that only teach, and for how long they do, ms: somebody may pass.
const TEACH_PICTURES: u32 = 6;
const TEACH_MS: i64 = 8_000;
/// After a reconnect nothing is judged for so long, ms; see `motion.rs`.
const AFTER_RECONNECT_MS: i64 = 1_000;
/// Time in which the usual view follows, ms: dusk takes half an hour, parked cars come and go.
const LEARN_MS: f32 = 60_000.0;
/// Fewest blocks with edges by which a view can be judged, of 60.
const KNOWN_MIN: usize = 5;
/// Share of the known blocks below which the view is gone, and from which on it is there. What is
/// between teaches slowly. Measured with `tests/tamper.rs`.
const GONE: f32 = 0.3;
const THERE: f32 = 0.45;
/// Share of the blocks that must have edges of their own for a view to be another one.
const OTHER_VIEW: f32 = 0.35;
/// Share of the dazzled dots, and mean grey level, from which on it is glare.
const GLARE: f32 = 0.3;
const GLARE_MEAN: f32 = 195.0;
/// Share of the known blocks below which glare has taken the view: half of it is lost.
const DAZZLED: f32 = 0.55;
/// Sharpness against the usual one below which a picture is out of focus while its coarse picture
/// is the usual one to this correlation. Measured with `tests/tamper.rs`.
const BLURRED: f32 = 0.5;
const BLURRED_COARSE: f32 = 0.8;
/// Mean grey level below which a picture is dark, and the last good one was almost dark already.
const DARK: f32 = 18.0;
const ALMOST_DARK: f32 = 32.0;
/// Share of flat dots from which on it is no picture of a sensor. A test pattern of eight bars has
/// 0.94, a covered lens with the least noise 0.3.
const FLAT: f32 = 0.9;

/// What is wrong with what a camera shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    Covered,
    Blinded,
    Defocused,
    Moved,
    TooDark,
    Frozen,
    Looped,
    LostSignal,
}

impl Trouble {
    /// All of them, in the order of the configuration's documentation.
    pub const ALL: [Self; 8] = [
        Self::Covered,
        Self::Blinded,
        Self::Defocused,
        Self::Moved,
        Self::TooDark,
        Self::Frozen,
        Self::Looped,
        Self::LostSignal,
    ];

    /// The fault of the equipment that it is.
    #[must_use]
    pub const fn fault(self) -> FaultKind {
        match self {
            Self::Covered => FaultKind::Covered,
            Self::Blinded => FaultKind::Blinded,
            Self::Defocused => FaultKind::Defocused,
            Self::Moved => FaultKind::Moved,
            Self::TooDark => FaultKind::TooDark,
            Self::Frozen => FaultKind::Frozen,
            Self::Looped => FaultKind::Looped,
            Self::LostSignal => FaultKind::LostSignal,
        }
    }

    /// The one with this word in configuration and rows.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.fault().word() == word)
    }

    /// Whether another view may become the usual one: what hides the scene never does.
    const fn can_be_usual(self) -> bool {
        match self {
            Self::Moved | Self::Defocused => true,
            Self::Covered
            | Self::Blinded
            | Self::TooDark
            | Self::Frozen
            | Self::Looped
            | Self::LostSignal => false,
        }
    }
}

/// What the configuration says about one camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneSettings {
    /// What is looked for.
    pub checks: Vec<Trouble>,
    /// After so long a moved or blurred view becomes the usual one, ms; `None` for never.
    pub learn_after_ms: Option<i64>,
}

impl Default for SceneSettings {
    fn default() -> Self {
        Self { checks: Trouble::ALL.to_vec(), learn_after_ms: Some(3_600_000) }
    }
}

/// What has become of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SceneChange {
    Opened(Trouble),
    /// The picture is back.
    Closed(Trouble),
    /// What is shown is the usual view from now on.
    Learned(Trouble),
}

/// Something that seems to be wrong, or right again.
#[derive(Clone, Debug)]
struct Suspicion {
    since: UnixMs,
    pictures: u32,
    /// What it looked like, picture by picture.
    looks: Vec<Trouble>,
}

/// The fault that is open, and since when it looks well again.
#[derive(Clone, Copy, Debug)]
struct Open {
    trouble: Trouble,
    since: UnixMs,
    well_since: Option<(UnixMs, u32)>,
}

/// What is known of one camera's scene.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    settings: SceneSettings,
    view: Option<View>,
    /// Pictures learnt before anything is judged, and since when.
    taught: u32,
    taught_since: Option<UnixMs>,
    last: Option<(Measure, Seen)>,
    /// Mean grey level of the last picture in which all was well.
    good_mean: f32,
    judged_from: Option<UnixMs>,
    suspicion: Option<Suspicion>,
    open: Option<Open>,
    repeat: Repeat,
}

impl Scene {
    /// A scene that has not been seen since the start, its usual view if one was stored, and the
    /// fault that was open then.
    #[must_use]
    pub fn new(
        settings: SceneSettings,
        view: Option<View>,
        open: Option<(Trouble, UnixMs)>,
    ) -> Self {
        let taught = if view.is_some() { TEACH_PICTURES } else { 0 };
        let open = open.map(|(trouble, since)| Open { trouble, since, well_since: None });
        Self { settings, view, taught, open, ..Self::default() }
    }

    /// What the camera usually sees, once it is known.
    #[must_use]
    pub const fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// The same, once it is known well and while nothing is wrong: worth being stored.
    #[must_use]
    pub fn settled_view(&self) -> Option<&View> {
        self.view().filter(|_| self.taught >= TEACH_PICTURES && self.is_well())
    }

    /// Whether nothing is wrong, nor seems to be.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.open.is_none() && self.suspicion.is_none()
    }

    /// Takes what is shown now as the usual view: somebody looked and said so.
    pub fn learn(&mut self) -> Option<SceneChange> {
        self.view = None;
        self.taught = 0;
        self.taught_since = None;
        self.suspicion = None;
        self.open.take().map(|open| SceneChange::Learned(open.trouble))
    }

    /// Takes the next small grey picture (`height * width` bytes) in and says what changed.
    pub fn take(&mut self, grey: &[u8], size: (usize, usize), seen: Seen) -> Option<SceneChange> {
        let now = Measure::of(grey, size)?;
        let repeats = if now.flat >= FLAT {
            self.repeat.pass_over(seen.at)
        } else {
            self.repeat.take(grey, seen.at)
        };
        self.reopened(&now, seen);
        let apart_ms = self.last.as_ref().map_or(0, |(_, last)| seen.at.since_ms(last.at));
        let change = if self.judged_from.is_some_and(|from| seen.at < from) {
            None
        } else if self.taught < TEACH_PICTURES || self.view.is_none() {
            self.teach(&now, seen.at);
            let found = self.without_view(&now, repeats, seen.at);
            self.decide(found, apart_ms, seen.at)
        } else {
            let likeness = self.view.as_ref().map(|view| view.likeness(&now));
            let found = self.judge(&now, likeness, repeats, seen.at);
            self.adapt(&now, likeness.filter(|_| found.is_none()), apart_ms);
            self.decide(found, apart_ms, seen.at)
        };
        if self.is_well() {
            self.good_mean = now.mean;
        }
        self.last = Some((now, seen));
        change
    }

    /// A new attempt at the camera, another size, or a clock that was set back.
    fn reopened(&mut self, now: &Measure, seen: Seen) {
        let Some((last, before)) = &self.last else { return };
        if before.session != seen.session {
            self.judged_from = Some(seen.at.plus_ms(AFTER_RECONNECT_MS));
            self.suspicion = None;
        }
        if seen.at < before.at {
            (self.judged_from, self.suspicion) = (None, None);
        }
        if last.size != now.size {
            self.view = None;
            (self.taught, self.taught_since) = (0, None);
        }
    }

    fn teach(&mut self, now: &Measure, at: UnixMs) {
        if now.flat >= FLAT {
            return;
        }
        self.taught += 1;
        let since = *self.taught_since.get_or_insert(at);
        let rate = 1.0 / self.taught as f32;
        match &mut self.view {
            Some(view) => view.learn(now, rate),
            None => self.view = Some(View::of(now)),
        }
        if at.since_ms(since) < TEACH_MS {
            self.taught = self.taught.min(TEACH_PICTURES - 1);
        }
    }

    /// What can be told of a camera whose usual view is not known.
    fn without_view(&self, now: &Measure, repeats: Repeats, at: UnixMs) -> Option<Trouble> {
        let lost = (now.flat >= FLAT).then_some(Trouble::LostSignal);
        lost.or_else(|| repeated(repeats, at))
            .filter(|trouble| self.settings.checks.contains(trouble))
    }

    fn judge(
        &self,
        now: &Measure,
        likeness: Option<Likeness>,
        repeats: Repeats,
        at: UnixMs,
    ) -> Option<Trouble> {
        let known = likeness.filter(|like| like.known >= KNOWN_MIN);
        let lost = (now.flat >= FLAT).then_some(Trouble::LostSignal);
        let gone = || known.and_then(|like| self.gone(now, like));
        let found = lost.or_else(gone).or_else(|| repeated(repeats, at));
        found.filter(|trouble| self.settings.checks.contains(trouble))
    }

    /// What became of a view of which little is left, or which is unsharp.
    fn gone(&self, now: &Measure, like: Likeness) -> Option<Trouble> {
        if like.sharp < BLURRED && like.coarse > BLURRED_COARSE && now.mean >= DARK {
            return Some(Trouble::Defocused);
        }
        let empty = now.mean < DARK && like.own * 4 < like.known;
        // Once it is gone, it is back only when more of it is there.
        let limit = if self.is_well() { GONE } else { THERE };
        let glare = now.bright >= GLARE || now.mean >= GLARE_MEAN;
        if like.kept >= if glare { DAZZLED } else { limit } && !empty {
            return None;
        }
        if glare {
            return Some(Trouble::Blinded);
        }
        if now.mean < DARK {
            let faded = self.good_mean < ALMOST_DARK || like.coarse >= 0.5;
            return Some(if faded { Trouble::TooDark } else { Trouble::Covered });
        }
        let other = like.own as f32 >= OTHER_VIEW * like.known as f32 && like.own >= KNOWN_MIN;
        Some(if other && self.is_steady(now) { Trouble::Moved } else { Trouble::Covered })
    }

    /// Whether the picture shows the same as the one before: a new view stands, a hand does not.
    fn is_steady(&self, now: &Measure) -> bool {
        let Some((last, _)) = &self.last else { return false };
        View::of(last).likeness(now).kept >= THERE
    }

    /// Learns what is usual, slowly where it is hardly known.
    fn adapt(&mut self, now: &Measure, like: Option<Likeness>, apart_ms: i64) {
        let Some((like, view)) = like.zip(self.view.as_mut()) else { return };
        if self.open.is_some() {
            return;
        }
        let rate = 1.0 - (-(apart_ms.max(0) as f32) / LEARN_MS).exp();
        let rate = if like.kept >= THERE || like.known < KNOWN_MIN { rate } else { rate * 0.2 };
        view.learn(now, rate.min(0.5));
    }

    /// From what one picture shows to what is so.
    fn decide(&mut self, found: Option<Trouble>, apart_ms: i64, at: UnixMs) -> Option<SceneChange> {
        match (self.open, found) {
            (Some(_), _) => self.is_over(found, at),
            (None, None) => {
                self.suspicion = None;
                None
            }
            (None, Some(trouble)) => self.suspect(trouble, apart_ms, at),
        }
    }

    fn suspect(&mut self, trouble: Trouble, apart_ms: i64, at: UnixMs) -> Option<SceneChange> {
        let first = || Suspicion { since: at, pictures: 0, looks: Vec::new() };
        let suspicion = self.suspicion.get_or_insert_with(first);
        suspicion.pictures += 1;
        suspicion.looks.push(trouble);
        let lasts_ms = at.since_ms(suspicion.since);
        let by_keys = apart_ms >= KEYS_MS && lasts_ms >= OPENS_KEYS_MS;
        // A film and a still picture have been proven over seconds already.
        let proven = matches!(trouble, Trouble::Frozen | Trouble::Looped);
        let lasts = suspicion.pictures >= 2 && (by_keys || lasts_ms >= OPENS_MS);
        if !proven && !lasts {
            // Bounded: 5 s of pictures at 30 a second.
            suspicion.looks.truncate(150);
            return None;
        }
        let trouble = most_frequent(&suspicion.looks).unwrap_or(trouble);
        self.suspicion = None;
        self.open = Some(Open { trouble, since: at, well_since: None });
        Some(SceneChange::Opened(trouble))
    }

    fn is_over(&mut self, found: Option<Trouble>, at: UnixMs) -> Option<SceneChange> {
        let open = self.open.as_mut()?;
        let trouble = open.trouble;
        if found.is_none() {
            let (since, pictures) = open.well_since.get_or_insert((at, 0));
            *pictures += 1;
            if at.since_ms(*since) >= CLOSES_MS && *pictures >= 2 {
                self.open = None;
                return Some(SceneChange::Closed(trouble));
            }
            return None;
        }
        open.well_since = None;
        let lasts_ms = at.since_ms(open.since);
        let learns = self.settings.learn_after_ms.is_some_and(|after_ms| lasts_ms >= after_ms);
        if trouble.can_be_usual() && learns { self.learn() } else { None }
    }
}

/// A picture that stands still or was shown before.
fn repeated(repeats: Repeats, at: UnixMs) -> Option<Trouble> {
    let still = repeats.same_since.is_some_and(|since| at.since_ms(since) >= OPENS_KEYS_MS);
    let frozen = still.then_some(Trouble::Frozen);
    frozen.or(repeats.film_ms.map(|_| Trouble::Looped))
}

fn most_frequent(looks: &[Trouble]) -> Option<Trouble> {
    let often = |trouble: &Trouble| looks.iter().filter(|&look| look == trouble).count();
    // The last of equals wins: what it came to be.
    looks.iter().copied().max_by_key(often)
}
