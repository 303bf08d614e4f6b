//! Made-up tickets whose logs are written by the real life of a ticket.

use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::config::codes::REVIEW_ITEMS;
use crate::config::{self, RuleKind};
use crate::event::{Proposal, Reason, Severity};
use crate::ticket::act::{Act, Standing};
use crate::ticket::ladder::{self, Due};
use crate::ticket::lifecycle::{Moment, step};
use crate::ticket::log::{self, LogEntry};
use crate::ticket::{Actor, Origin, Policy, Role, Source, Ticket, TicketId, filing};

const KINDS: [(&str, Severity); 4] = [
    ("intrusion", Severity::S2),
    ("object_left", Severity::S3),
    ("person_down", Severity::S1),
    ("facility_damage", Severity::S4),
];

/// Numbers that look random and are the same in every run (constants of Knuth's MMIX generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap_or(0)
    }

    fn ms(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(to.abs_diff(from))).unwrap_or(0)
    }
}

/// The logs of many tickets.
pub(super) struct Stories {
    pub(super) lines: Vec<LogEntry>,
    cameras: i64,
    members: i64,
    policy: Policy,
    dice: Dice,
}

fn person(name: impl Into<String>, role: Role) -> Actor {
    Actor { name: name.into(), role }
}

impl Stories {
    pub(super) fn new((cameras, members): (i64, i64)) -> Self {
        let policy = Policy::new(&config::Policy::default());
        Self { lines: Vec::new(), cameras, members, policy, dice: Dice(7) }
    }

    /// Everything that happens to one ticket. Every third is a false alarm.
    pub(super) fn tell(&mut self, number: i64, at: UnixMs) {
        let kind = KINDS[self.dice.index(KINDS.len())];
        let mut ticket = self.open(number, kind, at);
        let operator = person(format!("op{}", self.dice.below(6)), Role::Operator);
        let mut now = at.plus_ms(self.dice.ms(8_000, 20_000));
        self.act(&mut ticket, (&operator, now), &Act::Claim);
        now = now.plus_ms(self.dice.ms(4_000, 90_000));
        if self.dice.below(3) == 0 {
            let animal = Act::FalseAlarm { reason: "animal".into(), note: String::new() };
            self.act(&mut ticket, (&operator, now), &animal);
            return;
        }
        self.act(&mut ticket, (&operator, now), &Act::confirm(1));
        now = now.plus_ms(self.dice.ms(2_000, 9_000));
        let class = Act::Classify {
            category: kind.0.into(),
            severity: kind.1,
            place: ticket.life.place.clone(),
            reason: String::new(),
        };
        self.act(&mut ticket, (&operator, now), &class);
        self.handle(&mut ticket, (&operator, now));
    }

    fn handle(&mut self, ticket: &mut Ticket, (operator, confirmed): (&Actor, UnixMs)) {
        let name = format!("m{}", self.dice.ms(0, self.members));
        let offer = format!("o{}", ticket.number);
        let standing = Standing::OnShift;
        let mut now = confirmed.plus_ms(self.dice.ms(2_000, 40_000));
        let order = Act::Dispatch { offer: offer.clone(), member: name.clone(), standing };
        self.act(ticket, (operator, now), &order);
        let member = person(name, Role::PatrolMember);
        now = now.plus_ms(self.dice.ms(9_000, 100_000));
        self.act(ticket, (&member, now), &Act::Ack { offer: offer.clone() });
        now = now.plus_ms(self.dice.ms(90_000, 900_000));
        self.act(ticket, (&member, now), &Act::OnScene { offer: offer.clone() });
        now = now.plus_ms(self.dice.ms(180_000, 3_600_000));
        let reply = Act::Reply {
            offer,
            disposition: "resolved_on_scene".into(),
            text: "到场查看，已经处理完毕，无人受伤".into(),
            photos: vec!["p".into()],
        };
        self.act(ticket, (&member, now), &reply);
        now = now.plus_ms(self.dice.ms(300_000, 3_000_000));
        let other = person("checker", Role::Operator);
        self.act(ticket, (&other, now), &Act::CheckPass { note: String::new() });
        if self.dice.below(20) == 0 {
            let items = REVIEW_ITEMS.iter().map(|item| ((*item).to_owned(), "yes".to_owned()));
            let review = Act::Review { items: items.collect(), note: String::new() };
            self.act(ticket, (&person("zhao", Role::ShiftLeader), now), &review);
        }
    }

    fn open(&mut self, number: i64, kind: (&str, Severity), at: UnixMs) -> Ticket {
        let camera = format!("c{}", number % self.cameras);
        let place = format!("place {camera}");
        let reason = Reason {
            rule: "night".into(),
            zone: "yard".into(),
            kind: RuleKind::ZoneObject,
            class: None,
            score: 0.8,
            dwell_ms: 3_000,
            armed: "22:00-06:00".into(),
            facts: Default::default(),
        };
        let origin = Origin {
            source: Source::VideoAlarm,
            camera: CameraId::try_from(camera.as_str()).expect("a letter and digits"),
            camera_name: camera,
            rule_name: "night".into(),
            reason: Some(reason),
            text: None,
            area: None,
            at,
        };
        let proposal = Proposal { severity: kind.1, category: kind.0.into(), place };
        let life = filing::open(&origin, &proposal, &self.policy);
        let id = TicketId(format!("t{number}"));
        let ticket = Ticket { id, number, version: 1, origin, life };
        let system = person("gengfu", Role::System);
        let written = at.plus_ms(self.dice.ms(80, 900));
        self.write(&ticket, (&system, written), ("open", log::opened(&ticket)));
        ticket
    }

    /// One act, after every step of the ladders that came due before it.
    fn act(&mut self, ticket: &mut Ticket, (actor, now): (&Actor, UnixMs), act: &Act) {
        let system = person("gengfu", Role::System);
        while let Some(deadline) = ladder::due(&ticket.life, &self.policy, now) {
            let due = Act::Due(Due { deadline, to: Vec::new() });
            if !self.step(ticket, (&system, deadline.due), &due) {
                break;
            }
        }
        self.step(ticket, (actor, now), act);
    }

    /// False when the life of a ticket refuses it.
    fn step(&mut self, ticket: &mut Ticket, (actor, now): (&Actor, UnixMs), act: &Act) -> bool {
        let moment = Moment { actor, standing: Standing::OnShift, now, policy: &self.policy };
        let Ok(next) = step(&ticket.life, act, moment) else { return false };
        if next.life == ticket.life {
            return false;
        }
        let detail = log::detail(&ticket.life, act, &next.life);
        ticket.life = next.life;
        ticket.version += 1;
        self.write(ticket, (actor, now), (act.as_str(), detail));
        true
    }

    fn write(
        &mut self,
        ticket: &Ticket,
        (actor, at): (&Actor, UnixMs),
        (input, detail): (&str, serde_json::Value),
    ) {
        self.lines.push(LogEntry {
            ticket: ticket.id.clone(),
            number: ticket.number,
            version: ticket.version,
            at,
            actor: actor.name.clone(),
            role: actor.role,
            input: input.to_owned(),
            detail,
        });
    }
}
