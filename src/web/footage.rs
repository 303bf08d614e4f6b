//! Recorded video: what there is of a camera, one file, any interval as one clip, how much there
//! is, and what is broken.
//!
//! Whatever time is asked for, the answer accounts for all of it: footage, or a gap with its cause.
//! Each view of video passes the door and is written down with camera, interval and reason.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tower_http::services::ServeFile;

use super::ask::Asked;
use super::playback::{self, Prepared};
use super::session::SignedIn;
use super::wire_footage::{ClipInfo, Footage, Gap, Interval, OpenGap, Stock};
use super::{AppState, Error, wire_footage as wire};
use crate::access::Verb;
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::clip::ClipError;
use crate::record::read::ReadError;
use crate::record::retention::class_word;
use crate::record::timeline::{self, Known, Row, Span, Told};
use crate::record::{Gap as Missing, Segment};
use crate::store::clip::plan_clip;
use crate::store::footage::{Deletion, Stock as Counted};
use crate::store::hold::Rolls;

/// The longest time that is listed at once: 10,000 files of a minute (guess, revisit).
const LIST_MAX_MS: i64 = 7 * 86_400_000;
/// The longest clip: its head takes some MB (guess, revisit).
const CLIP_MAX_MS: i64 = 4 * 3_600_000;
/// How long figures of the whole index stand: summing it up reads every row (guess, revisit).
const STOCKS_STAND_MS: i64 = 30_000;
/// The reason in the audit when the viewer gives none.
const VIEW: &str = crate::store::ledger::VIEW_REASON;
const DAY_MS: f64 = 86_400_000.0;

/// How much footage there was when it was last summed up.
#[derive(Default)]
pub struct Stocks(Mutex<Option<(UnixMs, Vec<Stock>)>>);

/// What there is of a camera in a time.
#[utoipa::path(get, path = "/footage", params(Interval),
    responses((status = 200, body = Footage), (status = 400), (status = 403), (status = 404)))]
pub async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(asked): Asked<Interval>,
) -> Result<Json<Footage>, Error> {
    who.may(&state, Verb::ViewFootage, &asked.camera).await?;
    let time = bounds(&asked, LIST_MAX_MS)?;
    let camera = known_camera(&state, &asked.camera).await?;
    let found = Found::of(&state, &camera, time).await?;
    let holds = state.store.holds(Rolls::of(&state.config.event), state.clock.now()).await?;
    let touches = |hold: &&crate::record::hold::Hold| {
        hold.camera == camera && hold.from < time.1 && hold.to > time.0
    };
    let segment = |span: &Span| match span.told {
        Told::File(place) => Some(wire::Segment::of(&found.files[place], span)),
        Told::Gap { .. } => None,
    };
    Ok(Json(Footage {
        camera: camera.as_str().to_owned(),
        from_ms: time.0.0,
        to_ms: time.1.0,
        segments: found.spans.iter().filter_map(segment).collect(),
        gaps: found.gaps(),
        holds: holds.iter().filter(touches).map(Into::into).collect(),
    }))
}

/// One file of footage as it lies on the disk, with byte ranges.
#[utoipa::path(get, path = "/footage/segment/{id}", params(("id" = String, Path)),
    responses((status = 200, content_type = "video/mp4"), (status = 206), (status = 403),
        (status = 404)))]
