//! The hand-over: what the outgoing shift leaves to the incoming one, as a document with a hash.
//!
//! The machine writes it from the rows; nobody can leave something out. It is fixed before anybody
//! signs, and a signature names its hash. The outgoing operator signs first, the incoming one
//! after: only then responsibility has moved. While an outage has no cause entered, neither can
//! sign. Pure.

use serde_json::{Value, json};

use super::attendance::{Attendance, Finding};
use super::cause::Outage;
use super::presence::Check;
use super::swap::Swap;
use super::{Line, Refused, Span, Turn};
use crate::clock::UnixMs;
use crate::event::shelf::Request;
use crate::record::hold::Hold;
use crate::ticket::life::State;
use crate::ticket::{Actor, Role, Ticket};

/// A document older than this is not signed by the outgoing shift: it would hand over what was
/// (guess, revisit).
pub const FRESH_MS: i64 = 30 * 60_000;
/// Without a hand-over before, it looks back so far: a day of duty.
pub const LOOK_BACK_MS: i64 = 24 * 3_600_000;
/// Turns that begin within this time are told as the next ones: a day.
const AHEAD_MS: i64 = 24 * 3_600_000;

/// One hand-over as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// UUIDv7.
    pub id: String,
    pub number: i64,
    pub written: UnixMs,
    pub written_by: String,
    /// What happened from here on is told: the last hand-over that both have signed.
    pub since: UnixMs,
    /// The document, JSON, never changed.
    pub document: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    pub outgoing: Option<Signature>,
    pub incoming: Option<Signature>,
}

/// Who signed, when, and what was remarked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub by: String,
    pub at: UnixMs,
    pub remarks: String,
}

/// Whose signature it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Outgoing,
    Incoming,
}

impl Side {
    /// The word at the interfaces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "outgoing",
            Self::Incoming => "incoming",
        }
    }
}

/// What is known besides the hand-over when somebody wants to sign.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    pub actor: &'a Actor,
    /// For whom; only oneself is taken.
    pub account: Option<&'a str>,
    /// Of the document that the person has read.
    pub sha256: &'a str,
    /// Everybody who is signed on.
    pub present: &'a [Attendance],
    /// Outages since the hand-over before.
    pub outages: &'a [Outage],
    pub now: UnixMs,
}

/// Which side this signature is, if it may be given.
///
/// # Errors
/// The refusal.
pub fn sign(handover: &Handover, signing: Signing) -> Result<Side, Refused> {
    let Signing { actor, account, sha256, present, outages, now } = signing;
    super::attendance::oneself(actor, account)?;
    let side = match (&handover.outgoing, &handover.incoming) {
        (None, _) => Side::Outgoing,
        (Some(out), None) if out.by == actor.name => return Err(Refused::SignedTwice),
        (Some(_), None) => Side::Incoming,
        (Some(_), Some(_)) => return Err(Refused::AlreadySigned),
    };
    if sha256 != handover.sha256 {
        return Err(Refused::OtherDocument);
    }
    let there = |row: &&Attendance| row.account == actor.name && row.line == Line::Duty;
    if present.iter().find(there).is_none_or(|row| row.off.is_some()) {
        return Err(Refused::NotOn);
    }
    if side == Side::Outgoing && now.since_ms(handover.written) > FRESH_MS {
        return Err(Refused::DocumentOld);
    }
    match outages.iter().filter(|outage| outage.entered.is_none()).count() {
        0 => Ok(side),
        open => Err(Refused::CauseUnknown { open }),
    }
}

/// Everything that is handed over.
#[derive(Clone, Debug)]
pub struct Facts {
    pub site: String,
    pub number: i64,
    pub since: UnixMs,
    pub now: UnixMs,
    pub by: String,
    /// Account and name on screens, of everybody.
    pub people: Vec<(String, String, Role)>,
    /// Camera id and name.
    pub cameras: Vec<(String, String)>,
    pub tickets: Vec<Ticket>,
    pub outages: Vec<Outage>,
    pub shelved: Vec<Request>,
    pub holds: Vec<Hold>,
    pub present: Vec<Attendance>,
    pub turns: Vec<Turn>,
    pub checks: Vec<Check>,
    pub findings: Vec<Finding>,
    /// Ticket's number, when and whom: told because nobody was there.
    pub unattended: Vec<(i64, UnixMs, String)>,
    pub swaps: Vec<Swap>,
    /// Members whose phone is connected; `None` when the broker does not tell.
    pub phones: Option<Vec<String>>,
}

