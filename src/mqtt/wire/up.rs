//! What a member says: strict parse of an answer, or a fault with a stable code.
//!
//! Where the id can be read, a fault carries it, so that the phone gets a `refused` it can match.
//! The id may be any UUID that is not nil: the phone page makes version 7, but only uniqueness
//! matters, and a stock client should be able to answer.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::VERSION;
use crate::clock::UnixMs;
use crate::mqtt::topic::Member;

/// Largest answer, bytes. A reply with 4,000 characters and 20 photo references is 15 KiB.
pub const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// Longest offer or ticket id, bytes; ours are UUIDs of 36.
const ID_MAX_BYTES: usize = 64;
/// Longest text of a reply, characters. Guess, revisit: two pages.
const TEXT_MAX_CHARS: usize = 4_000;
/// Most photos in a reply. Guess, revisit.
const PHOTOS_MAX: usize = 20;
/// Most items of a list, and the longest, characters; the configuration has the same limits.
const CHECKS_MAX: usize = 20;
const ITEM_MAX_CHARS: usize = 200;
/// A phone that knows no better than 100 km does not know where it is, m.
const ACCURACY_MAX_M: f64 = 100_000.0;

/// An answer that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerEnvelope {
    /// Whose answer topic it came by.
    pub member: Member,
    /// The key by which doubles are dropped.
    pub id: Uuid,
    /// The phone's own counter.
    pub seq: u64,
    /// When the phone says it was said; its clock may be wrong, never count from it.
    pub at: UnixMs,
    /// The ticket's id, as far as the phone knows it; the offer decides.
    pub ticket: Option<String>,
    pub answer: Answer,
    /// As the phone calls itself; empty for a stock client. Each device counts alone.
    pub device: String,
    /// What was ticked of the order's list, with a reply.
    pub checks: Vec<CheckRef>,
}

/// What the member says about an offer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The phone has stored the order. No person has seen it yet.
    Received { offer: String },
    /// The person goes.
    Ack { offer: String },
    /// The person cannot go.
    Refuse { offer: String, reason: RefuseReason },
    /// The person is there.
    OnScene { offer: String },
    /// What was found and done.
    Reply { offer: String, disposition: Disposition, text: String, photos: Vec<PhotoRef> },
    /// Where the person is.
    Position { offer: String, lat: f64, lon: f64, accuracy_m: f64 },
}

impl Answer {
    /// The offer that is answered.
    #[must_use]
    pub fn offer(&self) -> &str {
        match self {
            Self::Received { offer }
            | Self::Ack { offer }
            | Self::Refuse { offer, .. }
            | Self::OnScene { offer }
            | Self::Reply { offer, .. }
            | Self::Position { offer, .. } => offer,
        }
    }
}

/// A photo that was uploaded over HTTP before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct PhotoRef {
    /// Evidence id from the upload.
    pub id: String,
    /// Of the bytes, 64 lower-case hex digits.
    pub sha256: String,
    pub taken_ms: i64,
}

/// An item of the order's list and what the member says to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct CheckRef {
    /// As the order has it.
    pub item: String,
    pub answer: CheckWord,
}

/// A closed list of words, in Rust and on the wire.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }

        impl $name {
            /// All words in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        // The derive does not see words that a macro hands on.
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = [$($word),+];
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {}
    };
}

words! {
    /// Why a member cannot go.
    RefuseReason {
        NotCompetent = "not_competent",
        OutOfZone = "out_of_zone",
        BusyHigherPriority = "busy_higher_priority",
        Unsafe = "unsafe",
        NoEquipment = "no_equipment",
        OffShift = "off_shift",
    }
}

words! {
    /// What became of it.
    Disposition {
        ResolvedOnScene = "resolved_on_scene",
        HandedTo110 = "handed_to_110",
        HandedTo119 = "handed_to_119",
        HandedTo120 = "handed_to_120",
        HandedToDepartment = "handed_to_department",
        AdviceGiven = "advice_given",
        GoneOnArrival = "gone_on_arrival",
        UnableToLocate = "unable_to_locate",
        Unfounded = "unfounded",
        NoAccess = "no_access",
        RecordedOnly = "recorded_only",
        NeedsFollowUp = "needs_follow_up",
        Duplicate = "duplicate",
    }
}

words! {
    /// What a member ticks.
    CheckWord {
        Yes = "yes",
        No = "no",
        Na = "na",
    }
}

