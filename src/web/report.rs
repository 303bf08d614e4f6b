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
use crate::report::{self, Form, Week};

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
    Xlsx,
}

impl Format {
    const fn form(self) -> Form {
        match self {
            Self::Html => Form::Html,
            Self::Csv => Form::Csv,
            Self::Json => Form::Json,
            Self::Xlsx => Form::Xlsx,
        }
    }
}

/// In which language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl From<Lang> for report::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Zh => Self::Zh,
            Lang::En => Self::En,
        }
    }
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
    let form = shape.format.form();
    let lang = shape.lang.into();
    let file = format!("gengfu-{week}.{}", form.ending());
    let made = report::task::make(&state.store, &state.config, week, now).await?;
    let written = tokio::task::spawn_blocking(move || report::render(&made, form, lang));
    let written = written.await.map_err(|_| Error::Internal)?;
    let written = written.map_err(|error| {
        tracing::error!(%error, week = %week, "a report cannot be written");
        Error::Internal
    })?;
    Ok(response(written, form, &file))
}

/// The page may style itself; tables and printed forms are files to keep.
fn response(body: Vec<u8>, form: Form, file: &str) -> Response {
    let mime = HeaderValue::from_static(form.mime());
    let mut response = ([(header::CONTENT_TYPE, mime)], body).into_response();
    if form == Form::Html {
        let policy = HeaderValue::from_static(headers::REPORT_POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let save = HeaderValue::from_str(&format!("attachment; filename=\"{file}\""));
    if matches!(form, Form::Csv | Form::Xlsx)
        && let Ok(save) = save
    {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, save);
    }
    response
}
