//! What a camera was seen to do for some seconds, and what follows from it.
//!
//! The measuring is `gst/probe.rs`; here are the figures and the findings in words, in `sheet.rs`
//! what is printed. Every finding that is not good names what to change at the camera.

mod sheet;

pub use sheet::id_of;

use super::units::Codec;

/// A camera that was listened to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Without user and password.
    pub url: String,
    pub user: Option<String>,
    /// Environment variable that holds the password.
    pub password_env: Option<String>,
    /// Name of the camera's server, as it says it.
    pub server: Option<String>,
    /// How it asks for a password: "digest", "basic"; empty where it does not. None where it
    /// could not be asked, as over TLS.
    pub asks: Option<Vec<String>>,
    /// Kind and encoding of every stream it offers, such as ("audio", "PCMA").
    pub offered: Vec<(String, String)>,
    /// None if nothing came that can be read.
    pub codec: Option<Codec>,
    /// Profile and level of the encoding.
    pub profile: Option<String>,
    pub size_px: Option<(u32, u32)>,
    pub units: Vec<Unit>,
    /// Its clock by its sender reports, minus ours, ms.
    pub clock_ms: Option<i64>,
    /// The longest way that the stamps of its packets jumped, s.
    pub jump_s: i64,
}

/// One encoded picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    pub key: bool,
    pub has_sets: bool,
    pub bytes: usize,
    /// Bytes that only keep a constant rate.
    pub padding: usize,
    /// The camera's stamp, microseconds.
    pub pts_us: i64,
    /// Arrival on a clock of ours, ms.
    pub at_ms: i64,
}

/// Figures out of the units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub fps: f64,
    pub kbit_per_s: f64,
    /// Of the bytes, 0..1.
    pub padding: f64,
    pub key_frames: usize,
    /// From key frame to key frame; None if fewer than two came.
    pub key_distance_ms: Option<i64>,
    /// Pictures are sent in another order than they are shown.
    pub reordered: bool,
    /// Pictures whose stamp does not lie behind the one before, without reordering.
    pub odd_stamps: usize,
    pub sets: bool,
}

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    Good,
    /// It works, at a price.
    Costly,
    /// It does not work.
    Bad,
}

/// One thing that will work or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub grade: Grade,
    pub text: String,
}

/// A stamp that goes back further is a reordered picture; one picture at 200 a second. Cameras
/// that go back by mistake do so by parts of a millisecond (field notes 7.1).
const REORDER_US: i64 = 5_000;
/// And one that goes back further than this is a jump: the longest reordering of H.264 is 16
/// pictures (table A-1 with 7.4.9.5), a second and a half at 10 a second.
const REORDER_MAX_US: i64 = 2_000_000;
/// Key frames further apart than this make waking slow; smart encoders use a minute and more.
/// Guess, revisit.
const KEY_DISTANCE_MAX_MS: i64 = 10_000;
/// Who hears no second key frame in this time has not heard a usual camera: twice the 2 s that
/// cameras are delivered with.
const KEY_WAIT_S: i64 = 4;
/// Padding beyond this share is a rate that is kept by force. Guess, revisit.
const PADDING_MAX: f64 = 0.02;
/// A clock that is off by more puts wrong times into the picture. Guess, revisit.
const CLOCK_MAX_MS: i64 = 2_000;

