//! When to decode: from the parsed stream and from small grey pictures, before much is spent.
//!
//! While nothing stirs only key frames are decoded, each by itself. Two things wake a stream: a key
//! frame that looks different from the one before, and units that are larger than usual at their
//! place in the group (`sizes.rs`). Sizes only raise a suspicion: the group so far is decoded, and
//! unless pictures confirm it within a second the stream sleeps again. What is decoded begins
//! with the last key frame, which is still in memory, so waking late loses nothing but time. Every
//! so often a whole group is looked at whatever the stream says. Streams that are built otherwise
//! are recognised and decoded in another way. Pure: every time is an argument.

use std::time::Duration;

use super::groups::{Build, Groups};
use super::sizes::Sizes;
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
    /// Decode this key frame by itself.
    Still,
    /// Decode it as the next unit of what is being decoded; if it is a key frame, begin with it.
    Next,
    /// Decode its whole group so far, from the last key frame to this unit.
    Group,
}

/// Share 0..1 of the small grey picture (see `change.rs`) from which on it has changed: 29 dots of
/// 160 x 90, somebody 16 px wide and 30 px high in a picture 640 px wide, who is seen where he was
/// and where he is. Measured with `tests/gate.rs`.
pub const CHANGED: f32 = 0.002;
/// Awake for so long after the last change, as `gate.md` measured with.
const HOLD: Duration = Duration::from_secs(1);
/// Where sizes say nothing, key frames farther apart than this do not suffice to wake by. Guess,
/// revisit.
const KEYS_ALONE: Duration = Duration::from_secs(3);
/// A suspicion by sizes is confirmed within this time or dropped: five looks at 5 a second.
const CHECK: Duration = Duration::from_secs(1);
/// Between two looks at a stream of key frames only: while nothing stirs, and while something does.
const INTRA_QUIET: Duration = Duration::from_secs(1);
const INTRA_AWAKE: Duration = Duration::from_millis(190);

/// What the gate is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Key frames only.
    Asleep,
    /// Everything, because sizes rose at this time; no picture has confirmed it yet.
    Suspicious { since: Duration },
    /// Everything, until a while after the last change.
    Awake { moved_at: Duration },
    /// Everything up to the next key frame: the look that is due.
    Looking,
}

/// The gate of one stream.
#[derive(Clone, Debug)]
pub struct Gate {
    settings: GateSettings,
    groups: Groups,
    sizes: Sizes,
    phase: Phase,
    /// The last unit was decoded, and all before it back to a key frame.
    decoding: bool,
    /// Nothing can be decoded before a key frame.
    torn: bool,
    /// A picture showed a change while only key frames were decoded.
    stirred: bool,
    /// When a whole group was last looked at to its end.
    looked_at: Duration,
    /// When the last key frame of a stream of key frames only was decoded.
    still_at: Option<Duration>,
}

impl Gate {
    /// A gate that has seen nothing yet.
    #[must_use]
    pub fn new(settings: GateSettings) -> Self {
        Self {
            settings,
            groups: Groups::default(),
            sizes: Sizes::default(),
            phase: Phase::Looking,
            decoding: false,
            torn: true,
            stirred: false,
            looked_at: Duration::ZERO,
            still_at: None,
        }
    }

    /// Takes the next unit and says what to do with it.
    pub fn unit(&mut self, unit: UnitSize) -> Verdict {
        self.groups.take(&unit);
        if self.sizes.take(&unit) && self.phase == Phase::Asleep {
            self.phase = Phase::Suspicious { since: unit.at };
        }
        if self.torn && !unit.key {
            return Verdict::Skip;
        }
        self.torn = false;
        match self.build() {
            Build::Intra => self.intra(unit),
            Build::Unknown | Build::Long => self.everything(unit),
            Build::Groups if self.settings.full || self.is_dull() => self.everything(unit),
            Build::Groups => self.gated(unit),
        }
    }

    /// Neither sizes nor key frames tell in time that something stirs.
    fn is_dull(&self) -> bool {
        self.sizes.say_nothing() && self.groups.distance() > KEYS_ALONE
    }

    fn build(&self) -> Build {
        if self.settings.full { Build::Groups } else { self.groups.build() }
    }

