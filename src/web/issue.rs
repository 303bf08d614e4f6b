//! Versions of weekly reports: drawn up, signed by two people, published; months and objections.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{Asked, Body};
use super::session::SignedIn;
use super::{AppState, Error, headers, site};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::report::issue::{Change, Issue, Refused, Signature};
use crate::report::month::{Answer, Month, Objection};
use crate::report::task::{drawer, month};
use crate::report::{Lang, Week, outward, page_month, render_html};

/// Longest text of an objection or an answer, characters (guess, revisit).
const TEXT_MAX: usize = 2000;

/// One version of a report.
#[derive(Serialize, ToSchema)]
pub struct Version {
    pub id: String,
    pub week: String,
    pub version: i64,
    pub cut_off_ms: i64,
    pub made_ms: i64,
    pub made_by: String,
    pub log_sha256: String,
    pub changes: Vec<Different>,
    pub leader: Option<Signed>,
    pub director: Option<Signed>,
    pub published: Option<Signed>,
}

/// Who, and when.
#[derive(Serialize, ToSchema)]
pub struct Signed {
    pub by: String,
    pub at_ms: i64,
}

/// Something that is different from the version before.
#[derive(Serialize, ToSchema)]
pub struct Different {
    pub what: String,
    pub ticket: Option<i64>,
    pub before: String,
    pub after: String,
}

impl From<&Issue> for Version {
    fn from(issue: &Issue) -> Self {
        let signed = |one: &Option<Signature>| {
            one.as_ref().map(|one| Signed { by: one.by.clone(), at_ms: one.at.0 })
        };
        let different = |change: &Change| Different {
            what: change.what.clone(),
            ticket: change.ticket,
            before: change.before.clone(),
            after: change.after.clone(),
        };
        Self {
            id: issue.id.clone(),
            week: issue.week.to_string(),
            version: issue.version,
            cut_off_ms: issue.cut_off.0,
            made_ms: issue.made.0,
            made_by: issue.made_by.clone(),
            log_sha256: issue.log_sha256.clone(),
            changes: issue.changes.iter().map(different).collect(),
            leader: signed(&issue.leader),
            director: signed(&issue.director),
            published: signed(&issue.published),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Invalid { code: refused.code(), message: refused.to_string() }
    }
}

/// All versions, newest week first.
#[utoipa::path(get, path = "/report/issues", responses((status = 200, body = Vec<Version>), (status = 403)))]
pub async fn list(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<Version>>, Error> {
    who.may(&state, Verb::ViewReport, "issues").await?;
    Ok(Json(state.store.issues().await?.iter().map(Into::into).collect()))
}

#[derive(Deserialize, ToSchema)]
pub struct NewVersion {
    week: String,
}

/// Draws up a new version of a week that is over; 204 when nothing is different.
#[utoipa::path(post, path = "/report/issues", request_body = NewVersion,
    responses((status = 200, body = Version), (status = 204), (status = 403), (status = 404)))]
pub async fn draw_up(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewVersion>,
) -> Result<Response, Error> {
    who.pass(&state, Verb::SignReport, &new.week).await?;
    let week = Week::parse(&new.week).map_err(|_| Error::NotFound("week"))?;
    let by = (who.account.name.as_str(), state.clock.now());
    let made = drawer::draw_up(&state.store, &state.config, week, by).await?;
    Ok(match made {
        Some(issue) => Json(Version::from(&issue)).into_response(),
        None => axum::http::StatusCode::NO_CONTENT.into_response(),
    })
}

/// The issue with this id, and the newest version of its week.
async fn known(state: &AppState, id: &str) -> Result<(Issue, i64), Error> {
    let issues = state.store.issues().await?;
    let issue = issues.iter().find(|issue| issue.id == id).ok_or(Error::NotFound("report"))?;
    let newest = drawer::newest(&issues, issue.week).map_or(issue.version, |new| new.version);
    Ok((issue.clone(), newest))
}

async fn write(state: &AppState, before: &Issue, after: Issue) -> Result<Json<Version>, Error> {
    match state.store.sign_issue(before, &after).await? {
        true => Ok(Json((&after).into())),
        // Somebody else was faster; what is there now says what.
        false => Err(Refused::Signed.into()),
    }
}

/// Signs a version, as shift leader or as director.
#[utoipa::path(post, path = "/report/issues/{id}/sign", params(("id" = String, Path)),
    responses((status = 200, body = Version), (status = 403), (status = 404), (status = 422)))]
pub async fn sign(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Version>, Error> {
    who.pass(&state, Verb::SignReport, &id).await?;
    let (issue, newest) = known(&state, &id).await?;
    let by = Signature { by: who.account.name.clone(), at: state.clock.now() };
    let signed = issue.clone().signed(who.account.role, by, newest)?;
    write(&state, &issue, signed).await
}

/// Publishes a version that both have signed.
#[utoipa::path(post, path = "/report/issues/{id}/publish", params(("id" = String, Path)),
    responses((status = 200, body = Version), (status = 403), (status = 404), (status = 422)))]
pub async fn publish(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Version>, Error> {
    who.pass(&state, Verb::PublishReport, &id).await?;
    let (issue, newest) = known(&state, &id).await?;
    let by = Signature { by: who.account.name.clone(), at: state.clock.now() };
    let published = issue.clone().publish(by, newest)?;
    write(&state, &issue, published).await
}

#[derive(Deserialize)]
pub struct Shape {
    #[serde(default)]
    lang: super::report::Lang,
}

/// A version as it leaves the centre: no names, no tickets, no small numbers.
#[utoipa::path(get, path = "/report/issues/{id}/outward",
    params(("id" = String, Path), ("lang" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 403), (status = 404), (status = 422)))]
