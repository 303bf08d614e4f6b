//! The JSON of the centre itself: cameras, codes, policy, people on duty, figures of the day.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::CameraView;
use super::wire::Named;
use super::wire_rules::Request;
use crate::camera::{CameraState, CameraStatus, DecodeMode, ModeReason, StreamFacts, StreamFeed};
use crate::config::{self, codes};
use crate::report::load;

#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    pub id: String,
    pub name: String,
    pub time_zone: String,
    pub version: &'static str,
    pub now_ms: i64,
    pub cameras: Vec<Camera>,
    pub members: Vec<Named>,
    pub codes: Codes,
    pub policy: Policy,
    pub dispatch: Dispatch,
    /// Who walks where, for the plan.
    pub beats: Vec<Beat>,
}

/// A part of the site that somebody walks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Beat {
    pub id: String,
    pub name: String,
    /// Where its member usually is, metres on the plan.
    pub post_m: Option<[f64; 2]>,
    /// Accounts.
    pub members: Vec<String>,
}

impl Beat {
    /// The beats of the configuration.
    #[must_use]
    pub fn all(config: &config::Config) -> Vec<Self> {
        let walks = |id: &str| {
            let members =
                config.member.iter().filter(|member| member.beats.iter().any(|b| b == id));
            members.map(|member| member.account.clone()).collect()
        };
        let beat = |beat: &config::Beat| Self {
            id: beat.id.clone(),
            name: beat.name.clone(),
            post_m: beat.post_m,
            members: walks(&beat.id),
        };
        config.beat.iter().map(beat).collect()
    }
}