words! {
    /// Why an answer was not understood. The words are stable: screens translate them.
    FaultCode {
        TooLarge = "too_large",
        NotUtf8 = "not_utf8",
        NotJson = "not_json",
        UnknownVersion = "unknown_version",
        UnknownType = "unknown_type",
        BadId = "bad_id",
        BadSeq = "bad_seq",
        BadTime = "bad_time",
        BadTicket = "bad_ticket",
        BadBody = "bad_body",
    }
}

/// An answer that was not understood.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerFault {
    pub code: FaultCode,
    /// Id of the message, where it can be read: a `refused` is sent back for it.
    pub id: Option<Uuid>,
    /// Names the field.
    pub message: String,
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for AnswerFault {}

/// A fault before its message's id is put in.
type Fault = (FaultCode, String);

/// Reads the answer that came by `member`'s answer topic.
///
/// # Errors
/// The first fault found, with the id of the message where it can be read.
pub fn parse_answer(member: &Member, bytes: &[u8]) -> Result<AnswerEnvelope, AnswerFault> {
    let unnamed = |(code, message)| AnswerFault { code, id: None, message };
    let envelope = read_object(bytes).map_err(unnamed)?;
    let id = read_id(&envelope);
    let named = |(code, message)| AnswerFault { code, id: id.as_ref().ok().copied(), message };
    if bytes.len() > ANSWER_MAX_BYTES {
        let message = format!("{} bytes, at most {ANSWER_MAX_BYTES} are taken", bytes.len());
        return Err(named((FaultCode::TooLarge, message)));
    }
    read_version(&envelope).map_err(named)?;
    let id = id.clone().map_err(named)?;
    Ok(AnswerEnvelope {
        member: member.clone(),
        id,
        seq: read_seq(&envelope).map_err(named)?,
        at: read_time(&envelope).map_err(named)?,
        ticket: read_ticket(&envelope).map_err(named)?,
        answer: read_body(&envelope).map_err(named)?,
        device: read_device(&envelope).map_err(named)?,
        checks: read_checks(&envelope).map_err(named)?,
    })
}

/// A message over the limit is still read for its id: the broker bounds it to 256 KiB.
fn read_object(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    let large = bytes.len() > ANSWER_MAX_BYTES;
    let fault = |code, message| {
        if large { (FaultCode::TooLarge, message) } else { (code, message) }
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|e| fault(FaultCode::NotUtf8, format!("byte {} is not UTF-8", e.valid_up_to())))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(envelope)) => Ok(envelope),
        Ok(_) => Err(fault(FaultCode::NotJson, "the message is not a JSON object".into())),
        Err(e) => Err(fault(FaultCode::NotJson, e.to_string())),
    }
}

fn read_version(envelope: &Map<String, Value>) -> Result<(), Fault> {
    match envelope.get("v").and_then(Value::as_u64) {
        Some(VERSION) => Ok(()),
        Some(v) => Err((FaultCode::UnknownVersion, format!("v: {v}, only {VERSION} is known"))),
        None => Err((FaultCode::UnknownVersion, format!("v: must be the number {VERSION}"))),
    }
}

fn read_id(envelope: &Map<String, Value>) -> Result<Uuid, Fault> {
    let text = envelope.get("id").and_then(Value::as_str).unwrap_or_default();
    // Only the hyphenated form: the crate would also take braces and URNs.
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 && !id.is_nil() => Ok(id),
        Ok(_) | Err(_) => Err((FaultCode::BadId, "id: must be a UUID, version 7 is best".into())),
    }
}

fn read_seq(envelope: &Map<String, Value>) -> Result<u64, Fault> {
    let seq = envelope.get("seq").and_then(Value::as_u64);
    seq.ok_or_else(|| (FaultCode::BadSeq, "seq: must be a whole number from 0".into()))
}

fn read_time(envelope: &Map<String, Value>) -> Result<UnixMs, Fault> {
    let text = envelope.get("at").and_then(Value::as_str).unwrap_or_default();
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Ok(UnixMs(at.as_millisecond())),
        Err(_) => Err((FaultCode::BadTime, "at: must be a time as RFC 3339 writes it".into())),
    }
}

fn read_ticket(envelope: &Map<String, Value>) -> Result<Option<String>, Fault> {
    match envelope.get("ticket") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if is_id(id) => Ok(Some(id.clone())),
        Some(_) => Err((FaultCode::BadTicket, "ticket: must be the ticket's id or null".into())),
    }
}

fn read_device(envelope: &Map<String, Value>) -> Result<String, Fault> {
    match envelope.get("device") {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(name)) if is_id(name) => Ok(name.clone()),
        Some(_) => Err((FaultCode::BadBody, "device: must be 1 to 64 letters, or left out".into())),
    }
}

