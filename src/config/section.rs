//! The sections of the configuration: every key with its unit, default and reason.
//!
//! The one place of the defaults. What a value may be is checked in `validate.rs`; `example.toml`
//! repeats these sentences for the technician and is tested against them.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use super::{
    Beat, Calendar, Dispatch, Duty, Instruction, Integration, Line, Member, Overlap, Record,
    Retention, Rule, SecondChannel, Secret, Zone,
};

/// The whole configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub site: Site,
    pub data: Data,
    pub store: Store,
    pub calendar: Calendar,
    pub camera: Vec<Camera>,
    pub overlap: Vec<Overlap>,
    pub record: Record,
    pub detect: Detect,
    pub event: Event,
    pub policy: Policy,
    pub dispatch: Dispatch,
    pub beat: Vec<Beat>,
    pub member: Vec<Member>,
    pub duty: Duty,
    pub instruction: Vec<Instruction>,
    pub mqtt: Mqtt,
    pub second_channel: SecondChannel,
    pub integration: Integration,
    pub web: Web,
}

/// The centre itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// Id in topics and numbers; lower-case letters, digits, hyphen. Default "centre".
    pub id: String,
    /// Name shown on screens and reports.
    pub name: String,
    /// IANA time zone in which days, weeks and armed hours are counted. Default "Asia/Shanghai".
    pub time_zone: String,
}

/// Where the daemon keeps its files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Folder of the database, evidence and broker sessions; relative to the folder of the
    /// configuration file, like every path here. Default "data".
    pub dir: PathBuf,
    /// Free space in MiB below which no new evidence is written. Default 512.
    pub min_free_mib: u64,
}

/// The database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `postgres://user@host/db`, without a password, for a shared centre; empty for SQLite in the
    /// data folder.
    pub url: String,
    /// Password of the PostgreSQL user.
    pub password: Secret,
}

/// One camera.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Camera {
    /// Id in topics and rows; lower-case letters, digits, hyphen.
    pub id: String,
    /// Name on screens.
    pub name: String,
    /// The place it watches, as a patrol member knows it.
    pub place: String,
    /// Where that is, `[x, y]` in metres on the plan of the site. Default unknown.
    pub at_m: Option<[f64; 2]>,
    /// Id of the beat that it lies in. Default none.
    pub beat: String,
    /// `rtsp://host:port/path`, without user and password.
    pub url: String,
    /// User for RTSP authentication; empty for none.
    pub username: String,
    /// Password for RTSP authentication.
    pub password: Secret,
    /// `tcp` (default: no packet loss in the way) or `udp`.
    pub transport: Transport,
    /// Address of a small second stream, which is looked at and shown on the wall in place of the
    /// large one; same user and password. Default none.
    pub sub_url: String,
    /// `auto` (default: only key frames while nothing stirs, where the stream allows it) or `full`.
    pub decode: Decode,
    /// Whether its stream is recorded. Default true.
    pub record: bool,
    /// How long footage is kept: `ordinary` (default) or `key` for key targets; see `[record]`.
    pub retention: Retention,
    /// Zones drawn in the picture, named by the rules.
    pub zone: Vec<Zone>,
    /// Lines drawn in the picture, named by the rules.
    pub line: Vec<Line>,
    /// Rules that turn what is seen into events.
    pub rule: Vec<Rule>,
    /// Parts of the picture that are looked away from.
    pub mask: Vec<Mask>,
    /// What is noticed when the camera does not see its scene: covered, blinded, defocused, moved,
    /// too_dark, frozen, looped, lost_signal. Default all.
    pub scene_checks: Vec<String>,
}

/// How RTP travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    #[default]
    Tcp,
    Udp,
}

/// How much of a stream is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decode {
    #[default]
    Auto,
    Full,
}

impl Config {
    /// The time zone of the centre.
    ///
    /// # Errors
    /// There is no such zone, which the check of the configuration has refused before.
    pub fn time_zone(&self) -> Result<jiff::tz::TimeZone, String> {
        let zone = &self.site.time_zone;
        jiff::tz::TimeZone::get(zone).map_err(|_| format!("no time zone {zone}"))
    }

    /// Whether a camera learns what is normal: a rule of kind `anomaly` asks for it.
    #[must_use]
    pub fn learns(&self, camera: &str) -> bool {
        let asks = |rule: &super::Rule| rule.kind == super::RuleKind::Anomaly;
        self.camera.iter().any(|one| one.id == camera && one.rule.iter().any(asks))
    }

