//! Who is signed in: the cookie, the account behind it, and the way to the door.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::{AppState, Error};
use crate::access::{self, Verb};
use crate::store::account::Account;
use crate::store::audit::Passage;
use crate::store::evidence::sha256_hex;

/// Name of the session's cookie.
pub const COOKIE: &str = "gengfu_session";
/// Characters of an object's name or a reason in the audit: three ids and their commas.
const OBJECT_MAX: usize = 120;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub account: Account,
    /// Of the session, to see later whether it still lasts.
    pub token_sha256: String,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let token = cookie(&parts.headers, COOKIE).ok_or(Error::NotSignedIn)?;
        let token_sha256 = sha256_hex(token.as_bytes());
        let found = state.store.session(&token_sha256, state.clock.now()).await?;
        found.map(|account| Self { account, token_sha256 }).ok_or(Error::NotSignedIn)
    }
}

impl SignedIn {
    /// Through the door, written down either way.
    ///
    /// # Errors
    /// `Denied`, or the audit cannot be written.
    pub async fn pass(&self, state: &AppState, verb: Verb, object: &str) -> Result<(), Error> {
        Ok(state.door.pass(&self.account.actor(), verb, object).await?)
    }

    /// Through the door with a reason, written down either way.
    ///
    /// # Errors
    /// `Denied`, or the audit cannot be written.
    pub async fn pass_for(
        &self,
        state: &AppState,
        verb: Verb,
        (object, reason): (&str, &str),
    ) -> Result<(), Error> {
        let told = (short(object), short(reason));
        Ok(state.door.pass_for(&self.account.actor(), verb, told).await?)
    }

    /// For lists and figures that screens ask for again and again: only a refusal is written
    /// down. A stream or live picture is written down once, when it is opened.
    ///
    /// # Errors
    /// `Denied`, or the audit cannot be written.
    pub async fn may(&self, state: &AppState, verb: Verb, object: &str) -> Result<(), Error> {
        if access::permit(&self.account.actor(), verb).is_ok() {
            return Ok(());
        }
        self.pass(state, verb, object).await
    }

    /// Writes down that the role would allow it, but not to this person.
    ///
    /// # Errors
    /// Always `NotYours`, unless the audit cannot be written.
    pub async fn refuse(&self, state: &AppState, verb: Verb, object: &str) -> Result<(), Error> {
        self.refused(state, verb, (object, "not this member's order")).await?;
        Err(Error::NotYours)
    }

    /// Writes down that the role would allow it, but not here and now, and why.
    ///
    /// # Errors
    /// The audit cannot be written.
    pub async fn refused(
        &self,
        state: &AppState,
        verb: Verb,
        (object, reason): (&str, &str),
    ) -> Result<(), Error> {
        let passage = Passage {
            actor: &self.account.actor(),
            verb: verb.as_str(),
            object: short(object),
            reason: short(reason),
            outcome: "refused",
        };
        Ok(state.store.audit(passage, state.clock.now()).await?)
    }

    /// Whether the session still lasts; asked now and then by what stays open for hours.
    pub async fn lasts(&self, state: &AppState) -> bool {
        match state.store.session(&self.token_sha256, state.clock.now()).await {
            Ok(found) => found.is_some(),
            Err(error) => {
                tracing::warn!(%error, "a session cannot be looked up; it counts as lasting");
                true
            }
        }
    }
}

/// What is written down of an object's name: ids are shorter, and nobody fills the audit with less.
fn short(object: &str) -> &str {
    object.char_indices().nth(OBJECT_MAX).map_or(object, |(end, _)| &object[..end])
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Where a request comes from. A proxy is believed only when it runs on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub address: IpAddr,
    pub https: bool,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(caller(peer.to_canonical(), &parts.headers))
    }
}

fn caller(peer: IpAddr, headers: &HeaderMap) -> Caller {
    if !peer.is_loopback() {
        return Caller { address: peer, https: false };
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let last = text("x-forwarded-for").and_then(|all| all.rsplit(',').next());
    let address = last.and_then(|one| one.trim().parse().ok()).unwrap_or(peer);
    Caller { address, https: text("x-forwarded-proto") == Some("https") }
}

#[cfg(test)]
mod tests {
    use super::{caller, cookie};
    use axum::http::HeaderMap;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(&[("cookie", "a=1; xgengfu_session=bad; gengfu_session=good")]);
        assert_eq!(cookie(&sent, "gengfu_session"), Some("good"));
        assert_eq!(cookie(&sent, "gengfu"), None);
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let sent =
            headers(&[("x-forwarded-for", "1.2.3.4, 192.0.2.9"), ("x-forwarded-proto", "https")]);
        let near = caller([127, 0, 0, 1].into(), &sent);
        assert_eq!((near.address, near.https), ([192, 0, 2, 9].into(), true));
        let far = caller([192, 0, 2, 7].into(), &sent);
        assert_eq!((far.address, far.https), ([192, 0, 2, 7].into(), false));
    }
}