pub async fn outside(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Asked(shape): Asked<Shape>,
) -> Result<Response, Error> {
    who.pass(&state, Verb::ViewReport, &id).await?;
    let (issue, _) = known(&state, &id).await?;
    if issue.published.is_none() {
        return Err(Error::Invalid {
            code: "issue_unpublished",
            message: "it is not published yet; publish it first".into(),
        });
    }
    let (report, same) = drawer::again(&state.store, &state.config, &issue).await?;
    if !same {
        tracing::error!(week = %issue.week, "the log is not what the report was made from");
        return Err(Error::Invalid {
            code: "issue_log_changed",
            message: "the log is not what this report was made from; tell the auditor".into(),
        });
    }
    let lang = shape.lang.into();
    let sheet = outward::outward(&report, lang);
    Ok(page_of(render_html::html(&sheet, &issue.week.to_string())))
}

fn page_of(body: String) -> Response {
    let mut response =
        ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], body)
            .into_response();
    let policy = HeaderValue::from_static(headers::REPORT_POLICY);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The monthly report: scorecards, agreement of reviewers, objections, signs, agenda.
#[utoipa::path(get, path = "/report/month/{month}",
    params(("month" = String, Path), ("lang" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 403), (status = 404)))]
pub async fn month_page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(text): Path<String>,
    Asked(shape): Asked<Shape>,
) -> Result<Response, Error> {
    who.pass(&state, Verb::ViewScores, &text).await?;
    let (zone, now) = (site::zone(&state), state.clock.now());
    let month = Month::parse_begun(&text, now, &zone).map_err(|_| Error::NotFound("month"))?;
    let report = month::make(&state.store, &state.config, month, now).await?;
    let lang: Lang = shape.lang.into();
    let sheet = page_month::month_sheet(&report, lang);
    Ok(page_of(render_html::html(&sheet, &month.to_string())))
}

#[derive(Deserialize, ToSchema)]
pub struct NewObjection {
    /// The month, such as `2026-11`.
    about: String,
    ticket: Option<i64>,
    text: String,
}

/// An objection, as its author and those who answer see it.
#[derive(Serialize, ToSchema)]
pub struct Said {
    pub id: String,
    pub person: String,
    pub about: String,
    pub ticket: Option<i64>,
    pub text: String,
    pub at_ms: i64,
    pub answer: Option<String>,
    pub answered_by: Option<String>,
    pub answered_ms: Option<i64>,
}

impl From<&Objection> for Said {
    fn from(one: &Objection) -> Self {
        let answer = one.answer.as_ref();
        Self {
            id: one.id.clone(),
            person: one.person.clone(),
            about: one.about.clone(),
            ticket: one.ticket,
            text: one.text.clone(),
            at_ms: one.at.0,
            answer: answer.map(|answer| answer.text.clone()),
            answered_by: answer.map(|answer| answer.by.clone()),
            answered_ms: answer.map(|answer| answer.at.0),
        }
    }
}

fn text_of(text: &str) -> Result<String, Error> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::BadRequest("say in words what it is".into())),
        n if n > TEXT_MAX => Err(Error::BadRequest(format!("at most {TEXT_MAX} characters"))),
        _ => Ok(text.to_owned()),
    }
}

/// Says something against a figure of one's own month.
#[utoipa::path(post, path = "/report/objections", request_body = NewObjection,
    responses((status = 200, body = Said), (status = 400), (status = 403), (status = 404)))]
pub async fn object(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewObjection>,
) -> Result<Json<Said>, Error> {
    who.pass(&state, Verb::Object, &new.about).await?;
    let now = state.clock.now();
    let month = Month::parse_begun(&new.about, now, &site::zone(&state));
    let objection = Objection {
        id: uuid::Uuid::now_v7().to_string(),
        person: who.account.name.clone(),
        about: month.map_err(|_| Error::NotFound("month"))?.to_string(),
        ticket: new.ticket,
        text: text_of(&new.text)?,
        at: now,
        answer: None,
    };
    state.store.add_objection(&objection).await?;
    Ok(Json((&objection).into()))
}

#[derive(Deserialize)]
pub struct Period {
    about: String,
}

/// Objections about a month: of oneself, or all of them for those who answer.
#[utoipa::path(get, path = "/report/objections", params(("about" = String, Query)),
    responses((status = 200, body = Vec<Said>), (status = 403)))]
pub async fn objections(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(period): Asked<Period>,
) -> Result<Json<Vec<Said>>, Error> {
    who.may(&state, Verb::Object, &period.about).await?;
    let all = crate::access::permit(&who.account.actor(), Verb::AnswerObjection).is_ok();
    let list = state.store.objections(&period.about).await?;
    let mine = list.iter().filter(|one| all || one.person == who.account.name);
    Ok(Json(mine.map(Into::into).collect()))
}

#[derive(Deserialize, ToSchema)]
pub struct NewAnswer {
    text: String,
}

/// Answers an objection; nobody answers his own.
#[utoipa::path(post, path = "/report/objections/{id}/answer", params(("id" = String, Path)),
    request_body = NewAnswer, responses((status = 204), (status = 400), (status = 403), (status = 404)))]
pub async fn answer(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(new): Body<NewAnswer>,
) -> Result<axum::http::StatusCode, Error> {
    who.pass(&state, Verb::AnswerObjection, &id).await?;
    let now: UnixMs = state.clock.now();
    let answer = Answer { by: who.account.name.clone(), at: now, text: text_of(&new.text)? };
    match state.store.answer_objection(&id, &answer).await? {
        true => Ok(axum::http::StatusCode::NO_CONTENT),
        false => Err(Error::NotFound("open objection")),
    }
}
