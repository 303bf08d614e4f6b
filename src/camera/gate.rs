//! When to decode: from the parsed stream alone, before anything is spent.

use std::time::Duration;

use super::status::{DecodeMode, ModeReason};

/// What the configuration says about one stream.
#[derive(Clone, Copy, Debug)]
pub struct GateSettings {
    /// `decode = "full"`.
    pub full: bool,
    /// Longest time without a look at a whole group.
    pub look_every: Duration,
}

/// One encoded picture as the gate sees it.
#[derive(Clone, Copy, Debug)]
pub struct UnitSize {
    pub key: bool,
    /// Bytes without padding (filler parts).
    pub bytes: usize,
    /// Bytes of padding.
    pub filler: usize,
    /// The daemon's monotone clock.
    pub at: Duration,
}

/// What to do with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep it, do not decode it.
    Skip,
    /// Decode it: a key frame by itself, or the next unit of a group that is being decoded.
    Decode,
    /// Decode its whole group so far, from the last key frame to this unit.
    DecodeGroup,
}

/// The gate of one stream.
#[derive(Clone, Debug)]
pub struct Gate {
    settings: GateSettings,
}

impl Gate {
    /// A gate that has seen nothing yet.
    #[must_use]
    pub const fn new(settings: GateSettings) -> Self {
        Self { settings }
    }

    /// Takes the next unit and says what to do with it.
    pub fn unit(&mut self, _unit: UnitSize) -> Verdict {
        Verdict::Decode
    }

    /// Takes what a decoded picture showed: `change`, the share 0..1 of the small grey picture
    /// that differs from the one looked at before.
    pub fn picture(&mut self, _change: f32, _at: Duration) {}

    /// The camera was opened anew, or units were lost: what is being decoded is torn.
    pub fn restart(&mut self) {}

    /// What runs, why, and whether everything is decoded at this moment.
    #[must_use]
    pub const fn state(&self) -> (DecodeMode, ModeReason, bool) {
        let reason = if self.settings.full { ModeReason::Configured } else { ModeReason::Learning };
        (DecodeMode::Full, reason, true)
    }
}
