//! One door: every act and every view passes here, and leaves a line in the audit.
//!
//! The table of rights is small and grows behind this door, not around it.

pub mod password;
pub mod task;

pub use task::{Door, Shut};

use crate::ticket::{Actor, Role};

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// See the wall: live pictures, lists, figures.
    ViewWall,
    /// See one ticket with its log.
    ViewTicket,
    /// See a stored still, clip or photo.
    ViewEvidence,
    /// Claim, confirm, dismiss.
    Verify,
    /// Classify, dispatch, withdraw.
    Dispatch,
    /// File an observation of one's own.
    Observe,
    /// Answer an order.
    Answer,
    /// Check a reply.
    Check,
    /// Score a closed ticket.
    Review,
    /// Read weekly reports.
    ViewReport,
    /// See scorecards and what stands beside them.
    ViewScores,
    /// Draw up a version of a report, and sign it.
    SignReport,
    /// Publish a report that two people have signed.
    PublishReport,
    /// Say something against a figure of one's own.
    Object,
    /// Answer what others say against their figures.
    AnswerObjection,
    /// See recorded video, and what there is of it.
    ViewFootage,
    /// Hold recorded video, and release it.
    HoldFootage,
    /// Have a camera begin anew to learn what is normal.
    ResetNormal,
    /// See how the equipment stands: what is recorded, what is broken.
    ViewEquipment,
    /// Say that a camera's present view is its usual one.
    LearnView,
    /// See how well rules call, and what is asked of them.
    ViewRules,
    /// Ask for a rule to be shelved or changed.
    AskOfRule,
    /// Approve or refuse what is asked of a rule, take a shelved one back.
    DecideRule,
    /// Take a patrol member out of dispatch, and back.
    SuspendMember,
    /// See the roster, who is there, hand-overs.
    ViewDuty,
    /// Sign on and off, say that one is there; each for oneself.
    SignOn,
    /// Draft and publish rosters.
    MakeRoster,
    /// Ask to swap a turn, agree to it.
    Swap,
    /// Approve a swap.
    DecideSwap,
    /// Enter the cause of an outage.
    EnterCause,
    /// Write and sign a hand-over.
    HandOver,
    /// Read hand-overs and the causes of outages.
    ViewHandover,
    /// Try every way to every member, and see who was reached.
    Drill,
    /// Decide about a ticket's time: grant or deny suspension, parking, more time.
    Supervise,
    /// Say that one knows of an escalation.
    Acknowledge,
    /// See the rules of the centre and their versions.
    ViewPolicy,
    /// Propose a version of the rules.
    ProposePolicy,
    /// Approve or refuse a version that somebody else has proposed.
    DecidePolicy,
}

impl Verb {
    /// The word in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ViewWall => "view_wall",
            Self::ViewTicket => "view_ticket",
            Self::ViewEvidence => "view_evidence",
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
            Self::Observe => "observe",
            Self::Answer => "answer",
            Self::Check => "check",
            Self::Review => "review",
            Self::ViewReport => "view_report",
            Self::ViewScores => "view_scores",
            Self::SignReport => "sign_report",
            Self::PublishReport => "publish_report",
            Self::Object => "object",
            Self::AnswerObjection => "answer_objection",
            Self::ViewFootage => "view_footage",
            Self::HoldFootage => "hold_footage",
            Self::ResetNormal => "reset_normal",
            Self::ViewEquipment => "view_equipment",
            Self::LearnView => "learn_view",
            Self::ViewRules => "view_rules",
            Self::AskOfRule => "ask_of_rule",
            Self::DecideRule => "decide_rule",
            Self::SuspendMember => "suspend_member",
            Self::ViewDuty => "view_duty",
            Self::SignOn => "sign_on",
            Self::MakeRoster => "make_roster",
            Self::Swap => "swap",
            Self::DecideSwap => "decide_swap",
            Self::EnterCause => "enter_cause",
            Self::HandOver => "hand_over",
            Self::ViewHandover => "view_handover",
            Self::Drill => "drill",
            Self::Supervise => "supervise",
            Self::Acknowledge => "acknowledge",
            Self::ViewPolicy => "view_policy",
            Self::ProposePolicy => "propose_policy",
            Self::DecidePolicy => "decide_policy",
        }
    }
}

/// The door stays shut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{role} may not {verb}; ask the shift leader")]
pub struct Denied {
    pub role: &'static str,
    pub verb: &'static str,
}

/// Whether this actor may do this at all; what the ticket itself demands is `step`'s.
///
/// # Errors
/// `Denied` names the role and the verb.
pub fn permit(actor: &Actor, verb: Verb) -> Result<(), Denied> {
    if roles(verb).contains(&actor.role) {
        return Ok(());
    }
    Err(Denied { role: actor.role.as_str(), verb: verb.as_str() })
}

