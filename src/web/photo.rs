//! Photos that patrol members add to their reply.
//!
//! What is stored is what the phone sent, byte by byte; it is decoded once, only to be sure that
//! it is a picture.

use std::io::Cursor;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use image::{ImageFormat, ImageReader, Limits};
use serde::Deserialize;
use tokio::time::timeout;

use super::ask::Asked;
use super::session::SignedIn;
use super::tickets::{is_order_of, load};
use super::wire::Photo;
use super::{AppState, Error};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::store::evidence::{NewEvidence, sha256_hex};
use crate::ticket::{Ticket, TicketId};

/// Longest side of a photo, px; phones of 2026 take up to 12,000 x 9,000, as 50 MP they send less.
const SIDE_MAX_PX: u32 = 12_000;
/// Memory for decoding one photo: 64 megapixels of RGB with room.
const DECODED_MAX_BYTES: u64 = 256 * 1024 * 1024;
/// How far ahead of ours a phone's clock may be, as for answers.
const AHEAD_MAX_MS: i64 = 10 * 60_000;
/// Photos of one ticket; a reply needs a few (guess, revisit).
const PHOTOS_MAX: usize = 40;

/// 8 MiB at 70 kB/s, a phone at the edge of a cell.
const SENDING_MAX: Duration = Duration::from_mins(2);

#[derive(Deserialize)]
pub struct Meant {
    ticket: String,
    sha256: String,
    taken_ms: Option<i64>,
    /// The phone's clock when it sends.
    sent_ms: Option<i64>,
}

/// Stores a photo for one's own order. The same photo again answers the same id.
#[utoipa::path(post, path = "/photos",
    params(("ticket" = String, Query), ("sha256" = String, Query), ("taken_ms" = i64, Query),
        ("sent_ms" = i64, Query, description = "the phone's clock when it sends")),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 200, body = Photo), (status = 403), (status = 413), (status = 415),
        (status = 422), (status = 507)))]
pub async fn photo(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(meant): Asked<Meant>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Photo>, Error> {
    let ticket = order(&state, &who, &meant.ticket).await?;
    let taken = taken_before(&meant, state.clock.now())?;
    let bytes = read(&state, &headers, body).await?;
    let sha256 = sha256_hex(&bytes);
    if !sha256.eq_ignore_ascii_case(&meant.sha256) {
        return Err(Error::HashMismatch);
    }
    if let Some(known) = known(&state, &ticket.id, &sha256).await? {
        return Ok(Json(known));
    }
    let (bytes, mime) = decoded(&state, bytes).await?;
    let now = state.clock.now();
    let new = NewEvidence {
        event: None,
        ticket: Some(&ticket.id),
        kind: "photo",
        mime,
        taken: taken.unwrap_or(now),
        by: &who.account.name,
    };
    let kept = state.store.keep_bytes(new, bytes, now).await?;
    if let Some(sent_ms) = meant.sent_ms {
        state.store.note_skew(&kept.id, UnixMs(sent_ms).since_ms(now)).await?;
    }
    state.desk.touch(ticket);
    Ok(Json(Photo { id: kept.id, sha256: kept.sha256, bytes: kept.bytes }))
}

/// When the photo was taken, by the phone; a time to come means that its clock is wrong.
fn taken_before(meant: &Meant, now: UnixMs) -> Result<Option<UnixMs>, Error> {
    let taken = meant.taken_ms.map(UnixMs);
    if taken.is_some_and(|taken| taken.since_ms(now) > AHEAD_MAX_MS) {
        let message = "the phone's clock is ahead of the centre's; set it and send again".into();
        return Err(Error::Invalid { code: "future_time", message });
    }
    Ok(taken)
}

/// The ticket, if its order is this member's.
async fn order(state: &AppState, who: &SignedIn, id: &str) -> Result<Ticket, Error> {
    let found = load(state, id.to_owned()).await;
    let his = found.as_ref().is_ok_and(|ticket| is_order_of(ticket, &who.account.name));
    if crate::access::permit(&who.account.actor(), Verb::Answer).is_ok() && !his {
        who.refuse(state, Verb::Answer, id).await?;
    }
    who.pass(state, Verb::Answer, id).await?;
    found
}

/// The body, given up as soon as it is too long.
async fn read(state: &AppState, headers: &HeaderMap, body: Body) -> Result<Bytes, Error> {
    let max = state.config.policy.photo_max_bytes;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > max) {
        return Err(Error::PhotoTooLarge { max });
    }
    let most = usize::try_from(max).unwrap_or(usize::MAX);
    let whole = timeout(SENDING_MAX, axum::body::to_bytes(body, most)).await;
    let whole = whole.map_err(|_| Error::BadRequest("the photo took too long to come".into()))?;
    whole.map_err(|error| {
        tracing::debug!(%error, "a photo was too long or broke off");
        Error::PhotoTooLarge { max }
    })
}

