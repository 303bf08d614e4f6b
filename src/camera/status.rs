//! What the wall says about a camera: its state, and for a fault what to do about it.
//!
//! A camera counts as live only while decoded pictures come; what the network connection says is
//! not asked (a camera behind a recorder stays "on line" there for ever). Every fault has a code
//! for programs and a sentence for people that names the camera and the next step. Passwords are
//! not known here, so no sentence can carry one.

use std::sync::Arc;
use std::time::Duration;

use super::CameraId;
use super::units::StreamFormat;
use crate::clock::UnixMs;

/// Whether pictures come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraState {
    Connecting,
    Live,
    Down,
}

/// Looks a second that every camera is promised while frames come from it: a rule's usual second of
/// dwell is then seen at its beginning and at its end. Whether a machine can keep it for so many
/// cameras, `gengfu bench detect` measures; where it does not, the wall says so in red.
pub const PROMISED_PER_S: f32 = 1.0;

/// A camera's health at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraStatus {
    pub camera: CameraId,
    pub state: CameraState,
    /// When this state began.
    pub since: UnixMs,
    /// Why it is not live, for programs; kept while the next attempt runs.
    pub code: Option<&'static str>,
    /// The same for people: the camera, the fault, the next step.
    pub message: Option<String>,
    /// Decoded frames a second, measured over the last seconds; 0 unless live.
    pub fps: f32,
    /// When the latest decoded frame was seen.
    pub frame_at: Option<UnixMs>,
    /// Frames since the daemon started that were replaced by newer ones before anybody looked.
    pub frames_dropped: u64,
    /// Looks a second, where the machine has been too slow for all frames for a while.
    pub slowed_to: Option<f32>,
    /// Attempts after the first one since the daemon started, over both streams.
    pub reconnects: u64,
}

impl CameraStatus {
    /// The status before the first attempt.
    #[must_use]
    pub const fn connecting(camera: CameraId, since: UnixMs) -> Self {
        Self {
            camera,
            state: CameraState::Connecting,
            since,
            code: None,
            message: None,
            fps: 0.0,
            frame_at: None,
            frames_dropped: 0,
            slowed_to: None,
            reconnects: 0,
        }
    }
}

/// What a stream says of itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// What it is expected to bring comes.
    Live {
        /// Frames a second, for the stream that is looked at.
        fps: f32,
        frame_at: Option<UnixMs>,
        frames_dropped: u64,
        /// See `CameraStatus`.
        slowed_to: Option<f32>,
    },
    Down(SourceFault),
}

/// What keeps a camera's streams away: code and sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Of the stream that is looked at.
    looked_at: Option<(&'static str, String)>,
    /// Of the large one, when that is another.
    main: Option<(&'static str, String)>,
}

/// Who speaks: which stream, and whether the camera has a small one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    pub role: Role,
    pub has_sub: bool,
}

impl CameraStatus {
    /// Takes in what one of the streams says. The stream that is looked at decides the state; the
    /// other one's fault is told beside it.
    pub fn hear(&mut self, faults: &mut Faults, speaker: Speaker, said: Said, now: UnixMs) {
        let Speaker { role, has_sub } = speaker;
        let looked_at = !has_sub || role == Role::Sub;
        match said {
            Said::Live { .. } if !looked_at => faults.main = None,
            Said::Live { fps, frame_at, frames_dropped, slowed_to } => {
                self.enter(CameraState::Live, now);
                faults.looked_at = None;
                self.fps = fps;
                self.frame_at = frame_at;
                self.frames_dropped = frames_dropped;
                self.slow_down(slowed_to);
            }
            Said::Down(fault) if !looked_at => {
                let text = fault.message_of(&self.camera, Some(role));
                faults.main = Some((fault.code(), text));
            }
            Said::Down(fault) => {
                self.enter(CameraState::Down, now);
                let text = fault.message_of(&self.camera, has_sub.then_some(role));
                faults.looked_at = Some((fault.code(), text));
                self.fps = 0.0;
                self.slowed_to = None;
            }
        }
        let told = faults.looked_at.as_ref().or(faults.main.as_ref());
        self.code = told.map(|told| told.0);
        self.message = told.map(|told| told.1.clone());
    }

    /// Whether it is looked at less than every camera is promised.
    #[must_use]
    pub fn is_below_promise(&self) -> bool {
        self.slowed_to.is_some_and(|per_s| per_s < PROMISED_PER_S)
    }