/// The document: the same facts give the same bytes.
#[must_use]
pub fn document(facts: &Facts) -> String {
    let names: serde_json::Map<String, Value> = facts
        .people
        .iter()
        .map(|(account, display, _)| (account.clone(), json!(display)))
        .collect();
    let cameras: serde_json::Map<String, Value> =
        facts.cameras.iter().map(|(id, name)| (id.clone(), json!(name))).collect();
    let document = json!({
        "format": 1,
        "site": facts.site,
        "number": facts.number,
        "since_ms": facts.since.0,
        "written_ms": facts.now.0,
        "written_by": facts.by,
        "people": names,
        "cameras": cameras,
        "tickets": facts.tickets.iter().map(ticket).collect::<Vec<_>>(),
        "outages": facts.outages.iter().map(outage).collect::<Vec<_>>(),
        "shelved": facts.shelved.iter().map(shelved).collect::<Vec<_>>(),
        "holds": facts.holds.iter().map(hold).collect::<Vec<_>>(),
        "members": members(facts),
        "present": facts.present.iter().map(present).collect::<Vec<_>>(),
        "next": next(facts),
        "presence": facts.checks.iter().map(check).collect::<Vec<_>>(),
        "findings": facts.findings.iter().map(finding).collect::<Vec<_>>(),
        "unattended": facts.unattended.iter().map(|(number, at, told)| json!({
            "number": number, "told_ms": at.0, "told": told,
        })).collect::<Vec<_>>(),
        "swaps": facts.swaps.iter().map(swap).collect::<Vec<_>>(),
    });
    document.to_string()
}

fn ticket(ticket: &Ticket) -> Value {
    let (life, clock) = (&ticket.life, ticket.life.state.clock());
    json!({
        "id": ticket.id.0,
        "number": ticket.number,
        "severity": life.severity.as_str(),
        "category": life.category.as_ref().unwrap_or(&life.proposed_category),
        "place": life.place,
        "state": life.state.as_str(),
        "owner": owner(&life.state),
        "clock": clock.map(|clock| clock.name.as_str()),
        "due_ms": clock.map(|clock| clock.due.0),
        "late": life.late.iter().map(|clock| clock.as_str()).collect::<Vec<_>>(),
    })
}

/// Who has the ticket in hand: the member with the order, else who looks at it or confirmed it.
fn owner(state: &State) -> Option<&str> {
    if let State::Verifying { by, .. } = state {
        return Some(by);
    }
    let member = state.offer().map(|offer| offer.member.as_str());
    member.or(state.verified().map(|verified| verified.by.as_str()))
}

fn outage(outage: &Outage) -> Value {
    let entered = outage.entered.as_ref();
    json!({
        "id": outage.id,
        "camera": outage.camera,
        "kind": outage.kind,
        "since_ms": outage.since.0,
        "until_ms": outage.until.map(|until| until.0),
        "cause": entered.map(|entered| entered.cause.as_str()),
        "note": entered.map(|entered| entered.note.as_str()),
        "entered_by": entered.map(|entered| entered.by.as_str()),
    })
}

fn shelved(request: &Request) -> Value {
    json!({
        "camera": request.camera,
        "rule": request.rule,
        "until_ms": request.until.map(|until| until.0),
        "asked_by": request.asked.by,
        "approved_by": request.approved.as_ref().map(|deed| deed.by.as_str()),
        "why": request.asked.why,
        "fired": request.fired,
    })
}

fn hold(hold: &Hold) -> Value {
    json!({
        "camera": hold.camera.as_str(),
        "from_ms": hold.from.0,
        "to_ms": hold.to.0,
        "kind": hold.kind.word(),
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "until_ms": hold.until.map(|until| until.0),
    })
}

/// The patrol members of the roster at this moment, and whoever has signed on.
fn members(facts: &Facts) -> Vec<Value> {
    let on_roster = |account: &str| {
        let mut now = facts.turns.iter().filter(|turn| turn.line == Line::Patrol);
        now.find(|turn| turn.account == account && turn.span().holds(facts.now))
    };
    let there = |account: &str| facts.present.iter().find(|row| row.account == account);
    let patrols = facts.people.iter().filter(|(account, _, role)| {
        *role == Role::PatrolMember && (on_roster(account).is_some() || there(account).is_some())
    });
    let told = |account: &str| {
        let open = facts.tickets.iter().filter(|ticket| {
            ticket.life.state.offer().is_some_and(|offer| offer.member == account)
        });
        json!({
            "account": account,
            "until_ms": on_roster(account).map(|turn| turn.ends.0),
            "on_ms": there(account).map(|row| row.on.0),
            "tickets": open.map(|ticket| ticket.number).collect::<Vec<_>>(),
            "phone": facts.phones.as_ref().map(|all| all.iter().any(|one| one == account)),
        })
    };
    patrols.map(|(account, ..)| told(account)).collect()
}

fn present(row: &Attendance) -> Value {
    json!({
        "account": row.account,
        "line": row.line.as_str(),
        "on_ms": row.on.0,
        "turn_ends_ms": row.turn.map(|turn| turn.until.0),
        "reason": row.reason,
    })
}

