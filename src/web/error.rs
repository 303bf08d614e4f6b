//! Every refusal of the interface: a status and `{code, message, detail?}`.
//!
//! Codes are stable and translated by the screens. Causes inside the daemon are logged here, once,
//! and never shown.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::wire::Refusal as Body;
use super::wire_duty::RosterFault;
use crate::access::Denied;
use crate::access::Shut;
use crate::clock::UnixMs;
use crate::duty::Refused;
use crate::report;
use crate::store;
use crate::ticket::Rejected;
use crate::ticket::task::Refusal;

/// Why a request was not granted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("sign in first")]
    NotSignedIn,
    #[error("the name or the password is wrong")]
    BadCredentials,
    #[error("too many attempts; try again in {wait_s} s")]
    TooManyAttempts { wait_s: u64 },
    #[error("{0}")]
    Denied(#[from] Denied),
    /// The role may, this person may not.
    #[error("this is another member's order")]
    NotYours,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Nothing of the time that was asked for is recorded; the gaps say why.
    #[error("{message}")]
    NoFootage { message: String, gaps: Value },
    #[error("the camera's video changed its form at {}; ask for the time before and after it", at.rfc3339())]
    FormatChanged { at: UnixMs },
    #[error("this address does not take this method")]
    Method,
    /// Somebody was first; `changes` are the lines of the log that people wrote since.
    #[error("{by} was first; the ticket is now at version {version}")]
    Conflict { by: String, by_display: String, version: i64, changes: Value },
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// Something about duty is refused.
    #[error(transparent)]
    Duty(#[from] Refused),
    /// A roster with faults is not published.
    #[error("{}", .0.first().map_or("the roster has faults", |fault| &fault.message))]
    Roster(Vec<RosterFault>),
    /// The request itself is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// A value of the request is not one of ours.
    #[error("{message}")]
    Invalid { code: &'static str, message: String },
    #[error("a photo may have at most {max} bytes")]
    PhotoTooLarge { max: u64 },
    #[error("this is not a JPEG or PNG picture: {0}")]
    NotAPhoto(String),
    #[error("the bytes that came are not those that were meant; send them again")]
    HashMismatch,
    #[error("the daemon cannot store files; free some disk space")]
    DiskFull,
    #[error("the daemon is busy or stopping; try again")]
    Unavailable,
    #[error("the daemon failed; its log says why")]
    Internal,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn | Self::BadCredentials => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Denied(_) | Self::NotYours => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::NoFootage { .. } => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } | Self::FormatChanged { .. } => StatusCode::CONFLICT,
            Self::Rejected(_)
            | Self::Duty(_)
            | Self::Roster(_)
            | Self::Invalid { .. }
            | Self::HashMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::PhotoTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAPhoto(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::BadCredentials => "bad_credentials",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Denied(_) | Self::NotYours => "forbidden",
            Self::NotFound(_) => "not_found",
            Self::NoFootage { .. } => "no_footage",
            Self::FormatChanged { .. } => "format_changed",
            Self::Method => "method_not_allowed",
            Self::Conflict { .. } => "conflict",
            Self::Rejected(rejected) => rejected.code(),
            Self::Duty(refused) => refused.code(),
            Self::Roster(faults) => faults.first().map_or("bad_roster", |fault| fault.code),
            Self::BadRequest(_) => "bad_request",
            Self::Invalid { code, .. } => code,
            Self::PhotoTooLarge { .. } => "photo_too_large",
            Self::NotAPhoto(_) => "not_a_photo",
            Self::HashMismatch => "hash_mismatch",
            Self::DiskFull => "disk_full",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn detail(&self) -> Option<Value> {
        match self {
            Self::Conflict { by, by_display, version, changes } => Some(json!({
                "by": by, "by_display": by_display, "version": version, "changes": changes,
            })),
            Self::NoFootage { gaps, .. } => Some(json!({ "gaps": gaps })),
            Self::FormatChanged { at } => Some(json!({ "at_ms": at.0 })),
            Self::TooManyAttempts { wait_s } => Some(json!({ "wait_s": wait_s })),
            Self::PhotoTooLarge { max } => Some(json!({ "max": max })),
            Self::Denied(denied) => Some(json!({ "role": denied.role, "verb": denied.verb })),
            Self::Rejected(rejected) => facts(rejected),
            Self::Duty(refused) => refused.facts(),
            Self::Roster(faults) => Some(json!({ "faults": faults })),
            Self::NotSignedIn
            | Self::BadCredentials
            | Self::NotYours
            | Self::NotFound(_)
            | Self::Method
            | Self::BadRequest(_)
            | Self::Invalid { .. }
            | Self::NotAPhoto(_)
            | Self::HashMismatch
            | Self::DiskFull
            | Self::Unavailable
            | Self::Internal => None,
        }
    }
}

/// The facts of a refusal, for the translated sentence.
fn facts(rejected: &Rejected) -> Option<Value> {
    match rejected {
        Rejected::NotAllowed { state } => Some(json!({ "state": state })),
        Rejected::ClaimedByOther { by }
        | Rejected::AlreadyReviewed { by }
        | Rejected::AlreadyAsked { by } => Some(json!({ "by": by })),
        Rejected::AnotherVerdict { last } => Some(json!({ "last": last })),
        Rejected::TooLate { within } => Some(json!({ "within": within })),
        Rejected::TooLong { max } => Some(json!({ "max": max })),
        Rejected::ClockNotRunning { clock } | Rejected::RanOut { clock } => {
            Some(json!({ "clock": clock }))
        }
        Rejected::UnknownReason { reason } => Some(json!({ "reason": reason })),
        Rejected::UnknownCategory { category } => Some(json!({ "category": category })),
        Rejected::UnknownDisposition { disposition } => Some(json!({ "disposition": disposition })),
        Rejected::MemberOffShift { member }
        | Rejected::MemberNotSignedOn { member }
        | Rejected::MemberSuspended { member }
        | Rejected::MemberNotCapable { member }
        | Rejected::MemberHasOrder { member }
        | Rejected::UnknownMember { member }
        | Rejected::WrongMember { member } => Some(json!({ "member": member })),
        Rejected::ReplyTooShort { min } | Rejected::ReplyNeedsPhoto { min } => {
            Some(json!({ "min": min }))
        }
        Rejected::ReviewIncomplete { item } => Some(json!({ "item": item })),
        Rejected::NoEvidence
        | Rejected::NoCategory
        | Rejected::NoPlace
        | Rejected::OfferOver
        | Rejected::NotOnScene
        | Rejected::HandlerCannotCheck
        | Rejected::VerifierCannotCheck
        | Rejected::NoReason
        | Rejected::VerifyFirst
        | Rejected::OwnDispatch
        | Rejected::NotVerified
        | Rejected::ActorOffShift { .. }
        | Rejected::OwnReport
        | Rejected::NotJoined
        | Rejected::NothingAsked
        | Rejected::NeedsSupervisor
        | Rejected::OwnRequest
        | Rejected::ExtendedBefore
        | Rejected::NotTold
        | Rejected::ReviewerWasInvolved => None,
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        tracing::error!(%error, "a request failed on the store");
        match error {
            store::Error::File { .. } | store::Error::Full { .. } => Self::DiskFull,
            store::Error::Open { .. }
            | store::Error::Migrate { .. }
            | store::Error::Sql(_)
            | store::Error::Decode { .. }
            | store::Error::Conflict { .. }
            | store::Error::Folder { .. }
            | store::Error::NotCommitted(_)
            | store::Error::Busy => Self::Internal,
        }
    }
}

impl From<report::task::Error> for Error {
    fn from(error: report::task::Error) -> Self {
        match error {
            report::task::Error::Future(_) | report::task::Error::NotOver(_) => {
                Self::NotFound("week that is over")
            }
            report::task::Error::Store(error) => error.into(),
        }
    }
}

impl From<Shut> for Error {
    fn from(shut: Shut) -> Self {
        match shut {
            Shut::Denied(denied) => Self::Denied(denied),
            Shut::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejected) => Self::Rejected(rejected),
            Refusal::NotFound => Self::NotFound("ticket"),
            Refusal::Conflict { by, version } => {
                Self::Conflict { by_display: by.clone(), by, version, changes: Value::Null }
            }
            Refusal::Store(error) => error.into(),
            Refusal::Stopped => Self::Unavailable,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = Body { code: self.code(), message: self.to_string(), detail: self.detail() };
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::TooManyAttempts { wait_s } = self {
            response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
        }
        response
    }
}

/// Whatever lies under `/api` and is not a route.
pub async fn no_such_route() -> Error {
    Error::NotFound("address")
}

/// A route that is asked in another way than it takes.
pub async fn no_such_method() -> Error {
    Error::Method
}
