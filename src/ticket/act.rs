//! What can be done to a ticket, what follows from it, and why it may be refused.

use super::ladder::{Deadline, Due};
use super::pause::Wish;

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
    /// A verdict was wrong. `named`: the line of the log with the old one; `last`: the last verdict
    /// there is, as the desk finds it.
    Correct {
        named: i64,
        last: Option<i64>,
        verdict: Verdict,
        reason: String,
    },
    /// A closed ticket is opened again.
    Reopen {
        reason: String,
    },
    /// Asks for a suspension, for parking, or for more time.
    Ask {
        wish: Wish,
        reason: String,
        note: String,
    },
    /// Grants what somebody else asked for.
    Grant,
    /// Denies it; or who asked takes it back.
    Deny {
        reason: String,
    },
    /// The clocks of a suspended or parked ticket go on.
    Resume {
        reason: String,
    },
    /// "I know of it": an escalation by whom it went to. `to`: whom it went to, as the desk finds.
    Acknowledge {
        deadline: Deadline,
        to: Vec<String>,
    },
    /// A due time has passed.
    Due(Due),
}

/// A verdict that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `evidence`: how many stills and clips are stored for it.
    Confirmed {
        evidence: usize,
    },
    FalseAlarm {
        reason: String,
        note: String,
    },
    Test,
}

impl Verdict {
    /// The same with so many stills and clips behind it.
    #[must_use]
    pub fn with_evidence(self, evidence: usize) -> Self {
        match self {
            Self::Confirmed { .. } => Self::Confirmed { evidence },
            Self::FalseAlarm { .. } | Self::Test => self,
        }
    }

    /// The word of the act that gives this verdict.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Confirmed { .. } => "confirm",
            Self::FalseAlarm { .. } => "false_alarm",
            Self::Test => "test_alarm",
        }
    }
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
    /// A clock reminds, or what ran out reaches somebody. `to`: accounts that are told.
    Tell { deadline: Deadline, to: Vec<String> },
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
    #[error("the last verdict is line {last} of the log; name that one")]
    AnotherVerdict { last: i64 },
    #[error("that can be done within {within} only")]
    TooLate { within: String },
    #[error("{by} has asked for something; let that be decided first")]
    AlreadyAsked { by: String },
    #[error("nobody has asked for anything")]
    NothingAsked,
    #[error("a shift leader or the director decides about it")]
    NeedsSupervisor,
    #[error("who asked does not decide; ask another shift leader or the director")]
    OwnRequest,
    #[error("{max} is the most")]
    TooLong { max: String },
    #[error("the clock {clock} does not run")]
    ClockNotRunning { clock: &'static str },
    #[error("the clock {clock} has run out; late stays late")]
    RanOut { clock: &'static str },
    #[error("it has been extended before")]
    ExtendedBefore,
    #[error("this escalation went to somebody else")]
    NotTold,
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
            Self::AnotherVerdict { .. } => "another_verdict",
            Self::TooLate { .. } => "too_late",
            Self::AlreadyAsked { .. } => "request_open",
            Self::NothingAsked => "nothing_asked",
            Self::NeedsSupervisor => "needs_supervisor",
            Self::OwnRequest => "own_request",
            Self::TooLong { .. } => "too_long",
            Self::ClockNotRunning { .. } => "clock_not_running",
            Self::RanOut { .. } => "ran_out",
            Self::ExtendedBefore => "extended_before",
            Self::NotTold => "not_told",
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
            Self::Correct { .. } => "correct",
            Self::Reopen { .. } => "reopen",
            Self::Ask { wish, .. } => match wish {
                Wish::Suspend { .. } => "ask_suspend",
                Wish::Park => "ask_park",
                Wish::Extend { .. } => "ask_extend",
            },
            Self::Grant => "grant",
            Self::Deny { .. } => "deny",
            Self::Resume { .. } => "resume",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Due(due) => due.deadline.level.act(),
        }
    }
}