impl Measured {
    /// The figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let units = &self.units;
        let (Some(first), Some(last)) = (units.first(), units.last()) else {
            return Figures::default();
        };
        let span_ms = (last.at_ms - first.at_ms).max(1) as f64;
        // The first pictures come in a heap, so that stamps are the better clock, where they are.
        let (low, high) = units.iter().fold((i64::MAX, i64::MIN), |(low, high), unit| {
            (low.min(unit.pts_us), high.max(unit.pts_us))
        });
        let by_stamps_ms = (high - low) as f64 / 1e3;
        let is_believed = (by_stamps_ms - span_ms).abs() < span_ms / 4.0;
        let shown_ms = if is_believed { by_stamps_ms.max(1.0) } else { span_ms };
        let bytes: usize = units.iter().map(|unit| unit.bytes).sum();
        let padding: usize = units.iter().map(|unit| unit.padding).sum();
        let keys: Vec<i64> = units.iter().filter(|u| u.key).map(|u| u.at_ms).collect();
        let steps = || units.windows(2).map(|pair| pair[1].pts_us - pair[0].pts_us);
        let back = steps().filter(|step| (-REORDER_MAX_US..-REORDER_US).contains(step)).count();
        let reordered = back > units.len() / 50;
        let odd = steps().filter(|step| (-REORDER_US..=0).contains(step)).count();
        Figures {
            fps: (units.len() - 1) as f64 * 1e3 / shown_ms,
            kbit_per_s: (bytes - last.bytes) as f64 * 8.0 / shown_ms,
            padding: padding as f64 / bytes.max(1) as f64,
            key_frames: keys.len(),
            key_distance_ms: mean_step(&keys),
            reordered,
            odd_stamps: if reordered { 0 } else { odd },
            sets: units.iter().any(|unit| unit.has_sets),
        }
    }

    /// What will work and what will not, the worst last.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let figures = self.figures();
        let mut all = self.about_the_stream(figures);
        if self.codec.is_some() && !self.units.is_empty() {
            all.extend(about_key_frames(figures, self.seconds()));
            all.extend(about_the_rest(figures));
        }
        all.extend(self.about_the_camera());
        all.sort_by_key(|finding| finding.grade as u8);
        all
    }

    /// Whether the daemon can use it at all.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.findings().iter().all(|finding| finding.grade != Grade::Bad)
    }

    fn seconds(&self) -> i64 {
        let ends = self.units.first().zip(self.units.last());
        ends.map_or(0, |(first, last)| (last.at_ms - first.at_ms + 500) / 1_000)
    }

    fn about_the_stream(&self, figures: Figures) -> Vec<Finding> {
        let Some(codec) = self.codec else {
            let names: Vec<_> = self.offered.iter().map(|(_, name)| name.as_str()).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            return vec![bad(format!(
                "offers {names} and no H.264 or H.265: set its encoding to H.264"
            ))];
        };
        if self.units.is_empty() {
            return vec![bad("sends no picture: look whether its own page shows one".into())];
        }
        if !figures.sets || self.size_px.is_none() {
            return vec![bad(
                "sends no parameter sets, so that nothing can be decoded or recorded: renew its \
                 firmware or set its encoding anew"
                    .into(),
            )];
        }
        let mut all = vec![good(format!("{} is recorded and looked at", name_of(codec)))];
        if codec == Codec::H265 {
            all.push(costly(
                "H.265: browsers that cannot play it show still pictures; set H.264 if live video \
                 matters more than disk space"
                    .into(),
            ));
        }
        all
    }

    fn about_the_camera(&self) -> Vec<Finding> {
        let mut all = Vec::new();
        if self.jump_s > 0 {
            all.push(costly(format!(
                "its stamps jump by {} s: times are taken from arrival; renew its firmware",
                self.jump_s
            )));
        }
        if self.offered.iter().any(|(kind, _)| kind == "audio") {
            all.push(good("sound is offered and not used".into()));
        }
        match self.clock_ms {
            None => all.push(good("tells no clock (RTCP sender reports): ours is used".into())),
            Some(ms) if ms.abs() > CLOCK_MAX_MS => all.push(costly(format!(
                "its clock is {:.1} s {}: set its time server (NTP), or the time in its picture is \
                 wrong",
                ms.abs() as f64 / 1e3,
                if ms > 0 { "ahead" } else { "behind" }
            ))),
            Some(_) => all.push(good("its clock agrees with ours".into())),
        }
        let asks_by = |how: &str| self.asks.iter().flatten().any(|by| by == how);
        if asks_by("basic") && !asks_by("digest") {
            all.push(costly(
                "the password travels readable (Basic): set its RTSP authentication to digest"
                    .into(),
            ));
        }
        if self.asks.as_ref().is_some_and(Vec::is_empty) {
            all.push(costly("asks for no password: give it one".into()));
        }
        all
    }
}

impl Grade {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Costly => "costly",
            Self::Bad => "bad",
        }
    }
}

const fn good(text: String) -> Finding {
    Finding { grade: Grade::Good, text }
}

const fn costly(text: String) -> Finding {
    Finding { grade: Grade::Costly, text }
}

const fn bad(text: String) -> Finding {
    Finding { grade: Grade::Bad, text }
}

const fn name_of(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "H.264",
        Codec::H265 => "H.265",
    }
}

fn mean_step(times: &[i64]) -> Option<i64> {
    let (first, last) = (times.first()?, times.last()?);
    let steps = i64::try_from(times.len()).ok()? - 1;
    (steps > 0).then(|| (last - first) / steps)
}

fn about_key_frames(figures: Figures, seconds: i64) -> Option<Finding> {
    let frame_ms = 1e3 / figures.fps.max(0.1);
    Some(match figures.key_distance_ms {
        Some(ms) if (ms as f64) < 1.5 * frame_ms => costly(
            "every picture is a key frame, so that nothing can be left out while it is quiet: set \
             its key frame interval to 2 s"
                .into(),
        ),
        Some(ms) if ms <= KEY_DISTANCE_MAX_MS => {
            good(format!("only a key frame every {:.1} s is decoded while it is quiet", {
                ms as f64 / 1e3
            }))
        }
        Some(_) => costly(far_apart()),
        None if seconds >= KEY_WAIT_S => {
            costly(format!("no second key frame in {seconds} s: {}", far_apart()))
        }
        None => return None,
    })
}

