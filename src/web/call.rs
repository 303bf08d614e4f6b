//! Calls to the second channel, signed as Standard Webhooks has it.
//!
//! A call is a row; it is tried until the gateway takes it (any 2xx), with growing waits, and given
//! up and shown after a limit. Headers: `webhook-id` (the same in every try, so that a gateway
//! drops doubles), `webhook-timestamp` (seconds), `webhook-signature` (`v1,` and the base64 of
//! HMAC-SHA256 over `id.timestamp.body`).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt};
use ring::hmac;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, UnixMs};
use crate::config::SecondChannel;
use crate::store::call::Call;
use crate::store::{self, Store};

/// How often due calls are looked for without the bell.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Calls at once: a gateway that hangs holds up so many and no more (guess, revisit).
const AT_ONCE: usize = 4;
/// First wait after a try that failed, and the longest, ms. Ten tries take about half an hour.
const FIRST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 600_000;
/// Prefix of a secret that is written in base64, as Standard Webhooks has it.
const SECRET_PREFIX: &str = "whsec_";

/// The task's parts.
pub struct CallTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub channel: SecondChannel,
    /// Read once at start.
    pub secret: String,
    pub bell: Arc<Notify>,
}

impl CallTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what fails is tried again.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let agent = agent(&self.channel);
        let key = Arc::new(key(&self.secret));
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = self.bell.notified() => {}
                _ = look.tick() => {}
            }
            let due = match self.store.calls_due(self.clock.now(), 100).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(%error, "calls to the second channel cannot be read");
                    continue;
                }
            };
            let calls = stream::iter(due)
                .for_each_concurrent(AT_ONCE, |call| self.carry(call, &agent, &key));
            tokio::select! {
                biased;
                // A try that was interrupted is tried again after the restart, under the same id.
                () = stop.cancelled() => return Ok(()),
                () = calls => {}
            }
        }
    }

    async fn carry(&self, call: Call, agent: &ureq::Agent, key: &Arc<hmac::Key>) {
        let (id, tries) = (call.id.clone(), call.tries + 1);
        let request = request(&call, self.clock.now(), key);
        let (agent, url) = (agent.clone(), self.channel.url.clone());
        let sent = tokio::task::spawn_blocking(move || send(&agent, &url, request)).await;
        let outcome = sent.unwrap_or_else(|_| Err("the try broke off".into()));
        let now = self.clock.now();
        let written = match &outcome {
            Ok(()) => self.store.call_done(&id, now).await,
            Err(why) => {
                let again = tries < self.channel.tries_max;
                let next = again.then(|| now.plus_ms(wait_ms(tries, dice())));
                tracing::warn!(call.id = id, tries, "a call to the second channel: {why}");
                if next.is_none() {
                    tracing::error!(call.id = id, patrol.id = call.member, "a call is given up");
                }
                self.store.call_failed(&id, why, next, now).await
            }
        };
        if let Err(error) = written {
            tracing::error!(call.id = id, %error, "what became of a call cannot be written");
        }
    }
}

fn agent(channel: &SecondChannel) -> ureq::Agent {
    let limit = Duration::from_secs(channel.timeout_s.into());
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        // The signature is for one address.
        .max_redirects(0)
        .user_agent(concat!("gengfu/", env!("CARGO_PKG_VERSION")))
        .build();
    config.into()
}

/// The key of a secret: what stands behind `whsec_` in base64, or the text itself.
fn key(secret: &str) -> hmac::Key {
    let coded = secret.strip_prefix(SECRET_PREFIX).and_then(|text| STANDARD.decode(text).ok());
    let bytes = coded.unwrap_or_else(|| secret.as_bytes().to_vec());
    hmac::Key::new(hmac::HMAC_SHA256, &bytes)
}

/// What goes over the wire.
struct Request {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

fn request(call: &Call, now: UnixMs, key: &hmac::Key) -> Request {
    let body = json!({
        "type": call.kind,
        "timestamp": call.at.rfc3339(),
        "data": call.body,
    });
    let body = body.to_string();
    let timestamp = now.0.div_euclid(1_000).to_string();
    let signature = signature(&call.id, &timestamp, (&body, key));
    Request { id: call.id.clone(), timestamp, signature, body }
}

fn signature(id: &str, timestamp: &str, (body, key): (&str, &hmac::Key)) -> String {
    let tag = hmac::sign(key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

fn send(agent: &ureq::Agent, url: &str, request: Request) -> Result<(), String> {
    let answer = agent
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", request.id)
        .header("webhook-timestamp", request.timestamp)
        .header("webhook-signature", request.signature)
        .send(request.body)
        .map_err(|error| error.to_string())?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("the gateway answered {}", answer.status()))
}

/// The wait after so many tries, spread over its upper half.
fn wait_ms(tries: u32, dice: u8) -> i64 {
    let full = (FIRST_MS << tries.saturating_sub(1).min(16)).min(LONGEST_MS);
    full / 2 + full * i64::from(dice) / 510
}

/// Without random bytes all wait alike, which only costs the spread.
fn dice() -> u8 {
    let mut byte = [0_u8; 1];
    getrandom::fill(&mut byte).map_or(u8::MAX, |()| byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_as_standard_webhooks_has_it() {
        // The example of its specification.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let body = r#"{"test": 2432232314}"#;
        let signed = signature(id, "1614265330", (body, &key));
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn waits_grow_to_ten_minutes_and_ten_tries_take_half_an_hour() {
        let waits: Vec<i64> = (1..10).map(|tries| wait_ms(tries, u8::MAX)).collect();
        let doubled = [5, 10, 20, 40, 80, 160, 320, 600, 600].map(|s| s * 1_000);
        assert_eq!(waits, doubled);
        assert!(wait_ms(1, 0) == 2_500 && wait_ms(u32::MAX, 0) == 300_000);
        assert_eq!(waits.iter().sum::<i64>() / 60_000, 30);
    }
}
