//! A log written by the real life of a ticket: what the machine refuses is in no log.

use gengfu::camera::CameraId;
use gengfu::clock::UnixMs;
use gengfu::config::{self, RuleKind};
use gengfu::event::Reason;
use gengfu::ticket::act::{Act, Standing};
use gengfu::ticket::filing::{self, Proposal};
use gengfu::ticket::lifecycle::{Moment, step};
use gengfu::ticket::log::{self, LogEntry};
use gengfu::ticket::{Actor, Origin, Policy, Role, Severity, Source, Ticket, TicketId};

pub(crate) const OPERATOR: (&str, Role) = ("wang", Role::Operator);
pub(crate) const SECOND: (&str, Role) = ("zhao", Role::Operator);
pub(crate) const LEADER: (&str, Role) = ("li", Role::ShiftLeader);
pub(crate) const SYSTEM: (&str, Role) = ("gengfu", Role::System);

/// What a ticket is opened with.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) number: i64,
    pub(crate) camera: (&'static str, &'static str),
    pub(crate) rule: Option<(&'static str, &'static str)>,
    pub(crate) place: &'static str,
    pub(crate) severity: Severity,
    pub(crate) category: &'static str,
    pub(crate) at: i64,
    /// From seen to written.
    pub(crate) lag_ms: i64,
}

pub(crate) struct Book {
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) policy: Policy,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), policy: Policy::new(&config::Policy::default()) }
    }

    pub(crate) fn open(&mut self, seen: Seen) -> Ticket {
        let reason = seen.rule.map(|(rule, _)| Reason {
            rule: rule.into(),
            zone: "yard".into(),
            kind: RuleKind::ZoneObject,
            class: None,
            score: 0.8,
            dwell_ms: 3000,
            armed: "22:00-06:00".into(),
            facts: Default::default(),
        });
        let origin = Origin {
            source: if reason.is_some() { Source::VideoAlarm } else { Source::OperatorPatrol },
            camera: CameraId::try_from(seen.camera.0).unwrap(),
            camera_name: seen.camera.1.into(),
            rule_name: seen.rule.map_or("", |rule| rule.1).into(),
            reason,
            text: None,
            area: None,
            at: UnixMs(seen.at),
        };
        let proposal = Proposal {
            severity: seen.severity,
            category: seen.category.into(),
            place: seen.place.into(),
        };
        let life = filing::open(&origin, &proposal, &self.policy);
        let id = TicketId(format!("t-{:05}", seen.number));
        let ticket = Ticket { id, number: seen.number, version: 1, origin, life };
        let at = UnixMs(seen.at + seen.lag_ms);
        self.write(&ticket, SYSTEM, at, ("open", log::opened(&ticket)));
        ticket
    }

    /// One act; false when the life of a ticket refuses it or nothing changes.
    pub(crate) fn act(
        &mut self,
        ticket: &mut Ticket,
        who: (&str, Role),
        at: i64,
        act: &Act,
    ) -> bool {
        let actor = Actor { name: who.0.into(), role: who.1 };
        let moment = Moment {
            actor: &actor,
            standing: Standing::OnShift,
            now: UnixMs(at),
            policy: &self.policy,
        };
        let Ok(next) = step(&ticket.life, act, moment) else {
            return false;
        };
        if next.life == ticket.life {
            return false;
        }
        let detail = log::detail(&ticket.life, act, &next.life);
        ticket.life = next.life;
        ticket.version += 1;
        self.write(ticket, who, UnixMs(at), (act.as_str(), detail));
        true
    }

    fn write(
        &mut self,
        ticket: &Ticket,
        who: (&str, Role),
        at: UnixMs,
        (input, detail): (&str, serde_json::Value),
    ) {
        self.entries.push(LogEntry {
            ticket: ticket.id.clone(),
            number: ticket.number,
            version: ticket.version,
            at,
            actor: who.0.into(),
            role: who.1,
            input: input.into(),
            detail,
        });
    }
}

pub(crate) fn confirm() -> Act {
    Act::confirm(1)
}

pub(crate) fn classify(category: &str, severity: Severity, place: &str) -> Act {
    Act::Classify {
        category: category.into(),
        severity,
        place: place.into(),
        reason: String::new(),
    }
}

pub(crate) fn dispatch(offer: &str, member: &str) -> Act {
    Act::Dispatch { offer: offer.into(), member: member.into(), standing: Standing::OnShift }
}

pub(crate) fn ack(offer: &str) -> Act {
    Act::Ack { offer: offer.into() }
}

pub(crate) fn on_scene(offer: &str) -> Act {
    Act::OnScene { offer: offer.into() }
}

pub(crate) fn reply(offer: &str, disposition: &str) -> Act {
    Act::Reply {
        offer: offer.into(),
        disposition: disposition.into(),
        text: "到场查看，已经处理完毕，无人受伤".into(),
        photos: vec!["p1".into()],
    }
}

/// A form where only the item at `no` is answered no.
pub(crate) fn review(no: Option<usize>) -> Act {
    let items = gengfu::config::codes::REVIEW_ITEMS.iter().enumerate();
    let mark = |n| if Some(n) == no { "no" } else { "yes" };
    let items = items.map(|(n, item)| ((*item).to_owned(), mark(n).to_owned())).collect();
    Act::Review { items, note: String::new() }
}