fn far_apart() -> String {
    "key frames are far apart (smart encoding?), so that it is opened slowly and decoded all the \
     time: switch smart encoding (H.264+, H.265+) off and set its key frame interval to 2 s"
        .into()
}

fn about_the_rest(figures: Figures) -> Vec<Finding> {
    let mut all = Vec::new();
    if figures.padding > PADDING_MAX {
        all.push(costly(format!(
            "{:.0} % of its bytes are padding for a constant rate, which hides what moves and \
             fills the disk: set a variable bit rate",
            figures.padding * 100.0
        )));
    }
    if figures.reordered {
        all.push(costly(
            "B-frames: it is recorded and looked at, live pictures come later; switch them off"
                .into(),
        ));
    }
    if figures.odd_stamps > 0 {
        all.push(costly(format!(
            "{} stamps stand still or go back: times are taken from arrival; renew its firmware",
            figures.odd_stamps
        )));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A good camera of 10 s: 25 pictures a second, a key frame every 2 s.
    pub(super) fn usual() -> Measured {
        let unit = |at: i64| Unit {
            key: at % 50 == 0,
            has_sets: at % 50 == 0,
            bytes: 2_000,
            padding: 0,
            pts_us: at * 40_000,
            at_ms: at * 40,
        };
        Measured {
            url: "rtsp://192.0.2.1:554/Streaming/Channels/101".into(),
            user: Some("watch".into()),
            password_env: Some("GATE_PASSWORD".into()),
            asks: Some(vec!["digest".into()]),
            offered: vec![("video".into(), "H264".into())],
            codec: Some(Codec::H264),
            size_px: Some((1920, 1080)),
            units: (0..251).map(unit).collect(),
            clock_ms: Some(40),
            ..Measured::default()
        }
    }

    /// Changes the usual camera and expects a finding of this grade with these words.
    #[track_caller]
    fn check(change: impl FnOnce(&mut Measured), grade: Grade, words: &str) {
        let mut camera = usual();
        change(&mut camera);
        let found = camera.findings();
        let hit = found.iter().any(|f| f.grade == grade && f.text.contains(words));
        assert!(hit, "no '{words}' in {found:#?}");
        assert_eq!(camera.is_usable(), grade != Grade::Bad);
    }

    fn each(camera: &mut Measured, change: impl FnMut((usize, &mut Unit))) {
        camera.units.iter_mut().enumerate().for_each(change);
    }

    #[test]
    fn a_usual_camera_is_good() {
        let camera = usual();
        assert!(camera.findings().iter().all(|f| f.grade == Grade::Good), "{camera:#?}");
        let unasked = Measured { asks: None, ..usual() };
        assert_eq!(unasked.findings(), camera.findings());
        let figures = camera.figures();
        assert_eq!((figures.fps, figures.kbit_per_s), (25.0, 400.0));
        assert_eq!(figures.key_distance_ms, Some(2_000));
    }

    #[test]
    fn what_is_odd_is_named_with_its_cure() {
        check(|c| each(c, |(_, u)| u.key = true), Grade::Costly, "key frame interval");
        check(|c| each(c, |(at, u)| u.key = at == 0), Grade::Costly, "smart encoding");
        check(|c| each(c, |(_, u)| u.padding = 500), Grade::Costly, "25 % of its bytes");
        check(
            |c| each(c, |(at, u)| u.pts_us += [0, 80_000, -40_000][at % 3]),
            Grade::Costly,
            "B-frames",
        );
        check(
            |c| each(c, |(at, u)| u.pts_us -= [0, 40_300][at % 2]),
            Grade::Costly,
            "stand still or go back",
        );
        check(
            |c| each(c, |(at, u)| u.pts_us -= [0, 9_800_000_000][at / 126]),
            Grade::Good,
            "H.264",
        );
        check(|c| c.jump_s = 37_600, Grade::Costly, "jump by 37600 s");
        check(|c| c.clock_ms = Some(-7_400), Grade::Costly, "7.4 s behind");
        check(|c| c.clock_ms = None, Grade::Good, "no clock");
        check(|c| c.asks = Some(vec!["basic".into()]), Grade::Costly, "readable");
        check(|c| c.asks = Some(Vec::new()), Grade::Costly, "no password");
        check(|c| c.codec = Some(Codec::H265), Grade::Costly, "browsers");
        check(|c| c.offered.push(("audio".into(), "PCMA".into())), Grade::Good, "sound");
    }

    #[test]
    fn what_cannot_work_is_said() {
        check(|c| each(c, |(_, u)| u.has_sets = false), Grade::Bad, "no parameter sets");
        check(|c| c.units.clear(), Grade::Bad, "no picture");
        check(
            |c| (c.codec, c.offered) = (None, vec![("video".into(), "JPEG".into())]),
            Grade::Bad,
            "JPEG and no H.264",
        );
    }
}