    /// The folder of the footage.
    #[must_use]
    pub fn footage_dir(&self) -> PathBuf {
        if self.record.dir.as_os_str().is_empty() {
            return self.data.dir.join("footage");
        }
        self.record.dir.clone()
    }
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            place: String::new(),
            at_m: None,
            beat: String::new(),
            url: String::new(),
            username: String::new(),
            password: Secret::default(),
            transport: Transport::Tcp,
            sub_url: String::new(),
            decode: Decode::Auto,
            record: true,
            retention: Retention::Ordinary,
            zone: Vec::new(),
            line: Vec::new(),
            rule: Vec::new(),
            mask: Vec::new(),
            scene_checks: super::codes::SCENE_CHECKS.iter().map(|&word| word.into()).collect(),
        }
    }
}

/// A part of the picture where nothing moves and nobody is, whatever happens there. The picture
/// itself is shown and kept as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mask {
    /// At least three corners `[x, y]`, fractions of width and height, not self-crossing.
    pub polygon: Vec<[f32; 2]>,
}

/// Decoding for analysis, motion and objects.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Detect {
    /// Folder with `models.toml` and the models. Default "models".
    pub models: PathBuf,
    /// ONNX Runtime library. Default "models/runtime/libonnxruntime.so".
    pub runtime: PathBuf,
    /// Frames a second looked at per camera. Default 5: a walker crosses a zone in seconds.
    pub fps: u32,
    /// Width in px of the frames that are looked at; the height follows. Default 640.
    pub width_px: u32,
    /// Threads that look at frames, each with its own models. Default 1: about 48 searches a
    /// second; `gengfu bench detect` says how many cameras that is, and the wall when it is not
    /// enough.
    pub threads: u32,
    /// Share 0..1 of the picture that must move before objects are searched. Default 0.0005: half
    /// of the smallest walker judged by eye in street footage of 768x576.
    pub min_motion: f32,
    /// Whether objects are searched at all. Without them only rules of kind `zone_motion` work, and
    /// up to `fps` searches of 20 ms a second are saved. Default true.
    pub objects: bool,
    /// At the latest after this many seconds a quiet camera is decoded for one group of pictures,
    /// whatever its stream says. Default 120: the key frames are looked at
    /// all the time, and a whole group of 2 s takes as much as 25 of them.
    pub look_every_s: u32,
    /// After so many minutes a camera that was moved or is out of focus has a new usual view, and
    /// the fault ends; 0 for never. Default 60: a supervisor who knows of it can say so at once.
    pub learn_view_after_min: u32,
    /// Hours that a camera with a rule of kind `anomaly` is watched before the rule speaks. Default
    /// 72: three days, the least that supports a figure of false alarms a day.
    pub learn_h: u32,
}

/// Evidence of an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Event {
    /// Seconds of video kept from before the event. Default 8.
    pub pre_roll_s: u32,
    /// Seconds of video kept from after the event. Default 5.
    pub post_roll_s: u32,
}

/// The clocks of the regulation and who may do what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Rule file of the centre, such as "policy.toml", relative to this file: clocks, ladders and
    /// codes. Empty: the defaults with the clocks below.
    pub file: PathBuf,
    /// What the rule file says; read with the configuration.
    #[serde(skip)]
    pub rules: Option<Box<super::policy::Rules>>,
    /// The rule file as it is written.
    #[serde(skip)]
    pub text: String,
    /// Clocks per severity, in order S1, S2, S3, S4. A clock that is left out keeps its default.
    #[serde(deserialize_with = "s1")]
    pub s1: Clocks,
    #[serde(deserialize_with = "s2")]
    pub s2: Clocks,
    #[serde(deserialize_with = "s3")]
    pub s3: Clocks,
    #[serde(deserialize_with = "s4")]
    pub s4: Clocks,
    /// Least number of photos in a reply, 0..10. Default 1.
    pub reply_photos_min: u32,
    /// Least number of characters in a reply's text. Default 10.
    pub reply_text_min: u32,
    /// Largest photo accepted, bytes. Default 8 MiB.
    pub photo_max_bytes: u64,
}

/// Time limits of one severity, in seconds; `ticket/` says when each begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The operator's verdict.
    pub verify_s: u32,
    /// The order to a patrol member, after the verdict.
    pub dispatch_s: u32,
    /// The member's acknowledgement.
    pub ack_s: u32,
    /// The arrival on scene; not less than `ack_s`.
    pub arrive_s: u32,
    /// The first reply; not less than `arrive_s`.
    pub reply_s: u32,
    /// The closure; not less than `reply_s`.
    pub close_s: u32,
}