/// The photo, if this ticket has it already: a phone sends again what it got no answer for.
async fn known(state: &AppState, ticket: &TicketId, sha256: &str) -> Result<Option<Photo>, Error> {
    let mut photos = state.store.evidence_of(ticket).await?;
    photos.retain(|kept| kept.kind == "photo");
    let many = photos.len() >= PHOTOS_MAX;
    let same = photos.into_iter().find(|kept| kept.sha256 == sha256);
    if many && same.is_none() {
        let message = format!("this ticket has {PHOTOS_MAX} photos already");
        return Err(Error::Invalid { code: "too_many_photos", message });
    }
    Ok(same.map(|kept| Photo { id: kept.id, sha256: kept.sha256, bytes: kept.bytes }))
}

/// The bytes and their kind, if they really are a picture.
async fn decoded(state: &AppState, bytes: Bytes) -> Result<(Vec<u8>, &'static str), Error> {
    let _turn = state.0.decoding.acquire().await.map_err(|_| Error::Unavailable)?;
    let look = move || sniff(&bytes).map(|mime| (bytes.to_vec(), mime));
    tokio::task::spawn_blocking(look).await.map_err(|_| Error::Internal)?
}

/// The kind of a picture, by decoding it. What the phone called it does not count.
fn sniff(bytes: &[u8]) -> Result<&'static str, Error> {
    let not = |error: &dyn std::fmt::Display| Error::NotAPhoto(error.to_string());
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| not(&e))?;
    let mime = match reader.format() {
        Some(ImageFormat::Jpeg) => "image/jpeg",
        Some(ImageFormat::Png) => "image/png",
        _ => return Err(not(&"its first bytes say something else")),
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX_PX);
    limits.max_image_height = Some(SIDE_MAX_PX);
    limits.max_alloc = Some(DECODED_MAX_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|e| not(&e))?;
    Ok(mime)
}

#[cfg(test)]
mod tests {
    use super::{SIDE_MAX_PX, sniff};
    use image::{DynamicImage, ImageFormat};
    use std::io::Cursor;

    fn picture(width: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_luma8(width, 2).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn check(bytes: &[u8], expect: Option<&str>) {
        assert_eq!(sniff(bytes).ok(), expect);
    }

    #[test]
    fn only_what_decodes_is_a_photo() {
        check(&picture(4, ImageFormat::Jpeg), Some("image/jpeg"));
        check(&picture(4, ImageFormat::Png), Some("image/png"));
        check(b"", None);
        check(b"<svg onload=alert(1)>", None);
        check(&picture(4, ImageFormat::Png)[..40], None);
        check(&[0xff, 0xd8, 0xff, 0xe0, 1, 2, 3], None);
    }

    #[test]
    fn a_picture_of_absurd_size_is_not_decoded() {
        check(&picture(SIDE_MAX_PX + 1, ImageFormat::Png), None);
    }
}