    /// Key frames stand for themselves: some of them are decoded, never a group.
    fn intra(&mut self, unit: UnitSize) -> Verdict {
        self.decoding = false;
        self.settle(unit.at);
        let pause = if self.phase == Phase::Asleep { INTRA_QUIET } else { INTRA_AWAKE };
        if self.still_at.is_some_and(|still| unit.at.saturating_sub(still) < pause) || !unit.key {
            return Verdict::Skip;
        }
        self.still_at = Some(unit.at);
        Verdict::Still
    }

    fn everything(&mut self, unit: UnitSize) -> Verdict {
        self.looked_at = unit.at;
        let joins = self.decoding || unit.key;
        self.decoding = true;
        if joins { Verdict::Next } else { Verdict::Group }
    }

    fn gated(&mut self, unit: UnitSize) -> Verdict {
        self.settle(unit.at);
        let look_due = unit.at.saturating_sub(self.looked_at) >= self.settings.look_every;
        if unit.key && self.phase == Phase::Looking {
            (self.phase, self.looked_at) = (Phase::Asleep, unit.at);
        } else if unit.key && self.phase == Phase::Asleep && look_due {
            self.phase = Phase::Looking;
        }
        if self.phase != Phase::Asleep {
            let looked_at = self.looked_at;
            let verdict = self.everything(unit);
            // A look counts when it has come to its end.
            self.looked_at =
                if matches!(self.phase, Phase::Awake { .. }) { unit.at } else { looked_at };
            return verdict;
        }
        self.decoding = false;
        if unit.key { Verdict::Still } else { Verdict::Skip }
    }

    /// Wakes, or goes to sleep when its time is over.
    fn settle(&mut self, at: Duration) {
        if std::mem::take(&mut self.stirred) {
            self.phase = Phase::Awake { moved_at: at };
        }
        match self.phase {
            Phase::Awake { moved_at } if at.saturating_sub(moved_at) > HOLD => {
                self.phase = Phase::Asleep;
            }
            Phase::Suspicious { since } if at.saturating_sub(since) > CHECK => {
                self.sizes.was_wrong();
                self.phase = Phase::Asleep;
            }
            Phase::Asleep | Phase::Suspicious { .. } | Phase::Awake { .. } | Phase::Looking => {}
        }
    }

    /// Takes what a decoded picture showed: `change`, the share 0..1 of the small grey picture
    /// that differs from those looked at before. `at`: when its unit came.
    pub fn picture(&mut self, change: f32, at: Duration) {
        if change < CHANGED {
            return;
        }
        match &mut self.phase {
            // A group that is caught up with shows what is over already.
            Phase::Awake { moved_at } => *moved_at = at.max(*moved_at),
            Phase::Asleep | Phase::Suspicious { .. } | Phase::Looking => self.stirred = true,
        }
    }

    /// The camera was opened anew, or units were lost: what is being decoded is torn. Whatever
    /// happened meanwhile is found by a look at the next group.
    pub fn restart(&mut self) {
        self.torn = true;
        self.decoding = false;
        self.groups.restart();
        self.sizes.restart();
        if self.phase == Phase::Asleep {
            self.phase = Phase::Looking;
        }
    }

    /// What runs, why, and whether everything is decoded at this moment.
    #[must_use]
    pub fn state(&self) -> (DecodeMode, ModeReason, bool) {
        let awake = self.phase != Phase::Asleep;
        if self.settings.full {
            return (DecodeMode::Full, ModeReason::Configured, true);
        }
        match self.groups.build() {
            Build::Unknown => (DecodeMode::Full, ModeReason::Learning, true),
            Build::Long => (DecodeMode::Full, ModeReason::LongGroups, true),
            Build::Intra => (DecodeMode::Gated, ModeReason::AllIntra, awake),
            Build::Groups if self.is_dull() => (DecodeMode::Full, ModeReason::ConstantRate, true),
            Build::Groups if self.sizes.say_nothing() => {
                (DecodeMode::Gated, ModeReason::ConstantRate, awake)
            }
            Build::Groups => (DecodeMode::Gated, ModeReason::FitsWell, awake),
        }
    }
}