fn next(facts: &Facts) -> Vec<Value> {
    let ahead = Span { from: facts.now.plus_ms(1), until: facts.now.plus_ms(AHEAD_MS) };
    let next = facts.turns.iter().filter(|turn| ahead.holds(turn.starts));
    let told = |turn: &Turn| {
        json!({
            "account": turn.account,
            "line": turn.line.as_str(),
            "starts_ms": turn.starts.0,
            "ends_ms": turn.ends.0,
        })
    };
    next.map(told).collect()
}

fn check(check: &Check) -> Value {
    json!({
        "account": check.account,
        "asked_ms": check.asked.0,
        "outcome": check.ended.map(|(_, outcome)| outcome.as_str()),
    })
}

fn finding(finding: &Finding) -> Value {
    let turn = finding.turn();
    json!({
        "finding": finding.as_str(),
        "account": turn.account,
        "line": turn.line.as_str(),
        "starts_ms": turn.starts.0,
        "ends_ms": turn.ends.0,
        "by_ms": finding.by_ms(),
    })
}

fn swap(swap: &Swap) -> Value {
    json!({
        "standing": swap.standing(),
        "asked_by": swap.gives.account,
        "gives_ms": swap.gives.starts.0,
        "other": swap.takes.account,
        "takes_ms": swap.takes.starts.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duty::cause::Entered;

    fn handover() -> Handover {
        Handover {
            id: "h".into(),
            number: 1,
            written: UnixMs(0),
            written_by: "li".into(),
            since: UnixMs(-1),
            document: "{}".into(),
            sha256: "aa".into(),
            outgoing: None,
            incoming: None,
        }
    }

    fn signed(by: &str) -> Option<Signature> {
        Some(Signature { by: by.into(), at: UnixMs(1), remarks: String::new() })
    }

    fn on(account: &str, line: Line) -> Attendance {
        Attendance {
            id: account.into(),
            account: account.into(),
            line,
            on: UnixMs(0),
            via: "console".into(),
            turn: None,
            reason: String::new(),
            off: None,
        }
    }

    fn outage(entered: bool) -> Outage {
        let entered = entered.then(|| Entered {
            cause: "power".into(),
            note: String::new(),
            by: "li".into(),
            at: UnixMs(0),
        });
        let (id, kind) = ("o".into(), "no_answer".into());
        Outage { id, camera: None, kind, since: UnixMs(0), until: None, entered }
    }

    fn check(handover: &Handover, who: &str, more: (&str, i64, &[Outage]), expect: &str) {
        let present = [on("li", Line::Duty), on("wang", Line::Duty), on("sun", Line::Standby)];
        let actor = Actor { name: who.into(), role: Role::Operator };
        let (sha256, now, outages) = more;
        let signing = Signing {
            actor: &actor,
            account: None,
            sha256,
            present: &present,
            outages,
            now: UnixMs(now),
        };
        let found = sign(handover, signing).map_or_else(|r| r.code(), Side::as_str);
        assert_eq!(found, expect, "{who}, {more:?}");
    }

    #[test]
    fn the_outgoing_signs_first_and_another_one_takes_over() {
        let fresh = handover();
        check(&fresh, "li", ("aa", 0, &[]), "outgoing");
        check(&fresh, "sun", ("aa", 0, &[]), "not_on");
        check(&fresh, "ma", ("aa", 0, &[]), "not_on");
        check(&fresh, "li", ("bb", 0, &[]), "other_document");
        check(&fresh, "li", ("aa", FRESH_MS, &[]), "outgoing");
        check(&fresh, "li", ("aa", FRESH_MS + 1, &[]), "document_old");
        let half = Handover { outgoing: signed("li"), ..handover() };
        check(&half, "li", ("aa", 5, &[]), "signed_twice");
        check(&half, "wang", ("aa", FRESH_MS + 1, &[]), "incoming");
        let both = Handover { incoming: signed("wang"), ..half };
        check(&both, "wang", ("aa", 6, &[]), "already_signed");
        check(&both, "li", ("aa", 6, &[]), "already_signed");
    }

    #[test]
    fn nobody_signs_while_an_outage_has_no_cause() {
        let fresh = handover();
        check(&fresh, "li", ("aa", 0, &[outage(true)]), "outgoing");
        check(&fresh, "li", ("aa", 0, &[outage(true), outage(false)]), "cause_unknown");
        let half = Handover { outgoing: signed("li"), ..handover() };
        check(&half, "wang", ("aa", 0, &[outage(false)]), "cause_unknown");
    }

    #[test]
    fn nobody_signs_for_somebody_else() {
        let li = Actor { name: "li".into(), role: Role::Operator };
        let signing = Signing {
            actor: &li,
            account: Some("wang"),
            sha256: "aa",
            present: &[],
            outages: &[],
            now: UnixMs(0),
        };
        let refused = sign(&handover(), signing).map_err(|r| r.code());
        assert_eq!(refused, Err("not_oneself"));
    }
}