/// What is done without a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dispatch {
    /// Severities that are offered to the first member at once.
    pub auto: Vec<String>,
    /// Severities that may be sent out before the verdict.
    pub before_verify: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Camera {
    pub id: String,
    pub name: String,
    pub place: String,
    pub zones: Vec<Zone>,
    /// Metres on the plan of the site.
    pub at_m: Option<[f64; 2]>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Zone {
    pub id: String,
    pub name: String,
    /// Corners, fractions 0..1 of width and height; of a line its two points.
    pub polygon: Vec<[f32; 2]>,
}

impl From<&CameraView> for Camera {
    fn from(camera: &CameraView) -> Self {
        let zone = |zone: &config::Zone| Zone {
            id: zone.id.clone(),
            name: zone.name.clone(),
            polygon: zone.polygon.clone(),
        };
        Self {
            id: camera.id.as_str().to_owned(),
            name: camera.name.clone(),
            place: camera.place.clone(),
            zones: camera.zones.iter().map(zone).collect(),
            at_m: None,
        }
    }
}

impl Camera {
    /// With what only the configuration knows.
    #[must_use]
    pub fn of(camera: &CameraView, config: &config::Config) -> Self {
        let known = config.camera.iter().find(|one| one.id == camera.id.as_str());
        Self { at_m: known.and_then(|one| one.at_m), ..camera.into() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Codes {
    pub severities: Vec<&'static str>,
    pub categories: Vec<&'static str>,
    pub false_alarm_reasons: Vec<&'static str>,
    pub dispositions: Vec<&'static str>,
    pub refuse_reasons: Vec<&'static str>,
    pub review_items: Vec<&'static str>,
    pub suspend_reasons: Vec<&'static str>,
    pub park_reasons: Vec<&'static str>,
}

impl Codes {
    /// All code tables.
    #[must_use]
    pub fn all() -> Self {
        Self {
            severities: codes::SEVERITIES.to_vec(),
            categories: codes::CATEGORIES.to_vec(),
            false_alarm_reasons: codes::FALSE_ALARM_REASONS.to_vec(),
            dispositions: codes::DISPOSITIONS.to_vec(),
            refuse_reasons: codes::REFUSE_REASONS.to_vec(),
            review_items: codes::REVIEW_ITEMS.to_vec(),
            suspend_reasons: codes::SUSPEND_REASONS.to_vec(),
            park_reasons: codes::PARK_REASONS.to_vec(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Policy {
    pub reply_photos_min: u32,
    pub reply_text_min: u32,
    pub photo_max_bytes: u64,
    /// By severity.
    pub clocks: BTreeMap<&'static str, Clocks>,
}

/// Time limits of one severity, seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Clocks {
    pub verify_s: u32,
    pub dispatch_s: u32,
    pub ack_s: u32,
    pub arrive_s: u32,
    pub reply_s: u32,
    pub close_s: u32,
}

impl From<config::Clocks> for Clocks {
    fn from(c: config::Clocks) -> Self {
        let config::Clocks { verify_s, dispatch_s, ack_s, arrive_s, reply_s, close_s } = c;
        Self { verify_s, dispatch_s, ack_s, arrive_s, reply_s, close_s }
    }
}

impl From<&config::Policy> for Policy {
    fn from(policy: &config::Policy) -> Self {
        let by_severity =
            codes::SEVERITIES.iter().copied().zip([policy.s1, policy.s2, policy.s3, policy.s4]);
        Self {
            reply_photos_min: policy.reply_photos_min,
            reply_text_min: policy.reply_text_min,
            photo_max_bytes: policy.photo_max_bytes,
            clocks: by_severity.map(|(name, clocks)| (name, clocks.into())).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    pub id: String,
    pub name: String,
    pub place: String,
    /// `connecting`, `live` or `down`.
    pub state: &'static str,
    pub since_ms: i64,
    pub code: Option<&'static str>,
    pub message: Option<String>,
    pub fps: f32,
    pub frame_at_ms: Option<i64>,
    pub frames_dropped: u64,
    /// Looks a second, where the machine has been too slow for all frames for a while.
    pub slowed_to: Option<f32>,
    /// Whether that is less than every camera is promised.
    pub below_promise: bool,
    /// Attempts after the first one since the daemon started.
    pub reconnects: u64,
    /// The large one first.
    pub streams: Vec<Stream>,
}

/// One stream of a camera, measured over the last seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stream {
    /// `main` or `sub`.
    pub role: &'static str,
    /// `h264` or `h265`; null before the first key frame, as are the sizes.
    pub codec: Option<&'static str>,
    pub width_px: Option<u32>,
    pub height_px: Option<u32>,
    pub fps: f32,
    pub kbit_per_s: f32,
    pub key_distance_ms: Option<i64>,
    /// The camera's clock minus ours; null when it does not tell.
    pub camera_clock_ms: Option<i64>,
    /// `gated` or `full`.
    pub mode: &'static str,
    /// `learning`, `configured`, `fits_well`, `all_intra`, `long_groups` or `constant_rate`.
    pub reason: &'static str,
    /// Whether everything is decoded at this moment.
    pub awake: bool,
    /// Pictures decoded, and units received, since the daemon started.
    pub decoded: u64,
    pub units: u64,
    /// Why nothing comes from it now.
    pub down: Option<&'static str>,
}

const fn mode_word(mode: DecodeMode) -> &'static str {
    match mode {
        DecodeMode::Gated => "gated",
        DecodeMode::Full => "full",
    }
}

const fn reason_word(reason: ModeReason) -> &'static str {
    match reason {
        ModeReason::Learning => "learning",
        ModeReason::Configured => "configured",
        ModeReason::FitsWell => "fits_well",
        ModeReason::AllIntra => "all_intra",
        ModeReason::LongGroups => "long_groups",
        ModeReason::ConstantRate => "constant_rate",
    }
}

impl From<&StreamFeed> for Stream {
    fn from(feed: &StreamFeed) -> Self {
        let facts: StreamFacts = feed.facts.borrow().clone();
        let format = facts.format.as_ref();
        Self {
            role: feed.role.word(),
            codec: format.map(|format| format.codec.name()),
            width_px: format.map(|format| format.width_px),
            height_px: format.map(|format| format.height_px),
            fps: facts.fps,
            kbit_per_s: facts.kbit_per_s,
            key_distance_ms: facts.key_distance_ms,
            camera_clock_ms: facts.camera_clock_ms,
            mode: mode_word(facts.mode),
            reason: reason_word(facts.reason),
            awake: facts.awake,
            decoded: facts.decoded,
            units: facts.units,
            down: facts.down,
        }
    }
}

/// The word of a camera's state.
#[must_use]
pub const fn state_word(state: CameraState) -> &'static str {
    match state {
        CameraState::Connecting => "connecting",
        CameraState::Live => "live",
        CameraState::Down => "down",
    }
}

impl From<&CameraView> for Status {
    fn from(camera: &CameraView) -> Self {
        let status: CameraStatus = camera.status.borrow().clone();
        let below_promise = status.is_below_promise();
        Self {
            id: camera.id.as_str().to_owned(),
            name: camera.name.clone(),
            place: camera.place.clone(),
            state: state_word(status.state),
            since_ms: status.since.0,
            code: status.code,
            message: status.message,
            fps: status.fps,
            frame_at_ms: status.frame_at.map(|at| at.0),
            frames_dropped: status.frames_dropped,
            slowed_to: status.slowed_to,
            below_promise,
            reconnects: status.reconnects,
            streams: std::iter::once(&camera.main).chain(&camera.sub).map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Duty {
    pub name: String,
    pub display: String,
    pub role: String,
    /// `duty`, `standby` or `patrol`.
    pub line: String,
    pub from_ms: i64,
    /// Null of who signed on outside of a turn.
    pub until_ms: Option<i64>,
    /// Since when this person is signed on to the line; null: not there.
    pub signed_on_ms: Option<i64>,
    /// Null when it is not known, or not a patrol member.
    pub phone_online: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Today {
    pub observations: usize,
    pub confirmed: i64,
    pub false_alarm: i64,
    pub closed: i64,
    pub ack_p50_ms: Option<i64>,
    pub arrive_p90_ms: Option<i64>,
    /// Share of the tickets closed today of which no clock ran out.
    pub on_time: Option<f64>,
    pub overdue: i64,
    /// Observations of each hour of the site's day.
    pub hourly: [u32; 24],
    pub load: AlarmLoad,
    /// Rules that call nobody now: what a shift hands over to the next.
    pub shelved: Vec<Request>,
}

/// Alarms by rules for each operator at work, since the day began.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmLoad {
    pub alarms: usize,
    /// In the last ten minutes, and the most in any ten, for one operator.
    pub latest: f64,
    pub peak: f64,
    /// What is well, and what can be managed, in ten minutes.
    pub target: f64,
    pub manageable: f64,
    pub floods: Vec<AlarmFlood>,
    pub flood_ms: i64,
}

/// A time in which more alarms came than anybody can look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlarmFlood {
    pub start_ms: i64,
    /// Null while it lasts.
    pub end_ms: Option<i64>,
    pub alarms: usize,
}

impl From<&load::Load> for AlarmLoad {
    fn from(of: &load::Load) -> Self {
        let flood = |flood: &load::Flood| AlarmFlood {
            start_ms: flood.start.0,
            end_ms: flood.end.map(|end| end.0),
            alarms: flood.alarms,
        };
        Self {
            alarms: of.alarms,
            latest: of.latest,
            peak: of.peak,
            target: load::TARGET,
            manageable: load::MANAGEABLE,
            floods: of.floods.iter().map(flood).collect(),
            flood_ms: of.flood_ms,
        }
    }
}
