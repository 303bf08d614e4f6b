//! The section of duty: how often whoever watches is asked for a sign of presence.

use serde::Deserialize;

use super::validate::Found;

/// Signs of presence on the line duty. Any act counts as one; nobody is asked who works.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Duty {
    /// Minutes without an act after which the console asks, 0 to 240; 0 never asks. Default 30: a
    /// nudge, because how long a person can watch is disputed.
    pub presence_every_min: u32,
    /// Seconds in which any act or key answers, 30 to 600; a missed one is recorded. Default 120.
    pub presence_within_s: u32,
}

impl Default for Duty {
    fn default() -> Self {
        Self { presence_every_min: 30, presence_within_s: 120 }
    }
}

pub(super) fn duty(duty: &Duty, found: &mut Found) {
    // Half a shift without a sign is no watch; under half a minute nobody finds the key.
    found.within("duty.presence_every_min".into(), duty.presence_every_min, 0..=240, "min");
    found.within("duty.presence_within_s".into(), duty.presence_within_s, 30..=600, "s");
}
