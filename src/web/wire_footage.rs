//! The JSON of recorded video: what there is, what is missing and why, what is held, what is
//! broken. Times `*_ms` are UTC Unix milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::record::hold::Hold as Held;
use crate::record::timeline::{Span, Told};
use crate::record::{Fault as Broken, Segment as File, clip};

/// A time of a camera.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Interval {
    /// Id of the camera.
    pub camera: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// Why it is looked at, for the audit; may be left out.
    pub reason: Option<String>,
}

/// What there is of a camera in a time: segments and gaps together cover all of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Footage {
    pub camera: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub segments: Vec<Segment>,
    pub gaps: Vec<Gap>,
    pub holds: Vec<Hold>,
}

/// A time that lies in one file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Segment {
    pub id: String,
    /// Within the time that was asked for.
    pub start_ms: i64,
    pub end_ms: i64,
    /// Of the whole file.
    pub file_start_ms: i64,
    /// Null while it is written, as the rest below.
    pub file_end_ms: Option<i64>,
    pub media_ms: Option<i64>,
    pub bytes: Option<i64>,
    pub codec: &'static str,
    pub width_px: u32,
    pub height_px: u32,
    pub sha256: Option<String>,
    /// Pictures known to be missing inside.
    pub lost: Option<i64>,
}

/// A time without footage.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Gap {
    pub start_ms: i64,
    pub end_ms: i64,
    /// Why: a camera's fault, or one of connecting, lost, queue_overflow, disk_full, disk_readonly,
    /// disk_missing, disk_failing, daemon_stopped, daemon_killed, not_recorded, clock_step,
    /// footage_missing, deleted, being_written, before_recording, not_yet, unexplained.
    pub cause: String,
    /// For people; may be empty.
    pub detail: String,
}

/// Footage that must not go.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hold {
    pub id: String,
    pub camera: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// legal or ticket.
    pub kind: &'static str,
    pub ticket: Option<String>,
    pub reason: String,
    pub placed_by: String,
    pub placed_ms: i64,
    /// Review date; null as long as its ticket is open.
    pub until_ms: Option<i64>,
}

/// A hold that is to be placed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewHold {
    pub camera: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// legal (default) or ticket.
    pub kind: Option<String>,
    /// Id of the ticket, for kind ticket.
    pub ticket: Option<String>,
    pub reason: String,
    /// Review date, at most 180 days ahead.
    pub until_ms: i64,
}

/// Why a hold ends.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Release {
    pub reason: String,
}

/// A clip, before it is fetched.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClipInfo {
    pub camera: String,
    /// What is shown first and last.
    pub from_ms: i64,
    pub to_ms: i64,
    /// The key frame with which decoding begins; players skip from it to `from_ms`.
    pub key_ms: i64,
    pub bytes: u64,
    /// Times that play without a break.
    pub parts: Vec<Part>,
    /// What is missing of the time that was asked for.
    pub gaps: Vec<Gap>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    /// From the beginning of the clip.
    pub plays_ms: i64,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// How much footage of a camera there is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stock {
    pub camera: String,
    /// Whether it is recorded right now.
    pub recording: bool,
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
    /// Days of footage that are there, without the gaps.
    pub days_present: f64,
    pub bytes: i64,
    pub open_gap: Option<OpenGap>,
    /// ordinary or key.
    pub class: &'static str,
    pub floor_days: u32,
    pub ceiling_days: u32,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenGap {
    pub cause: String,
    pub since_ms: i64,
    pub detail: String,
}

/// Something of the equipment that is broken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fault {
    pub id: String,
    /// Null: the centre itself.
    pub camera: Option<String>,
    pub kind: &'static str,
    pub message: String,
    pub since_ms: i64,
    /// Null while it lasts.
    pub until_ms: Option<i64>,
    /// Evidence of a fault of the view: the last good picture, and the first one with the fault.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Why a camera's present view is the usual one from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewView {
    pub reason: String,
}

impl Segment {
    /// The part of a file that a span is.
    #[must_use]
    pub fn of(file: &File, span: &Span) -> Self {
        let end = file.end.as_ref();
        Self {
            id: file.id.clone(),
            start_ms: span.from.0,
            end_ms: span.to.0,
            file_start_ms: file.started.0,
            file_end_ms: end.map(|end| end.ended.0),
            media_ms: end.map(|end| end.media_ms),
            bytes: end.map(|end| end.bytes),
            codec: file.codec.name(),
            width_px: file.width_px,
            height_px: file.height_px,
            sha256: end.map(|end| end.sha256.clone()),
            lost: end.map(|end| end.lost),
        }
    }
}

impl Gap {
    /// The gap that a span is; none when it is footage.
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        let Told::Gap { cause, detail } = &span.told else { return None };
        let (start_ms, end_ms) = (span.from.0, span.to.0);
        Some(Self { start_ms, end_ms, cause: cause.clone(), detail: detail.clone() })
    }
}

impl From<&Held> for Hold {
    fn from(hold: &Held) -> Self {
        Self {
            id: hold.id.clone(),
            camera: hold.camera.as_str().to_owned(),
            from_ms: hold.from.0,
            to_ms: hold.to.0,
            kind: hold.kind.word(),
            ticket: hold.ticket.clone(),
            reason: hold.reason.clone(),
            placed_by: hold.placed_by.clone(),
            placed_ms: hold.placed.0,
            until_ms: hold.until.map(|until| until.0),
        }
    }
}

impl From<&clip::Part> for Part {
    fn from(part: &clip::Part) -> Self {
        Self { plays_ms: part.plays_ms, from_ms: part.from.0, to_ms: part.to.0 }
    }
}

impl From<&Broken> for Fault {
    fn from(fault: &Broken) -> Self {
        Self {
            id: fault.id.clone(),
            camera: fault.camera.as_ref().map(|camera| camera.as_str().to_owned()),
            kind: fault.kind.word(),
            message: fault.message.clone(),
            since_ms: fault.since.0,
            until_ms: fault.until.map(|until| until.0),
            before: fault.before.clone(),
            after: fault.after.clone(),
        }
    }
}