pub async fn segment(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let found = state.store.segment(&id).await?;
    let object = found.as_ref().map_or_else(|| id.clone(), object_of);
    who.pass_for(&state, Verb::ViewFootage, (&object, VIEW)).await?;
    let found = found.ok_or(Error::NotFound("file of footage"))?;
    let file = state.config.footage_dir().join(&found.file);
    let mime = "video/mp4".parse().map_err(|_| Error::Internal)?;
    let served = ServeFile::new_with_mime(&file, &mime).try_call(request).await;
    let mut response = served
        .map_err(|error| {
            tracing::error!(file = %file.display(), %error, "footage cannot be read");
            Error::Internal
        })?
        .map(Body::new)
        .into_response();
    if response.status() == StatusCode::NOT_FOUND {
        tracing::error!(file = %file.display(), "a file that the index of footage knows is gone");
        return Err(Error::NotFound("file of footage"));
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let sha256 = found.end.and_then(|end| HeaderValue::try_from(end.sha256).ok());
    if let Some(sha256) = sha256 {
        headers.insert("x-sha256", sha256);
    }
    Ok(response)
}

fn object_of(file: &Segment) -> String {
    let to = file.end.as_ref().map_or_else(String::new, |end| end.ended.0.to_string());
    format!("{}/{}-{to}", file.camera, file.started.0)
}

/// Any interval as one MP4, copied out of the camera's own video, with byte ranges.
///
/// Decoding begins at the key frame before (`x-clip-key-ms`); an edit list makes players show
/// exactly `x-clip-from-ms` to `x-clip-to-ms`. Times without footage are left out of the playing
/// time and listed in `x-clip-gaps`; a time that holds nothing at all is a 404 with its gaps.
#[utoipa::path(get, path = "/footage/clip", params(Interval),
    responses((status = 200, content_type = "video/mp4"), (status = 206), (status = 400),
        (status = 403), (status = 404), (status = 409), (status = 416)))]
pub async fn clip(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(asked): Asked<Interval>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let clip = prepared(&state, &who, &asked).await?;
    playback::answer(&clip, &headers)
}

/// What a clip would hold: its exact bounds, where it breaks and what is missing.
#[utoipa::path(get, path = "/footage/clip/info", params(Interval),
    responses((status = 200, body = ClipInfo), (status = 400), (status = 403), (status = 404),
        (status = 409)))]
pub async fn clip_info(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(asked): Asked<Interval>,
) -> Result<Json<ClipInfo>, Error> {
    let prepared = prepared(&state, &who, &asked).await?;
    let clip = &prepared.made.clip;
    Ok(Json(ClipInfo {
        camera: asked.camera,
        from_ms: clip.from.0,
        to_ms: clip.to.0,
        key_ms: clip.key.0,
        bytes: clip.bytes,
        parts: clip.parts.iter().map(Into::into).collect(),
        gaps: prepared.gaps.clone(),
    }))
}

async fn prepared(
    state: &AppState,
    who: &SignedIn,
    asked: &Interval,
) -> Result<Arc<Prepared>, Error> {
    let object = format!("{}/{}-{}", asked.camera, asked.from_ms, asked.to_ms);
    let reason = asked.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.map_or_else(|| VIEW.to_owned(), |reason| format!("{VIEW}: {reason}"));
    who.pass_for(state, Verb::ViewFootage, (&object, &reason)).await?;
    let time = bounds(asked, CLIP_MAX_MS)?;
    let camera = known_camera(state, &asked.camera).await?;
    let found = Found::of(state, &camera, time).await?;
    let dir = state.config.footage_dir();
    let files: Vec<(PathBuf, Segment)> =
        found.files.iter().map(|file| (dir.join(&file.file), file.clone())).collect();
    let names: Vec<String> = found.files.iter().map(|file| file.file.clone()).collect();
    let key = (asked.camera.clone(), time.0, time.1);
    if let Some(clip) = state.0.clips.find(&key, &names) {
        return Ok(clip);
    }
    let planning = tokio::task::spawn_blocking(move || plan_clip(&files, time));
    let planned = planning.await.map_err(|_| Error::Internal)?;
    let gaps = found.gaps_without(&planned.unreadable);
    let made = planned.clip.map_err(|error| refusal(error, &camera, &gaps))?;
    // What is still written may hold more the next time.
    let is_whole = made.clip.to >= time.1 || found.files.iter().all(|file| file.end.is_some());
    let clip = Arc::new(Prepared::new(made, names, gaps));
    if is_whole {
        state.0.clips.keep(key, &clip);
    }
    Ok(clip)
}