/// With a reply only; the list is the order's own, so it is never longer.
fn read_checks(envelope: &Map<String, Value>) -> Result<Vec<CheckRef>, Fault> {
    let checks = envelope.get("body").and_then(|body| body.get("checks"));
    let Some(checks) = checks.filter(|checks| !checks.is_null()) else { return Ok(Vec::new()) };
    let checks: Vec<CheckRef> = body_of(checks)?;
    if checks.len() > CHECKS_MAX || checks.iter().any(|c| c.item.chars().count() > ITEM_MAX_CHARS) {
        let what = format!("body.checks: at most {CHECKS_MAX} of {ITEM_MAX_CHARS} characters");
        return Err((FaultCode::BadBody, what));
    }
    Ok(checks)
}

fn read_body(envelope: &Map<String, Value>) -> Result<Answer, Fault> {
    let kind = envelope.get("type").and_then(Value::as_str).unwrap_or_default();
    let body = envelope.get("body").unwrap_or(&Value::Null);
    let answer = match kind {
        "received" => Answer::Received { offer: body_of::<OfferBody>(body)?.offer },
        "ack" => Answer::Ack { offer: body_of::<OfferBody>(body)?.offer },
        "on_scene" => Answer::OnScene { offer: body_of::<OfferBody>(body)?.offer },
        "refuse" => {
            let RefuseBody { offer, reason } = body_of(body)?;
            Answer::Refuse { offer, reason }
        }
        "reply" => {
            let ReplyBody { offer, disposition, text, photos, .. } = body_of(body)?;
            check_reply(&text, &photos)?;
            Answer::Reply { offer, disposition, text, photos }
        }
        "position" => {
            let PositionBody { offer, lat, lon, accuracy_m } = body_of(body)?;
            let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
            if !on_earth || !(0.0..=ACCURACY_MAX_M).contains(&accuracy_m) {
                return Err((FaultCode::BadBody, "body: this is no place on earth".into()));
            }
            Answer::Position { offer, lat, lon, accuracy_m }
        }
        other => {
            let shown: String = other.chars().take(32).collect();
            return Err((FaultCode::UnknownType, format!("type: '{shown}' is not known")));
        }
    };
    if is_id(answer.offer()) {
        return Ok(answer);
    }
    Err((FaultCode::BadBody, "body.offer: must be the id of an offer".into()))
}

/// Of `received`, `ack` and `on_scene`.
#[derive(Deserialize, ToSchema)]
pub struct OfferBody {
    offer: String,
}

#[derive(Deserialize, ToSchema)]
pub struct RefuseBody {
    offer: String,
    reason: RefuseReason,
}

#[derive(Deserialize, ToSchema)]
pub struct ReplyBody {
    offer: String,
    disposition: Disposition,
    text: String,
    photos: Vec<PhotoRef>,
    /// What was ticked of the order's list; read with the envelope.
    #[serde(default, rename = "checks")]
    _checks: Option<Vec<CheckRef>>,
}

#[derive(Deserialize, ToSchema)]
pub struct PositionBody {
    offer: String,
    /// Degrees, WGS 84.
    lat: f64,
    lon: f64,
    accuracy_m: f64,
}

fn body_of<T: DeserializeOwned>(body: &Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(body).map_err(|e| {
        let path = e.path().to_string();
        let field = if path == "." { String::new() } else { format!(".{path}") };
        (FaultCode::BadBody, format!("body{field}: {}", e.into_inner()))
    })
}

fn check_reply(text: &str, photos: &[PhotoRef]) -> Result<(), Fault> {
    let bad = |message: String| Err((FaultCode::BadBody, message));
    if text.chars().count() > TEXT_MAX_CHARS {
        return bad(format!("body.text: at most {TEXT_MAX_CHARS} characters are taken"));
    }
    // PostgreSQL takes no NUL in a text, and no screen shows the others.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return bad("body.text: control characters are not taken, but line ends and tabs".into());
    }
    if photos.len() > PHOTOS_MAX {
        return bad(format!("body.photos: at most {PHOTOS_MAX} are taken"));
    }
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    for (at, photo) in photos.iter().enumerate() {
        if !is_id(&photo.id) {
            return bad(format!("body.photos[{at}].id: must be the id of the upload"));
        }
        if photo.sha256.len() != 64 || !photo.sha256.chars().all(hex) {
            return bad(format!("body.photos[{at}].sha256: must be 64 lower-case hex digits"));
        }
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    (1..=ID_MAX_BYTES).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