/// The table of rights. The director decides and reviews; an admin sees no video.
const fn roles(verb: Verb) -> &'static [Role] {
    use Role::{Admin, Director, Operator, PatrolMember, ShiftLeader, Wall};
    match verb {
        Verb::ViewWall => &[Operator, ShiftLeader, Director, Wall],
        Verb::ViewTicket => &[Operator, ShiftLeader, Director, Wall, PatrolMember],
        Verb::ViewEvidence => &[Operator, ShiftLeader, Director, Wall, PatrolMember],
        Verb::Verify | Verb::Dispatch | Verb::Observe => &[Operator, ShiftLeader],
        Verb::Answer => &[PatrolMember],
        Verb::Check => &[Operator, ShiftLeader, Director],
        Verb::Review => &[ShiftLeader, Director],
        Verb::ViewScores | Verb::SignReport => &[ShiftLeader, Director],
        Verb::PublishReport | Verb::AnswerObjection => &[Director],
        Verb::Object => &[Operator, ShiftLeader, Director, PatrolMember],
        Verb::ViewReport | Verb::ViewFootage => &[Operator, ShiftLeader, Director],
        Verb::HoldFootage
        | Verb::LearnView
        | Verb::ResetNormal
        | Verb::DecideRule
        | Verb::SuspendMember
        | Verb::Drill => &[ShiftLeader, Director],
        // At night one shift leader is there: an operator asks, so that two people decide.
        Verb::ViewRules | Verb::AskOfRule => &[Operator, ShiftLeader, Director],
        Verb::ViewDuty => &[Operator, ShiftLeader, Director, PatrolMember, Wall],
        Verb::SignOn | Verb::Swap => &[Operator, ShiftLeader, Director, PatrolMember],
        Verb::ViewHandover => &[Operator, ShiftLeader, Director],
        Verb::MakeRoster | Verb::DecideSwap => &[ShiftLeader, Director],
        Verb::EnterCause | Verb::HandOver => &[Operator, ShiftLeader],
        Verb::Supervise | Verb::ProposePolicy | Verb::DecidePolicy => &[ShiftLeader, Director],
        Verb::Acknowledge => &[Operator, ShiftLeader, Director],
        Verb::ViewPolicy => &[Operator, ShiftLeader, Director, Admin],
        Verb::ViewEquipment => &[Operator, ShiftLeader, Director, Wall, Admin],
    }
}

#[cfg(test)]
mod tests {
    use super::{Verb, permit};
    use crate::ticket::{Actor, Role};

    fn check(role: Role, verb: Verb, may: bool) {
        let actor = Actor { name: "somebody".into(), role };
        assert_eq!(permit(&actor, verb).is_ok(), may, "{role:?} {verb:?}");
    }

    #[test]
    fn each_role_may_do_its_own_work_and_no_other() {
        check(Role::Operator, Verb::Verify, true);
        check(Role::Operator, Verb::Review, false);
        check(Role::PatrolMember, Verb::Answer, true);
        check(Role::PatrolMember, Verb::ViewWall, false);
        check(Role::PatrolMember, Verb::Check, false);
        check(Role::Wall, Verb::ViewWall, true);
        check(Role::Wall, Verb::Verify, false);
        check(Role::Director, Verb::Review, true);
        check(Role::Director, Verb::Dispatch, false);
        check(Role::Operator, Verb::ViewFootage, true);
        check(Role::Operator, Verb::HoldFootage, false);
        check(Role::Operator, Verb::LearnView, false);
        check(Role::ShiftLeader, Verb::LearnView, true);
        check(Role::ShiftLeader, Verb::HoldFootage, true);
        check(Role::ShiftLeader, Verb::ResetNormal, true);
        check(Role::Operator, Verb::ResetNormal, false);
        check(Role::Admin, Verb::ResetNormal, false);
        check(Role::Operator, Verb::SuspendMember, false);
        check(Role::ShiftLeader, Verb::SuspendMember, true);
        check(Role::Wall, Verb::ViewFootage, false);
        check(Role::Admin, Verb::ViewEquipment, true);
        check(Role::Operator, Verb::AskOfRule, true);
        check(Role::Operator, Verb::DecideRule, false);
        check(Role::Wall, Verb::ViewRules, false);
        check(Role::PatrolMember, Verb::SignOn, true);
        check(Role::Admin, Verb::SignOn, false);
        check(Role::Operator, Verb::MakeRoster, false);
        check(Role::ShiftLeader, Verb::MakeRoster, true);
        check(Role::PatrolMember, Verb::HandOver, false);
        check(Role::Director, Verb::HandOver, false);
        check(Role::Operator, Verb::Supervise, false);
        check(Role::Director, Verb::Supervise, true);
        check(Role::Operator, Verb::Acknowledge, true);
        check(Role::Operator, Verb::ProposePolicy, false);
        check(Role::Admin, Verb::DecidePolicy, false);
        check(Role::ShiftLeader, Verb::SignReport, true);
        check(Role::ShiftLeader, Verb::PublishReport, false);
        check(Role::Operator, Verb::ViewScores, false);
        check(Role::PatrolMember, Verb::Object, true);
        check(Role::PatrolMember, Verb::AnswerObjection, false);
    }

    #[test]
    fn an_admin_sees_no_video() {
        check(Role::Admin, Verb::ViewWall, false);
        check(Role::Admin, Verb::ViewEvidence, false);
        check(Role::Admin, Verb::ViewFootage, false);
    }
}