    fn slow_down(&mut self, to: Option<f32>) {
        let camera = &self.camera;
        match (self.slowed_to, to) {
            (None, Some(per_s)) => tracing::warn!(
                %camera,
                "{camera} is looked at only {per_s:.1} times a second: more happens than this \
                 machine can look at; see gengfu bench detect"
            ),
            (Some(_), None) => tracing::info!(%camera, "{camera} is looked at in full again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.slowed_to = to;
    }

    fn enter(&mut self, state: CameraState, now: UnixMs) {
        if self.state == state {
            return;
        }
        (self.state, self.since) = (state, now);
        if state == CameraState::Live {
            tracing::info!(camera = %self.camera, "camera live");
        }
    }
}

/// Which of a camera's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The large one: recorded, shown on demand.
    Main,
    /// The small one, if the camera has one: looked at, shown on the wall.
    Sub,
}

impl Role {
    /// The word in addresses and rows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

/// How much of a stream is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecodeMode {
    /// Key frames while it is quiet, everything from the last key frame on while it stirs.
    Gated,
    /// Everything.
    #[default]
    Full,
}

/// Why a stream is decoded as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeReason {
    /// Not enough of the stream has been seen; everything is decoded meanwhile.
    #[default]
    Learning,
    /// `decode = "full"` in the configuration.
    Configured,
    /// Key frames come often and sizes follow the content.
    FitsWell,
    /// Every picture is a key frame: there is no group to wake from.
    AllIntra,
    /// Key frames are so far apart that somebody comes and goes between them.
    LongGroups,
    /// Padded to a constant bit rate: sizes say nothing about the content.
    ConstantRate,
}

/// What is known of one stream, measured over the last seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamFacts {
    /// None before the first key frame.
    pub format: Option<Arc<StreamFormat>>,
    /// Encoded pictures a second.
    pub fps: f32,
    pub kbit_per_s: f32,
    /// Between the two newest key frames, as seen here, ms.
    pub key_distance_ms: Option<i64>,
    /// Clock of the camera, by its RTCP sender reports, minus ours, ms; None if it sends none.
    pub camera_clock_ms: Option<i64>,
    /// From the camera's stamp of the newest unit to its arrival here, ms, by two clocks that may
    /// differ; None without sender reports.
    pub delay_ms: Option<i64>,
    pub mode: DecodeMode,
    pub reason: ModeReason,
    /// Whether everything is decoded at this moment.
    pub awake: bool,
    /// Pictures that were decoded since the daemon started.
    pub decoded: u64,
    /// Units that were given to a decoder, or would have been, and became no picture.
    pub broken: u64,
    /// Units received since the daemon started.
    pub units: u64,
    /// Why nothing comes from it now, the fault's word for programs; None while units come.
    pub down: Option<&'static str>,
}

/// Why a source gave up, or what keeps its pictures away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceFault {
    /// Nothing at the address accepts a connection or answers in time.
    NoAnswer,
    /// 401 or 403.
    Unauthorised,
    /// 404: the address is right, the path is not.
    NotFound,
    /// The camera offers sound or data only.
    NoVideo,
    /// Something answers that does not speak RTSP.
    NotRtsp,
    /// The camera sends video in this encoding, which is neither H.264 nor H.265.
    UnsupportedCodec(String),
    /// Video stopped for this many seconds while the connection stayed.
    Stalled(u64),
    /// Video comes, but no picture can be decoded from it.
    NoPicture,
    /// The camera ended the stream or closed the connection.
    Ended,
    /// The password's file or variable cannot be read, with the reason.
    NoSecret(String),
    /// The address cannot be used at all, with the reason.
    BadAddress(String),
    /// The camera answers with an error of its own, given here.
    Refused(String),
    /// The connection or what came over it is broken, with the reason.
    Broken(String),
    /// GStreamer lacks a part or failed inside, with the reason.
    Pipeline(String),
}

