//! What can be done to a ticket, what follows from it, and why it may be refused.

use super::clocks::ClockName;

/// An act on a ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The rule has fired again: one more firing joins this observation.
    Join,
    /// A firing that joined is not of this incident: it becomes an observation of its own.
    Separate {
        /// Id of the event.
        event: String,
    },
    /// "I look at it"; also takes over from somebody who looks.
    Claim,
    /// The observation is valid. `evidence`: how many stills and clips are stored for it;
    /// `reporter`: who filed it, when it is somebody's own; `others_on_duty`: operators on shift
    /// besides the one who confirms.
    Confirm {
        evidence: usize,
        reporter: Option<String>,
        others_on_duty: usize,
    },
    FalseAlarm {
        reason: String,
        note: String,
    },
    /// Cannot be told; goes back to the queue, its clock runs on.
    Undetermined {
        note: String,
    },
    /// A test of the system, not an observation.
    TestAlarm {
        note: String,
    },
    /// `reason`: why the severity is lowered, needed once an order has been out.
    Classify {
        category: String,
        severity: super::Severity,
        place: String,
        reason: String,
    },
    /// Offers the ticket to a member. `offer` is the new order's id.
    Dispatch {
        offer: String,
        member: String,
        standing: Standing,
    },
    /// An emergency is sent out before the verdict, classified on the way. `permitted`: the
    /// configuration allows it for this severity.
    DispatchAhead {
        offer: String,
        member: String,
        standing: Standing,
        class: Class,
        permitted: bool,
    },
    /// Nobody acknowledged: the running order is taken back and somebody else is asked.
    Reoffer {
        offer: String,
        member: String,
        standing: Standing,
    },
    /// A second member is asked to come; the first stays responsible.
    Support {
        offer: String,
        member: String,
        standing: Standing,
    },
    /// A supporting member is called off.
    CallOff {
        offer: String,
        reason: String,
    },
    /// Nobody may be asked: the shift leader is told.
    Nobody,
    /// Somebody may be asked again.
    Somebody,
    /// The centre takes an order back.
    Withdraw {
        reason: String,
    },
    /// The member's phone has stored the order.
    Received {
        offer: String,
    },
    Ack {
        offer: String,
    },
    Refuse {
        offer: String,
        reason: String,
    },
    OnScene {
        offer: String,
    },
    Reply {
        offer: String,
        disposition: String,
        text: String,
        photos: Vec<String>,
    },
    CheckPass {
        note: String,
    },
    CheckReturn {
        reason: String,
    },
    Review {
        items: Vec<(String, String)>,
        note: String,
    },
    /// The clock's due time has passed.
    Due {
        clock: ClockName,
    },
}

/// What a ticket is about, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub category: String,
    pub severity: super::Severity,
    pub place: String,
}

/// Whether a member may be sent an order now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    OnShift,
    OffShift,
    /// The roster has the member, who has not signed on.
    NotSignedOn,
    /// Taken out of dispatch by the shift leader.
    Suspended,
    /// The category asks for what the member cannot do.
    NotCapable,
    /// Has an order of this ticket already.
    HasOrder,
    /// No such patrol member.
    Unknown,
}

/// What has to happen besides the change of state. Committed with it, performed after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the order of the current offer.
    SendOrder,
    /// Send the order of a supporting member.
    SendSupport { offer: String },
    /// Tell a supporting member how his order stands.
    TellSupport { offer: String },
    /// Tell `member` that the order `offer` is taken back.
    WithdrawOrder { member: String, offer: String, reason: String },
    /// Tell the member of the current offer how the ticket stands.
    TellMember { reason: Option<String> },
    /// Tell integrators of a new observation.
    Announce,
}

