//! What a patrol member's phone page needs: its way to the broker, and its open orders.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::session::{Caller, SignedIn, cookie};
use super::wire::PhoneLink;
use super::{AppState, Error, describe, wire_ticket as wire};
use crate::access::{Verb, password};
use crate::store::account::phone_token_key;

/// Cookie that tells one browser from another, so that each keeps its MQTT session.
const BROWSER_COOKIE: &str = "gengfu_phone";
/// 40 bits: enough to tell the phones of one member apart.
const BROWSER_LETTERS: usize = 8;
/// A year.
const BROWSER_AGE_S: u32 = 31_536_000;

/// How this browser reaches the broker. The token lasts as long as a session, and
/// ends when this browser signs out.
#[utoipa::path(get, path = "/phone/mqtt", responses((status = 200, body = PhoneLink), (status = 403)))]
pub async fn link(
    State(state): State<AppState>,
    who: SignedIn,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let member = &who.account.name;
    who.pass(&state, Verb::Answer, "phone").await?;
    let token = password::secret();
    let now = state.clock.now();
    let until = now.plus_ms(i64::from(state.config.web.session_hours) * 3_600_000);
    let tokens = (phone_token_key(&token), who.token_sha256.as_str());
    state.store.open_phone_session((&tokens.0, tokens.1), member, (now, until)).await?;
    let browser = browser(&headers);
    let topic = |end| format!("gengfu/{}/patrol/{member}/{end}", state.config.site.id);
    let link = PhoneLink {
        path: "/mqtt",
        client_id: format!("{member}-{browser}"),
        username: member.clone(),
        password: token,
        order_topic: topic("order"),
        answer_topic: topic("answer"),
    };
    let secure = if caller.https { "; Secure" } else { "" };
    let keep = format!(
        "{BROWSER_COOKIE}={browser}; Path=/; HttpOnly; SameSite=Strict; Max-Age={BROWSER_AGE_S}{secure}"
    );
    Ok(([(header::SET_COOKIE, keep)], Json(link)).into_response())
}

/// The letters of this browser, new ones if it has none yet.
fn browser(headers: &HeaderMap) -> String {
    let fits = |letters: &&str| {
        letters.len() == BROWSER_LETTERS
            && letters.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let new = || password::secret()[..BROWSER_LETTERS].to_owned();
    cookie(headers, BROWSER_COOKIE).filter(fits).map_or_else(new, str::to_owned)
}

/// The member's open orders.
#[utoipa::path(get, path = "/phone/tickets",
    responses((status = 200, body = Vec<wire::Ticket>), (status = 403)))]
pub async fn tickets(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<wire::Ticket>>, Error> {
    who.may(&state, Verb::Answer, "phone").await?;
    let mine = state.store.tickets_of_member(&who.account.name).await?;
    let shown = describe::tickets(&state, &mine).await?;
    let member = &who.account.name;
    let seen = shown.into_iter().zip(&mine).map(|(shown, ticket)| shown.seen_by(ticket, member));
    Ok(Json(seen.collect()))
}