impl SourceFault {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Unauthorised => "unauthorised",
            Self::NotFound => "not_found",
            Self::NoVideo => "no_video",
            Self::NotRtsp => "not_rtsp",
            Self::UnsupportedCodec(_) => "unsupported_codec",
            Self::Stalled(_) => "stalled",
            Self::NoPicture => "no_picture",
            Self::Ended => "ended",
            Self::NoSecret(_) => "no_secret",
            Self::BadAddress(_) => "bad_address",
            Self::Refused(_) => "refused",
            Self::Broken(_) => "broken",
            Self::Pipeline(_) => "pipeline",
        }
    }

    /// The sentence for people: the camera, what is wrong, what to do.
    #[must_use]
    pub fn message(&self, camera: &CameraId) -> String {
        self.message_of(camera, None)
    }

    /// The same, for one of several streams.
    #[must_use]
    pub fn message_of(&self, camera: &CameraId, role: Option<Role>) -> String {
        let what = match self {
            Self::NoAnswer => "does not answer: check its power, cable and the host and port of \
                               its url"
                .to_owned(),
            Self::Unauthorised => {
                "answers 401: check its username and password in the configuration".to_owned()
            }
            Self::NotFound => "answers 404: check the path of its url".to_owned(),
            Self::NoVideo => "offers no video: choose its video stream in the url".to_owned(),
            Self::NotRtsp => {
                "does not speak RTSP: check the port of its url (RTSP is usually 554)".to_owned()
            }
            Self::UnsupportedCodec(name) => {
                format!("sends {name}: set its encoding to H.264 or H.265")
            }
            Self::Stalled(seconds) => {
                format!("sent nothing for {seconds} s: check its network, it is opened again")
            }
            Self::NoPicture => "sends video without a picture that can be decoded: shorten its \
                                key frame interval, switch smart encoding off"
                .to_owned(),
            Self::Ended => "closed the connection: it is opened again; if that goes on, check how \
                            many viewers it allows"
                .to_owned(),
            Self::NoSecret(why) => format!("has no password: {why}"),
            Self::BadAddress(why) => format!("has an address that cannot be used: {why}"),
            Self::Refused(why) => {
                format!("refuses: {why}; check its url and how many viewers it allows")
            }
            Self::Broken(why) => {
                format!("sends what cannot be read: {why}; it is opened again, check its network")
            }
            Self::Pipeline(why) => {
                format!("cannot be played: {why}; check that the GStreamer plugins are installed")
            }
        };
        let stream = match role {
            None => "",
            Some(Role::Main) => " (large stream: url)",
            Some(Role::Sub) => " (small stream: sub_url)",
        };
        format!("camera {camera}{stream} {what}")
    }
}

/// Silence after which a source counts as stalled: 5 s (longer than any network hiccup that mends
/// itself, guess, revisit) or twice the camera's key frame distance, because encoders that send
/// next to nothing between key frames are healthy, however far those are apart.
#[must_use]
pub fn stalled_after(key_distance_ms: Option<i64>) -> Duration {
    let twice = key_distance_ms.unwrap_or_default().saturating_mul(2).max(5_000);
    Duration::from_millis(twice.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fault: &SourceFault, code: &str, words: &[&str]) {
        let gate = CameraId::try_from("gate").unwrap();
        assert_eq!(fault.code(), code);
        let message = fault.message(&gate);
        assert!(message.starts_with("camera gate "), "{message}");
        for word in words {
            assert!(message.contains(word), "{message} lacks {word}");
        }
    }

    #[test]
    fn every_fault_names_the_camera_and_the_next_step() {
        check(&SourceFault::NoAnswer, "no_answer", &["power", "host and port"]);
        check(&SourceFault::Unauthorised, "unauthorised", &["401", "username and password"]);
        check(&SourceFault::NotFound, "not_found", &["404", "path"]);
        check(&SourceFault::NoVideo, "no_video", &["video stream"]);
        check(&SourceFault::NotRtsp, "not_rtsp", &["port"]);
        check(&SourceFault::UnsupportedCodec("JPEG".into()), "unsupported_codec", &["JPEG"]);
        check(&SourceFault::Stalled(7), "stalled", &["7 s", "network"]);
        check(&SourceFault::NoPicture, "no_picture", &["key frame"]);
        check(&SourceFault::Ended, "ended", &["opened again"]);
        check(&SourceFault::NoSecret("file x".into()), "no_secret", &["file x"]);
        check(&SourceFault::BadAddress("no host".into()), "bad_address", &["no host"]);
        check(&SourceFault::Refused("503".into()), "refused", &["503", "viewers"]);
        check(&SourceFault::Broken("cut off".into()), "broken", &["cut off", "network"]);
        check(&SourceFault::Pipeline("no avdec_h264".into()), "pipeline", &["avdec_h264"]);
    }

    #[test]
    fn a_stall_is_five_seconds_or_two_key_frames() {
        let check = |distance, expect| {
            assert_eq!(stalled_after(distance), Duration::from_millis(expect));
        };
        check(None, 5_000);
        check(Some(2_000), 5_000);
        check(Some(4_000), 8_000);
        check(Some(300_000), 600_000);
        check(Some(-5), 5_000);
    }
}
