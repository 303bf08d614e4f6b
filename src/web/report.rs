//! Weekly reports: which weeks there are, and one of them as page, table or data.
//!
//! The report itself is made elsewhere, from log rows alone; this reads the rows and hands the
//! result out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::ask::Asked;
use super::headers;
use super::session::SignedIn;
use super::wire::Week;
use super::{AppState, Error, site};
use crate::access::Verb;
use crate::clock::UnixMs;
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
    /// `[start, end)` of the week in the site's zone.
    pub period: (UnixMs, UnixMs),
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
#[utoipa::path(get, path = "/report/weeks", responses((status = 200, body = Vec<Week>), (status = 403)))]
pub async fn weeks(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Week>>, Error> {
    who.may(&state, Verb::ViewReport, "weeks").await?;
    let Some(begin) = state.store.log_begin().await? else {
        return Ok(Json(Vec::new()));
    };
    let zone = site::zone(&state);
    let mut monday = monday_of(state.clock.now(), &zone).ok_or(Error::Internal)?;
    let mut weeks = Vec::new();
    while weeks.len() < WEEKS_MAX {
        let (start, end) = bounds(monday, &zone).ok_or(Error::Internal)?;
        if end <= begin {
            break;
        }
        let observations = state.store.opened_count(start, end).await?;
        weeks.push(Week { week: name(monday), start_ms: start.0, end_ms: end.0, observations });
        monday = monday.checked_sub(7.days()).map_err(|_| Error::Internal)?;
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
    let wish = wish(&state, week, &shape).await?;
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
async fn wish(state: &AppState, week: String, shape: &Shape) -> Result<ReportWish, Error> {
    let zone = site::zone(state);
    let now = state.clock.now();
    let monday = parse(&week).ok_or(Error::NotFound("week"))?;
    let (start, end) = bounds(monday, &zone).ok_or(Error::NotFound("week"))?;
    if start > now {
        return Err(Error::NotFound("week"));
    }
    let begin = state.store.log_begin().await?;
    let before = monday.checked_sub(7.days()).ok().and_then(|monday| bounds(monday, &zone));
    let previous = match before.filter(|_| begin.is_some_and(|begin| begin < start)) {
        Some((start, end)) => Some(state.store.log_of_week(start, end).await?),
        None => None,
    };
    let accounts = state.store.accounts().await?;
    Ok(ReportWish {
        week,
        period: (start, end),
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

/// The Monday of `2026-W47`.
fn parse(text: &str) -> Option<Date> {
    let (year, week) = text.split_once("-W")?;
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(week, 2) {
        return None;
    }
    let first = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
    Some(first.date())
}

fn name(monday: Date) -> String {
    let iso = monday.iso_week_date();
    format!("{:04}-W{:02}", iso.year(), iso.week())
}

fn monday_of(at: UnixMs, zone: &TimeZone) -> Option<Date> {
    let date = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone()).date();
    let iso = date.iso_week_date();
    ISOWeekDate::new(iso.year(), iso.week(), Weekday::Monday).ok().map(ISOWeekDate::date)
}

/// First moment of the week and first moment after it.
fn bounds(monday: Date, zone: &TimeZone) -> Option<(UnixMs, UnixMs)> {
    let midnight = |date: Date| {
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(UnixMs(zoned.timestamp().as_millisecond()))
    };
    Some((midnight(monday)?, midnight(monday.checked_add(7.days()).ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::{bounds, monday_of, name, parse};
    use jiff::tz::TimeZone;

    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(parse(text).map(|monday| monday.to_string()).as_deref(), expect, "{text}");
    }

    #[test]
    fn a_week_is_named_by_its_iso_year() {
        check("2026-W47", Some("2026-11-16"));
        check("2026-W53", Some("2026-12-28"));
        check("2027-W53", None);
        check("2026-W7", None);
        check("2026-W47/../..", None);
    }

    #[test]
    fn names_and_bounds_meet() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let (start, end) = bounds(parse("2026-W53").unwrap(), &zone).unwrap();
        assert_eq!(end.since_ms(start), 7 * 86_400_000);
        assert_eq!(name(monday_of(start, &zone).unwrap()), "2026-W53");
        assert_eq!(name(monday_of(end, &zone).unwrap()), "2027-W01");
    }
}