fn refusal(error: ClipError, camera: &CameraId, gaps: &[Gap]) -> Error {
    match error {
        ClipError::FormatChanged { at } => Error::FormatChanged { at },
        ClipError::Nothing => {
            let told = |gap: &Gap| {
                let (from, to) = (UnixMs(gap.start_ms), UnixMs(gap.end_ms));
                format!("{} from {from} to {to}", gap.cause)
            };
            let causes: Vec<String> = gaps.iter().map(told).collect();
            let message =
                format!("there is no footage of {camera} in this time: {}", causes.join(", "));
            let gaps = serde_json::to_value(gaps).unwrap_or_default();
            Error::NoFootage { message, gaps }
        }
    }
}

/// How much footage of each camera there is, and for how long it is kept.
#[utoipa::path(get, path = "/footage/summary",
    responses((status = 200, body = [Stock]), (status = 403)))]
pub async fn summary(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<Stock>>, Error> {
    who.may(&state, Verb::ViewEquipment, "footage").await?;
    let now = state.clock.now();
    let mut last = state.0.stocks.0.lock().await;
    if let Some((at, stocks)) = &*last
        && (0..STOCKS_STAND_MS).contains(&now.since_ms(*at))
    {
        return Ok(Json(stocks.clone()));
    }
    let stocks = stocks(&state, now).await?;
    *last = Some((now, stocks.clone()));
    Ok(Json(stocks))
}

/// Configured cameras first, then those whose footage is still there.
async fn stocks(state: &AppState, now: UnixMs) -> Result<Vec<Stock>, Error> {
    let counted = state.store.stocks().await?;
    let (gaps, classes) = (state.store.open_gaps().await?, state.store.classes().await?);
    let configured = state.config.camera.iter();
    let configured = configured.filter_map(|camera| CameraId::try_from(camera.id.as_str()).ok());
    let mut cameras: Vec<CameraId> = configured.collect();
    let mut gone: Vec<&CameraId> = counted.keys().filter(|id| !cameras.contains(id)).collect();
    gone.sort();
    cameras.extend(gone.into_iter().cloned().collect::<Vec<_>>());
    let stock = |camera: &CameraId| {
        let counted = counted.get(camera).copied().unwrap_or_default();
        let gap = gaps.iter().find(|gap| &gap.camera == camera);
        let class = state.config.camera.iter().find(|one| one.id == camera.as_str());
        let remembered = classes.get(camera).and_then(|all| all.last()).map(|last| last.class);
        let class = class.map(|camera| camera.retention).or(remembered).unwrap_or_default();
        stock(camera, (counted, gap), (class, &state.config.record), now)
    };
    Ok(cameras.iter().map(stock).collect())
}

fn stock(
    camera: &CameraId,
    (counted, gap): (Counted, Option<&Missing>),
    (class, record): (crate::config::Retention, &crate::config::Record),
    now: UnixMs,
) -> Stock {
    let keep = record.keep(class);
    let writing_ms = counted.writing.map_or(0, |since| now.since_ms(since).max(0));
    let recording = counted.writing.is_some() && gap.is_none();
    #[allow(clippy::cast_precision_loss, reason = "ms of some months are far below 2^52")]
    let days_present =
        (counted.covered_ms + if recording { writing_ms } else { 0 }) as f64 / DAY_MS;
    Stock {
        camera: camera.as_str().to_owned(),
        recording,
        oldest_ms: counted.oldest.map(|at| at.0),
        newest_ms: if recording { Some(now.0) } else { counted.newest.map(|at| at.0) },
        days_present,
        bytes: counted.bytes,
        open_gap: gap.map(|gap| OpenGap {
            cause: gap.cause.word().to_owned(),
            since_ms: gap.started.0,
            detail: gap.detail.clone(),
        }),
        class: class_word(class),
        floor_days: keep.floor_days,
        ceiling_days: keep.ceiling_days,
    }
}

/// A camera that is configured, or that has ever been recorded.
///
/// # Errors
/// There is no such camera.
pub async fn known_camera(state: &AppState, id: &str) -> Result<CameraId, Error> {
    let camera = CameraId::try_from(id).map_err(|_| Error::NotFound("camera"))?;
    let configured = state.cameras.iter().any(|view| view.id == camera);
    if configured || state.store.first_recorded(&camera).await?.is_some() {
        return Ok(camera);
    }
    Err(Error::NotFound("camera"))
}

fn bounds(asked: &Interval, most_ms: i64) -> Result<(UnixMs, UnixMs), Error> {
    let (from, to) = (UnixMs(asked.from_ms), UnixMs(asked.to_ms));
    match to.since_ms(from) {
        length if from.0 < 0 || length <= 0 => {
            Err(Error::BadRequest("give from_ms below to_ms, both since 1970".into()))
        }
        length if length > most_ms => {
            let hours = most_ms / 3_600_000;
            let message = format!("ask for at most {hours} hours at once, one after the other");
            Err(Error::BadRequest(message))
        }
        _ => Ok((from, to)),
    }
}

/// Everything that is known of a time of a camera.
struct Found {
    files: Vec<Segment>,
    spans: Vec<Span>,
}

impl Found {
    async fn of(
        state: &AppState,
        camera: &CameraId,
        (from, to): (UnixMs, UnixMs),
    ) -> Result<Self, Error> {
        let files = state.store.segments(camera, from, to).await?;
        let gaps = state.store.gaps(camera, from, to).await?;
        let deleted = state.store.deletions(camera, from, to).await?;
        let first = state.store.first_recorded(camera).await?;
        let mut rows: Vec<Row> = files.iter().enumerate().map(file_row).collect();
        rows.extend(gaps.iter().map(gap_row));
        rows.extend(deleted.iter().map(deletion_row));
        let known = Known { first, now: state.clock.now() };
        Ok(Self { files, spans: timeline::line(&rows, (from, to), known) })
    }

    fn gaps(&self) -> Vec<Gap> {
        self.spans.iter().filter_map(Gap::of).collect()
    }

    /// The gaps, and what lies in files that cannot be read.
    fn gaps_without(&self, unreadable: &[(usize, ReadError)]) -> Vec<Gap> {
        let gap = |span: &Span| match &span.told {
            Told::File(place) => {
                let (_, error) = unreadable.iter().find(|(of, _)| of == place)?;
                Some(self.unreadable(*place, span, error))
            }
            Told::Gap { .. } => Gap::of(span),
        };
        self.spans.iter().filter_map(gap).collect()
    }

    fn unreadable(&self, place: usize, span: &Span, error: &ReadError) -> Gap {
        let is_written = self.files[place].end.is_none();
        let cause = if is_written { "being_written" } else { "footage_missing" };
        let (start_ms, end_ms) = (span.from.0, span.to.0);
        Gap { start_ms, end_ms, cause: cause.into(), detail: error.to_string() }
    }
}

fn file_row((place, file): (usize, &Segment)) -> Row {
    let to = file.end.as_ref().map(|end| end.ended);
    Row { from: file.started, to, told: Told::File(place) }
}

fn gap_row(gap: &Missing) -> Row {
    let told = Told::Gap { cause: gap.cause.word().to_owned(), detail: gap.detail.clone() };
    Row { from: gap.started, to: gap.ended, told }
}

fn deletion_row(deleted: &Deletion) -> Row {
    let detail = format!("deleted at {} by the rule {}", deleted.at, deleted.rule);
    let told = Told::Gap { cause: "deleted".into(), detail };
    Row { from: deleted.started, to: Some(deleted.ended), told }
}
