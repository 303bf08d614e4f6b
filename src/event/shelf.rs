//! What people ask of a rule: to be shelved for some hours, or to be changed.
//!
//! Two people: one asks with a reason, another one who leads approves. A shelved rule comes back by
//! itself. Its firings are events like any other, with still and clip, and join no ticket: they can
//! be counted and looked at afterwards, and nobody is called by them meanwhile. A change is only
//! recorded, with the lines to write: the machine never writes the configuration. Pure.

use crate::clock::UnixMs;

/// The longest that a rule may be shelved, ms: one shift (`domain` 4.3, `shelve.max`).
pub const SHELVE_MAX_MS: i64 = 8 * 3_600_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The rule calls nobody for so long, ms, from the approval on.
    Shelve { for_ms: i64 },
    /// These lines are to be written into the configuration file.
    Change { lines: String },
}

impl Wish {
    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Shelve { .. } => "shelve",
            Self::Change { .. } => "change",
        }
    }
}

/// What was predicted when it was asked, in tickets of the weeks before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Confirmed tickets that would have been missed, of so many.
    pub missed: u32,
    pub confirmed: u32,
    /// False alarms that would not have come, of so many.
    pub avoided: u32,
    pub false_alarms: u32,
}

/// Who did something about a request, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub by: String,
    pub at: UnixMs,
    pub why: String,
}

/// A request about one rule of one camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// UUIDv7.
    pub id: String,
    pub camera: String,
    pub rule: String,
    pub wish: Wish,
    /// Which change, a word of the proposals.
    pub word: String,
    pub cost: Cost,
    pub asked: Deed,
    /// Refused by somebody.
    pub refused: Option<Deed>,
    /// Approved by somebody else than who asked.
    pub approved: Option<Deed>,
    /// When a shelved rule is back by itself.
    pub until: Option<UnixMs>,
    /// Taken back by a person before that.
    pub ended: Option<Deed>,
    /// Firings while it was shelved.
    pub fired: i64,
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Asked,
    Refused,
    /// A change that may be written into the configuration file.
    Approved,
    /// The rule calls nobody.
    Shelved,
    /// It was shelved and is back.
    Over,
}

impl Standing {
    /// The word in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Approved => "approved",
            Self::Shelved => "shelved",
            Self::Over => "over",
        }
    }
}

/// What somebody does about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    Approve,
    Refuse,
    /// Takes a shelved rule back before its time.
    End,
}

/// Why something about a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("say why")]
    NoReason,
    #[error("a rule is shelved for 1 minute to 8 hours")]
    BadTime,
    #[error("who asks for it cannot approve it; ask another shift leader or the director")]
    AskerCannotApprove,
    #[error("this was decided already; read the list again")]
    AlreadyDecided,
    #[error("the rule is not shelved any more; read the list again")]
    NotShelved,
    #[error("the same is asked of this rule already, or it is shelved; decide that first")]
    AlreadyAsked,
}

impl Refused {
    /// The stable code in answers.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReason => "no_reason",
            Self::BadTime => "bad_time",
            Self::AskerCannotApprove => "asker_cannot_approve",
            Self::AlreadyDecided => "already_decided",
            Self::NotShelved => "not_shelved",
            Self::AlreadyAsked => "already_asked",
        }
    }
}

impl Request {
    /// How it stands at `now`. Time alone ends a shelving: nobody has to be there.
    #[must_use]
    pub fn standing(&self, now: UnixMs) -> Standing {
        match (&self.refused, &self.approved, self.until) {
            (Some(_), ..) => Standing::Refused,
            (None, None, _) => Standing::Asked,
            (None, Some(_), None) => Standing::Approved,
            (None, Some(_), Some(until)) if self.ended.is_none() && now < until => {
                Standing::Shelved
            }
            (None, Some(_), Some(_)) => Standing::Over,
        }
    }

    /// Whether it may be asked at all.
    ///
    /// # Errors
    /// There is no reason, or the time is none of at most eight hours.
    pub fn check(&self) -> Result<(), Refused> {
        if self.asked.why.trim().is_empty() {
            return Err(Refused::NoReason);
        }
        match self.wish {
            Wish::Shelve { for_ms } if !(60_000..=SHELVE_MAX_MS).contains(&for_ms) => {
                Err(Refused::BadTime)
            }
            Wish::Shelve { .. } | Wish::Change { .. } => Ok(()),
        }
    }