/// Why an act was refused. `code` is translated by the screens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("not possible while the ticket is {state}")]
    NotAllowed { state: &'static str },
    #[error("{by} is looking at it; claim it first to take over")]
    ClaimedByOther { by: String },
    #[error("confirming needs at least one still or clip")]
    NoEvidence,
    #[error("'{reason}' is not a reason of the code table")]
    UnknownReason { reason: String },
    #[error("'{category}' is not a category of the code table")]
    UnknownCategory { category: String },
    #[error("classify it before dispatching")]
    NoCategory,
    #[error("dispatching needs a place")]
    NoPlace,
    #[error("{member} is not on shift")]
    MemberOffShift { member: String },
    #[error("{member} has not signed on for this shift")]
    MemberNotSignedOn { member: String },
    #[error("{member} is taken out of dispatch by the shift leader")]
    MemberSuspended { member: String },
    #[error("{member} cannot do what this category asks for")]
    MemberNotCapable { member: String },
    #[error("{member} has an order of this ticket already")]
    MemberHasOrder { member: String },
    #[error("this severity is not sent out before the verdict; confirm it first")]
    VerifyFirst,
    #[error(
        "who sent it out before the verdict cannot confirm it; ask another operator or the shift leader"
    )]
    OwnDispatch,
    #[error("it was sent out before the verdict; somebody else confirms it first")]
    NotVerified,
    #[error("there is no patrol member {member}")]
    UnknownMember { member: String },
    #[error("this order is {member}'s")]
    WrongMember { member: String },
    #[error("this order is over")]
    OfferOver,
    #[error("arrive first, then reply")]
    NotOnScene,
    #[error("'{disposition}' is not a disposition of the code table")]
    UnknownDisposition { disposition: String },
    #[error("the reply needs at least {min} characters")]
    ReplyTooShort { min: usize },
    #[error("the reply needs at least {min} photos")]
    ReplyNeedsPhoto { min: usize },
    #[error("who handled it cannot check it")]
    HandlerCannotCheck,
    #[error("who confirmed it cannot check it; ask another operator or the shift leader")]
    VerifierCannotCheck,
    #[error("a reason is needed")]
    NoReason,
    #[error("{name} is not on shift; ask the shift leader for the roster")]
    ActorOffShift { name: String },
    #[error("one's own observation is confirmed by another operator while one is on duty")]
    OwnReport,
    #[error("who handled, confirmed or checked it cannot review it")]
    ReviewerWasInvolved,
    #[error("it has been reviewed by {by}")]
    AlreadyReviewed { by: String },
    #[error("this firing has not joined this observation; read the ticket again")]
    NotJoined,
    #[error("the form needs yes, no or na for {item}")]
    ReviewIncomplete { item: String },
}

impl Rejected {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed { .. } => "not_allowed",
            Self::ClaimedByOther { .. } => "claimed_by_other",
            Self::NoEvidence => "no_evidence",
            Self::UnknownReason { .. } => "unknown_reason",
            Self::UnknownCategory { .. } => "unknown_category",
            Self::NoCategory => "no_category",
            Self::NoPlace => "no_place",
            Self::MemberOffShift { .. } => "member_off_shift",
            Self::MemberNotSignedOn { .. } => "member_not_signed_on",
            Self::MemberSuspended { .. } => "member_suspended",
            Self::MemberNotCapable { .. } => "member_not_capable",
            Self::MemberHasOrder { .. } => "member_has_order",
            Self::VerifyFirst => "verify_first",
            Self::OwnDispatch => "own_dispatch",
            Self::NotVerified => "not_verified",
            Self::UnknownMember { .. } => "unknown_member",
            Self::WrongMember { .. } => "wrong_member",
            Self::OfferOver => "offer_over",
            Self::NotOnScene => "not_on_scene",
            Self::UnknownDisposition { .. } => "unknown_disposition",
            Self::ReplyTooShort { .. } => "reply_too_short",
            Self::ReplyNeedsPhoto { .. } => "reply_needs_photo",
            Self::HandlerCannotCheck => "handler_cannot_check",
            Self::VerifierCannotCheck => "verifier_cannot_check",
            Self::NoReason => "no_reason",
            Self::ActorOffShift { .. } => "actor_off_shift",
            Self::OwnReport => "own_report",
            Self::ReviewerWasInvolved => "reviewer_was_involved",
            Self::AlreadyReviewed { .. } => "already_reviewed",
            Self::NotJoined => "not_joined",
            Self::ReviewIncomplete { .. } => "review_incomplete",
        }
    }
}

impl Act {
    /// Confirms somebody else's, or a rule's, observation.
    #[must_use]
    pub const fn confirm(evidence: usize) -> Self {
        Self::Confirm { evidence, reporter: None, others_on_duty: 0 }
    }

    /// The word in the log and at the interfaces.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Separate { .. } => "separate",
            Self::Claim => "claim",
            Self::Confirm { .. } => "confirm",
            Self::FalseAlarm { .. } => "false_alarm",
            Self::Undetermined { .. } => "undetermined",
            Self::TestAlarm { .. } => "test_alarm",
            Self::Classify { .. } => "classify",
            Self::Dispatch { .. } => "dispatch",
            Self::DispatchAhead { .. } => "dispatch_ahead",
            Self::Reoffer { .. } => "reoffer",
            Self::Support { .. } => "support",
            Self::CallOff { .. } => "call_off",
            Self::Nobody => "nobody",
            Self::Somebody => "somebody",
            Self::Withdraw { .. } => "withdraw",
            Self::Received { .. } => "received",
            Self::Ack { .. } => "ack",
            Self::Refuse { .. } => "refuse",
            Self::OnScene { .. } => "on_scene",
            Self::Reply { .. } => "reply",
            Self::CheckPass { .. } => "check_pass",
            Self::CheckReturn { .. } => "check_return",
            Self::Review { .. } => "review",
            Self::Due { .. } => "due",
        }
    }
}
