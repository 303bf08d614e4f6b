//! Signing in and out.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ask::Body;
use super::session::{COOKIE, Caller, SignedIn, cookie};
use super::wire::{Login, Me};
use super::{AppState, Error};
use crate::access::password;
use crate::store::account::Account;
use crate::store::audit::Passage;
use crate::store::evidence::sha256_hex;

/// No account has a longer name; longer ones are not looked up.
const NAME_MAX: usize = 64;
/// A password that takes longer to send than to hash is an attack.
const PASSWORD_MAX: usize = 1024;

/// Compared with when there is no such account, so that both answers take the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| password::hash("nobody"));

/// Signs in.
#[utoipa::path(post, path = "/login", request_body = Login, responses(
    (status = 200, body = Me), (status = 401), (status = 429)))]
pub async fn login(
    State(state): State<AppState>,
    caller: Caller,
    Body(login): Body<Login>,
) -> Result<Response, Error> {
    if login.name.len() > NAME_MAX || login.password.len() > PASSWORD_MAX {
        return Err(Error::BadCredentials);
    }
    begin(&state, &login.name, caller)?;
    let account = checked(&state, login).await?;
    succeeded(&state, &account.name, caller);
    let cookie = open(&state, &account, caller).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(Me::of(&account))).into_response())
}

fn begin(state: &AppState, name: &str, caller: Caller) -> Result<(), Error> {
    let mut attempts = state.0.attempts.lock().expect("no panic happens while it is held");
    attempts
        .begin(name, caller.address, state.clock.elapsed())
        .map_err(|wait| Error::TooManyAttempts { wait_s: wait.as_secs().max(1) })
}

fn succeeded(state: &AppState, name: &str, caller: Caller) {
    let attempts = state.0.attempts.lock();
    attempts.expect("no panic happens while it is held").succeeded(name, caller.address);
}

/// The account, if name and password are right.
async fn checked(state: &AppState, login: Login) -> Result<Account, Error> {
    let _turn = state.0.hashing.acquire().await.map_err(|_| Error::Unavailable)?;
    let account = state.store.account(&login.name).await?.filter(|account| account.active);
    let hash = account.as_ref().map_or_else(|| NOBODY.clone(), |a| a.password_hash.clone());
    let compare = move || password::matches(&login.password, &hash);
    let right = tokio::task::spawn_blocking(compare).await.map_err(|_| Error::Internal)?;
    let Some(account) = account else {
        return Err(Error::BadCredentials);
    };
    let outcome = if right { "allowed" } else { "refused" };
    audit(state, &account, outcome).await?;
    if right { Ok(account) } else { Err(Error::BadCredentials) }
}

async fn audit(state: &AppState, account: &Account, outcome: &str) -> Result<(), Error> {
    let passage =
        Passage { actor: &account.actor(), verb: "sign_in", object: "", reason: "", outcome };
    Ok(state.store.audit(passage, state.clock.now()).await?)
}

/// Opens a session and makes its cookie.
async fn open(state: &AppState, account: &Account, caller: Caller) -> Result<String, Error> {
    let token = password::secret();
    let now = state.clock.now();
    let hours = i64::from(state.config.web.session_hours);
    let time = (now, now.plus_ms(hours * 3_600_000));
    state.store.open_session(&sha256_hex(token.as_bytes()), &account.name, time).await?;
    let secure = if caller.https { "; Secure" } else { "" };
    let age_s = hours * 3600;
    Ok(format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age_s}{secure}"))
}

/// Signs out; without a session it does nothing.
#[utoipa::path(post, path = "/logout", responses((status = 204)))]
pub async fn logout(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    if let Some(token) = cookie(&headers, COOKIE) {
        let token_sha256 = sha256_hex(token.as_bytes());
        let who = state.store.session(&token_sha256, state.clock.now()).await?;
        state.store.close_session(&token_sha256).await?;
        if let (Some(who), Some(gate)) = (who, &state.phone_gate) {
            // Other phones of the same person come in again with tokens of their own.
            gate(who.name).await;
        }
    }
    let over = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, over)]))
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", responses((status = 200, body = Me), (status = 401)))]
pub async fn me(who: SignedIn) -> Json<Me> {
    Json(Me::of(&who.account))
}
