//! Weekly reports: which weeks there are, and one of them as page, table or data.
//!
//! The report itself is made in `report/`, from log rows alone; this hands the result out.

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
use crate::report::{self, Week, WeekReport};

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
    let (zone, now) = (site::zone(&state), state.clock.now());
    let week = Week::parse_begun(&week, now, &zone).map_err(|error| {
        tracing::debug!(%error, "a week was asked for that cannot be reported");
        Error::NotFound("week")
    })?;
    let file = format!("gengfu-{week}.{}", ending(shape.format));
    let made = report::task::make(&state.store, &state.config, week, now).await?;
    let Shape { format, lang } = shape;
    let rendered = tokio::task::spawn_blocking(move || render(&made, format, lang)).await;
    Ok(response(rendered.map_err(|_| Error::Internal)?, format, &file))
}

fn render(report: &WeekReport, format: Format, lang: Lang) -> String {
    let lang = match lang {
        Lang::Zh => report::Lang::Zh,
        Lang::En => report::Lang::En,
    };
    match format {
        Format::Html => report::render_html(report, lang),
        Format::Csv => report::render_csv(report),
        Format::Json => report::render_json(report),
    }
}

const fn mime(format: Format) -> &'static str {
    match format {
        Format::Html => "text/html; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Json => "application/json",
    }
}

const fn ending(format: Format) -> &'static str {
    match format {
        Format::Html => "html",
        Format::Csv => "csv",
        Format::Json => "json",
    }
}

/// The page may style itself; the table is a file to keep.
fn response(body: String, format: Format, file: &str) -> Response {
    let mime = HeaderValue::from_static(mime(format));
    let mut response = ([(header::CONTENT_TYPE, mime)], body).into_response();
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