/// Clocks as they are written: each may be left out.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Clocks")]
struct ClocksGiven {
    verify_s: Option<u32>,
    dispatch_s: Option<u32>,
    ack_s: Option<u32>,
    arrive_s: Option<u32>,
    reply_s: Option<u32>,
    close_s: Option<u32>,
}

fn s1<'de, D: Deserializer<'de>>(from: D) -> Result<Clocks, D::Error> {
    Ok(Policy::default().s1.with(&ClocksGiven::deserialize(from)?))
}

fn s2<'de, D: Deserializer<'de>>(from: D) -> Result<Clocks, D::Error> {
    Ok(Policy::default().s2.with(&ClocksGiven::deserialize(from)?))
}

fn s3<'de, D: Deserializer<'de>>(from: D) -> Result<Clocks, D::Error> {
    Ok(Policy::default().s3.with(&ClocksGiven::deserialize(from)?))
}

fn s4<'de, D: Deserializer<'de>>(from: D) -> Result<Clocks, D::Error> {
    Ok(Policy::default().s4.with(&ClocksGiven::deserialize(from)?))
}

/// The way to the patrol's phones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mqtt {
    /// True: the broker inside the daemon; false: the one at `broker`. Default true.
    pub embedded: bool,
    /// Address the inner broker listens on. Default 127.0.0.1:1883 (phones come in by `/mqtt`).
    pub listen: String,
    /// `host:port` of an outside broker.
    pub broker: String,
    /// Account at an outside broker.
    pub username: String,
    pub password: Secret,
}

/// Screens and interface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Address to listen on. Default 127.0.0.1:8080.
    pub listen: String,
    /// Hours until somebody has to sign in again. Default 12: one shift with its hand-over.
    pub session_hours: u32,
}

impl Default for Site {
    fn default() -> Self {
        Self { id: "centre".into(), name: "综治中心".into(), time_zone: "Asia/Shanghai".into() }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self { dir: "data".into(), min_free_mib: 512 }
    }
}

impl Default for Detect {
    fn default() -> Self {
        Self {
            models: "models".into(),
            runtime: "models/runtime/libonnxruntime.so".into(),
            fps: 5,
            threads: 1,
            width_px: 640,
            min_motion: 0.0005,
            objects: true,
            look_every_s: 120,
            learn_view_after_min: 60,
            learn_h: 72,
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Self { pre_roll_s: 8, post_roll_s: 5 }
    }
}

impl Clocks {
    const fn of(seconds: [u32; 6]) -> Self {
        let [verify_s, dispatch_s, ack_s, arrive_s, reply_s, close_s] = seconds;
        Self { verify_s, dispatch_s, ack_s, arrive_s, reply_s, close_s }
    }

    fn with(self, given: &ClocksGiven) -> Self {
        Self {
            verify_s: given.verify_s.unwrap_or(self.verify_s),
            dispatch_s: given.dispatch_s.unwrap_or(self.dispatch_s),
            ack_s: given.ack_s.unwrap_or(self.ack_s),
            arrive_s: given.arrive_s.unwrap_or(self.arrive_s),
            reply_s: given.reply_s.unwrap_or(self.reply_s),
            close_s: given.close_s.unwrap_or(self.close_s),
        }
    }
}

impl Policy {
    /// The clocks of a severity word S1, S2, S3 or S4; none for any other word.
    #[must_use]
    pub fn clocks(&self, severity: &str) -> Option<Clocks> {
        match severity {
            "S1" => Some(self.s1),
            "S2" => Some(self.s2),
            "S3" => Some(self.s3),
            "S4" => Some(self.s4),
            _ => None,
        }
    }
}

impl Default for Policy {
    /// The defaults of the regulation's clocks; S4's working days are counted as days for now.
    fn default() -> Self {
        Self {
            file: PathBuf::new(),
            rules: None,
            text: String::new(),
            s1: Clocks::of([60, 30, 60, 300, 900, 7_200]),
            s2: Clocks::of([120, 120, 120, 600, 1_800, 14_400]),
            s3: Clocks::of([300, 600, 300, 1_800, 7_200, 86_400]),
            s4: Clocks::of([1_800, 3_600, 900, 14_400, 86_400, 259_200]),
            reply_photos_min: 1,
            reply_text_min: 10,
            photo_max_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            embedded: true,
            listen: "127.0.0.1:1883".into(),
            broker: String::new(),
            username: String::new(),
            password: Secret::default(),
        }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8080".into(), session_hours: 12 }
    }
}
