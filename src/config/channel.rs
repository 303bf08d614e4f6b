//! What happens when a phone does not say that it has an order.

use serde::Deserialize;

use super::Secret;

/// The second channel: a gateway for messages or voice, called over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecondChannel {
    /// Where the gateway listens, `https://…` or `http://…`; empty: nobody is called, and a missing
    /// receipt is only shown. Default empty.
    pub url: String,
    /// Key by which the gateway knows that a call is ours (HMAC-SHA256). Needed with `url`.
    pub secret: Secret,
    /// Seconds within which the broker must have an order. Default 10: it is on the same machine,
    /// or gone.
    pub published_within_s: u32,
    /// Seconds within which the phone must have an order. Default 30: half of the shortest
    /// acknowledgement limit, so that the other way still has time.
    pub received_within_s: u32,
    /// Seconds that the gateway may take to answer. Default 10.
    pub timeout_s: u32,
    /// Tries before a call is given up and shown. Default 10: about half an hour.
    pub tries_max: u32,
}

impl Default for SecondChannel {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret: Secret::default(),
            published_within_s: 10,
            received_within_s: 30,
            timeout_s: 10,
            tries_max: 10,
        }
    }
}

impl SecondChannel {
    /// Whether somebody is called.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.url.is_empty()
    }
}
