//! Weekly reports: which weeks there are, and one of them as page, table or data.
//!
//! The report itself is made elsewhere, from log rows alone; this reads the rows and hands the
//! result out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::ask::Asked;
use super::headers;
use super::session::SignedIn;
use super::{AppState, Error, site, wire};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::report::Week;
use crate::ticket::log::LogEntry;

/// Weeks in the list: a year and a bit.
const WEEKS_MAX: usize = 60;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Html,
    Csv,
    Json,
}

/// In which language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Zh,
    En,
}

/// What a report is made from.
#[derive(Clone, Debug)]
pub struct ReportWish {
    /// Such as `2026-W47`; it has begun.
    pub week: String,
    /// Whole logs of the tickets that lived in the week, and in the week before if there was one.
    pub entries: Vec<LogEntry>,
    pub previous: Option<Vec<LogEntry>>,
    /// Account -> name on screens.
    pub people: std::collections::BTreeMap<String, String>,
    pub now: UnixMs,
    pub format: Format,
    pub lang: Lang,
}

/// A report as it is sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub mime: &'static str,
    pub body: String,
}

/// Makes a report. Runs on a blocking thread; the error is logged, not shown.
pub type ReportMaker = Arc<dyn Fn(ReportWish) -> Result<Rendered, String> + Send + Sync>;

/// The weeks that have a log, newest first.
#[utoipa::path(get, path = "/report/weeks", responses((status = 200, body = Vec<wire::Week>), (status = 403)))]
pub async fn weeks(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<wire::Week>>, Error> {
    who.may(&state, Verb::ViewReport, "weeks").await?;
    let Some(begin) = state.store.log_begin().await? else {
        return Ok(Json(Vec::new()));
    };
    let zone = site::zone(&state);
    let mut week = Week::of(state.clock.now(), &zone);
    let mut weeks = Vec::new();
    while weeks.len() < WEEKS_MAX {
        let (start, end) = week.bounds(&zone);
        if end <= begin {
            break;
        }
        let observations = state.store.opened_count(start, end).await?;
        weeks.push(wire::Week {
            week: week.to_string(),
            start_ms: start.0,
            end_ms: end.0,
            observations,
        });
        week = week.previous();
    }
    Ok(Json(weeks))
}

#[derive(Deserialize)]
pub struct Shape {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    lang: Lang,
}

/// One week.
#[utoipa::path(get, path = "/report/week/{week}",
    params(("week" = String, Path), ("format" = Option<String>, Query), ("lang" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 403), (status = 404)))]
pub async fn week(
    State(state): State<AppState>,
    who: SignedIn,
    Path(week): Path<String>,
    Asked(shape): Asked<Shape>,
) -> Result<Response, Error> {
    who.pass(&state, Verb::ViewReport, &week).await?;
    let wish = wish(&state, &week, &shape).await?;
    let file = format!("gengfu-{}.{}", wish.week, ending(shape.format));
    let make = state.report.clone();
    let made = tokio::task::spawn_blocking(move || make(wish)).await;
    let rendered = made.map_err(|_| Error::Internal)?.map_err(|error| {
        tracing::error!(%error, "a report cannot be made");
        Error::Internal
    })?;
    Ok(response(rendered, shape.format, &file))
}

/// The rows of the week, if it is one that has begun.
async fn wish(state: &AppState, week: &str, shape: &Shape) -> Result<ReportWish, Error> {
    let zone = site::zone(state);
    let now = state.clock.now();
    let week = Week::parse_begun(week, now, &zone).map_err(|error| {
        tracing::debug!(%error, "a week was asked for that cannot be reported");
        Error::NotFound("week")
    })?;
    let (start, end) = week.bounds(&zone);
    let begin = state.store.log_begin().await?;
    let previous = if begin.is_some_and(|begin| begin < start) {
        let (start, end) = week.previous().bounds(&zone);
        Some(state.store.log_of_week(start, end).await?)
    } else {
        None
    };
    let accounts = state.store.accounts().await?;
    Ok(ReportWish {
        week: week.to_string(),
        entries: state.store.log_of_week(start, end).await?,
        previous,
        people: accounts.into_iter().map(|a| (a.name, a.display)).collect(),
        now,
        format: shape.format,
        lang: shape.lang,
    })
}

const fn ending(format: Format) -> &'static str {
    match format {
        Format::Html => "html",
        Format::Csv => "csv",
        Format::Json => "json",
    }
}

/// The page may style itself; the table is a file to keep.
fn response(rendered: Rendered, format: Format, file: &str) -> Response {
    let mime = HeaderValue::from_static(rendered.mime);
    let mut response = ([(header::CONTENT_TYPE, mime)], rendered.body).into_response();
    if format == Format::Html {
        let policy = HeaderValue::from_static(headers::REPORT_POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let save = HeaderValue::from_str(&format!("attachment; filename=\"{file}\""));
    if format == Format::Csv
        && let Ok(save) = save
    {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, save);
    }
    response
}