    /// Whether `deed.by` may do this about it now; the rights of the role are asked elsewhere.
    ///
    /// # Errors
    /// Why not.
    pub fn may(&self, ruling: Ruling, deed: &Deed) -> Result<(), Refused> {
        match (ruling, self.standing(deed.at)) {
            (Ruling::Approve, Standing::Asked) if deed.by == self.asked.by => {
                Err(Refused::AskerCannotApprove)
            }
            (Ruling::Approve, Standing::Asked) => Ok(()),
            (Ruling::Refuse, Standing::Asked) | (Ruling::End, Standing::Shelved) => {
                if deed.why.trim().is_empty() { Err(Refused::NoReason) } else { Ok(()) }
            }
            (Ruling::End, _) => Err(Refused::NotShelved),
            (Ruling::Approve | Ruling::Refuse, _) => Err(Refused::AlreadyDecided),
        }
    }

    /// Until when the rule is shelved if it is approved at `now`.
    #[must_use]
    pub fn until_if_approved(&self, now: UnixMs) -> Option<UnixMs> {
        match self.wish {
            Wish::Shelve { for_ms } => Some(now.plus_ms(for_ms.clamp(0, SHELVE_MAX_MS))),
            Wish::Change { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn deed(by: &str, at: i64, why: &str) -> Deed {
        Deed { by: by.into(), at: UnixMs(at), why: why.into() }
    }

    fn asked(for_ms: i64, why: &str) -> Request {
        Request {
            id: "r".into(),
            camera: "gate".into(),
            rule: "fence".into(),
            wish: Wish::Shelve { for_ms },
            word: "shelve".into(),
            cost: Cost::default(),
            asked: deed("chief", 0, why),
            refused: None,
            approved: None,
            until: None,
            ended: None,
            fired: 0,
        }
    }

    #[test]
    fn eight_hours_and_a_reason_are_needed_to_ask() {
        let check = |for_ms, why, expect| assert_eq!(asked(for_ms, why).check(), expect);
        check(SHELVE_MAX_MS, "the lamp is being mended", Ok(()));
        check(SHELVE_MAX_MS + 1, "the lamp", Err(Refused::BadTime));
        check(0, "the lamp", Err(Refused::BadTime));
        check(-HOUR_MS, "the lamp", Err(Refused::BadTime));
        check(HOUR_MS, "  ", Err(Refused::NoReason));
    }

    #[test]
    fn each_act_has_its_time_and_its_person() {
        let waiting = asked(HOUR_MS, "the lamp");
        let refused = Request { refused: Some(deed("li", 5, "no")), ..waiting.clone() };
        let shelved = Request {
            approved: Some(deed("li", 10, "")),
            until: Some(UnixMs(10 + HOUR_MS)),
            ..waiting.clone()
        };
        let ended = Request { ended: Some(deed("li", 20, "mended")), ..shelved.clone() };
        use Ruling::{Approve, End, Refuse};
        for (request, ruling, by, at, why, expect) in [
            (&waiting, Approve, "director", 9, "", Ok(())),
            (&waiting, Approve, "chief", 9, "", Err(Refused::AskerCannotApprove)),
            (&waiting, Refuse, "director", 9, "no", Ok(())),
            (&waiting, Refuse, "director", 9, "", Err(Refused::NoReason)),
            (&waiting, Refuse, "chief", 9, "not needed", Ok(())),
            (&waiting, End, "director", 9, "x", Err(Refused::NotShelved)),
            (&refused, Approve, "director", 9, "", Err(Refused::AlreadyDecided)),
            (&shelved, Refuse, "director", 19, "no", Err(Refused::AlreadyDecided)),
            (&shelved, End, "chief", 19, "mended", Ok(())),
            (&shelved, End, "chief", 10 + HOUR_MS, "mended", Err(Refused::NotShelved)),
            (&ended, End, "chief", 21, "again", Err(Refused::NotShelved)),
        ] {
            let found = request.may(ruling, &deed(by, at, why));
            assert_eq!(found, expect, "{ruling:?} by {by} at {at}");
        }
    }

    #[test]
    fn time_alone_ends_a_shelving() {
        let approved = Some(deed("li", 10, ""));
        let until = asked(HOUR_MS, "x").until_if_approved(UnixMs(10));
        let shelved = Request { approved, until, ..asked(HOUR_MS, "x") };
        assert_eq!(shelved.standing(UnixMs(9 + HOUR_MS)), Standing::Shelved);
        assert_eq!(shelved.standing(UnixMs(10 + HOUR_MS)), Standing::Over);
    }
}
