//! Why something about duty is refused: a code that the screens translate, and a next step.

use crate::clock::UnixMs;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("everybody signs on, off and for a hand-over for themselves; sign in as {account}")]
    NotOneself { account: String },
    #[error("you are signed on already, on the line {line}; sign off first")]
    AlreadyOn { line: &'static str },
    #[error("you are not signed on")]
    NotOn,
    #[error("you have no turn on the line {line} now; say why you sign on all the same")]
    OutsideShift { line: &'static str },
    #[error("the line {line} is not for the role {role}; choose another line")]
    LineNotForRole { line: &'static str, role: &'static str },
    #[error("your turn lasts until {until}; say why you leave before")]
    LeavesEarly { until: UnixMs },
    #[error("nobody else has signed on to the line duty; wait for your relief, or say why not")]
    NoRelief,
    #[error("say why")]
    NoReason,
    #[error("this was decided already; read it again")]
    AlreadyDecided,
    #[error("the roster is published already; draft a new one")]
    AlreadyPublished,
    #[error("'{cause}' is no cause of an outage; choose one of the list")]
    UnknownCause { cause: String },
    #[error("you are not on duty now; the shift enters the causes of its outages")]
    NotOnDuty,
    #[error("a turn is swapped with another person's, not with one's own")]
    SwapWithOneself,
    #[error("there is no such turn any more; read the roster again")]
    NoSuchTurn,
    #[error("a turn that has begun is not swapped; hand over instead")]
    TurnHasBegun,
    #[error("{account} would be on two turns at once; choose other turns")]
    SwapOverlaps { account: String },
    #[error("{account} has not agreed yet")]
    NotAgreed { account: String },
    #[error("a swap is decided by a shift leader or the director who has no part in it")]
    SwapNeedsThird,
    #[error("the document is another one than the one you read; read it again")]
    OtherDocument,
    #[error("the document is more than 30 minutes old; write it anew")]
    DocumentOld,
    #[error("you signed this hand-over as the outgoing shift; the incoming one signs next")]
    SignedTwice,
    #[error("both have signed this hand-over already")]
    AlreadySigned,
    #[error("{open} outages have no cause yet; enter their causes, then sign")]
    CauseUnknown { open: usize },
}

impl Refused {
    /// The stable code in answers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOneself { .. } => "not_oneself",
            Self::AlreadyOn { .. } => "already_on",
            Self::NotOn => "not_on",
            Self::OutsideShift { .. } => "outside_shift",
            Self::LineNotForRole { .. } => "line_not_for_role",
            Self::LeavesEarly { .. } => "leaves_early",
            Self::NoRelief => "no_relief",
            Self::NoReason => "no_reason",
            Self::AlreadyDecided => "already_decided",
            Self::AlreadyPublished => "already_published",
            Self::UnknownCause { .. } => "unknown_cause",
            Self::NotOnDuty => "not_on_duty",
            Self::SwapWithOneself => "swap_with_oneself",
            Self::NoSuchTurn => "no_such_turn",
            Self::TurnHasBegun => "turn_has_begun",
            Self::SwapOverlaps { .. } => "swap_overlaps",
            Self::NotAgreed { .. } => "not_agreed",
            Self::SwapNeedsThird => "swap_needs_third",
            Self::OtherDocument => "other_document",
            Self::DocumentOld => "document_old",
            Self::SignedTwice => "signed_twice",
            Self::AlreadySigned => "already_signed",
            Self::CauseUnknown { .. } => "cause_unknown",
        }
    }
}

impl Refused {
    /// The facts of the sentence, for a translated one.
    #[must_use]
    pub fn facts(&self) -> Option<serde_json::Value> {
        use serde_json::json;
        match self {
            Self::NotOneself { account }
            | Self::SwapOverlaps { account }
            | Self::NotAgreed { account } => Some(json!({ "account": account })),
            Self::AlreadyOn { line } | Self::OutsideShift { line } => Some(json!({ "line": line })),
            Self::LineNotForRole { line, role } => Some(json!({ "line": line, "role": role })),
            Self::LeavesEarly { until } => Some(json!({ "until_ms": until.0 })),
            Self::UnknownCause { cause } => Some(json!({ "cause": cause })),
            Self::CauseUnknown { open } => Some(json!({ "open": open })),
            Self::NotOn
            | Self::NoRelief
            | Self::NoReason
            | Self::AlreadyDecided
            | Self::AlreadyPublished
            | Self::NotOnDuty
            | Self::SwapWithOneself
            | Self::NoSuchTurn
            | Self::TurnHasBegun
            | Self::SwapNeedsThird
            | Self::OtherDocument
            | Self::DocumentOld
            | Self::SignedTwice
            | Self::AlreadySigned => None,
        }
    }
}
