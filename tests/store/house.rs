//! A store in a folder of its own, and the facts that its tests put in.

use gengfu::camera::CameraId;
use gengfu::clock::UnixMs;
use gengfu::config::{self, RuleKind};
use gengfu::detect::{Box01, Class};
use gengfu::event::{Fired, Proposal, Reason, Severity};
use gengfu::store::deadline::Marks;
use gengfu::store::event::Event;
use gengfu::store::outbox::Outgoing;
use gengfu::store::ticket::{Change, Filing};
use gengfu::store::{Error, Place, Store};
use gengfu::ticket::life::Verified;
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{
    ClockName, Life, Offer, Origin, Policy, Role, Source, State, Ticket, TicketId, filing, ladder,
};
use serde_json::json;

use crate::support::pg;

/// 23:10:00 of the first test night.
pub(crate) const START: UnixMs = UnixMs(1_763_910_600_000);

/// Seconds after the beginning.
pub(crate) fn second(seconds: i64) -> UnixMs {
    START.plus_ms(seconds * 1000)
}

/// A store, and where it is.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) place: Place,
    _dir: tempfile::TempDir,
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        Self::at(String::new()).await
    }

    pub(crate) async fn postgresql() -> Self {
        Self::at(tokio::task::spawn_blocking(pg::database).await.unwrap()).await
    }

    async fn at(url: String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url, dir: dir.path().to_owned(), min_free_mib: 1 };
        Self { store: Store::open(&place).await.unwrap(), place, _dir: dir }
    }

    /// Closes the store and opens it again, as a restart does.
    pub(crate) async fn reopened(self) -> Self {
        self.store.close().await;
        Self { store: Store::open(&self.place).await.unwrap(), ..self }
    }

    /// Saves an event and files it.
    pub(crate) async fn filed(&self, event: Event) -> Ticket {
        self.store.save_event(&event, event.fired.at).await.unwrap();
        file(&self.store, event).await.unwrap()
    }

    /// A ticket in this state, as the next version of a fresh one.
    pub(crate) async fn ticket_in(&self, id: &str, state: State) -> Ticket {
        let ticket = self.filed(event(id, "gate-1", START)).await;
        self.turned(&ticket, state).await.unwrap()
    }

    /// Commits the next version of a ticket with one message on topic `t`.
    pub(crate) async fn turned(&self, before: &Ticket, state: State) -> Result<Ticket, Error> {
        let life = Life { state, ..before.life.clone() };
        let after = Ticket { version: before.version + 1, life, ..before.clone() };
        let (line, messages) = (line(&after, "turn"), [outgoing("t")]);
        let change = Change {
            before,
            after: &after,
            line: &line,
            messages: &messages,
            answer: None,
            event: None,
            marks: Marks { next: Some(ladder::next(&after.life, &policy())), ..Marks::default() },
        };
        self.store.commit(change, START).await.map(|()| after)
    }

    /// Everything that waits for the broker.
    pub(crate) async fn waiting(&self) -> Vec<gengfu::store::outbox::Waiting> {
        self.store.waiting(0, 10_000).await.unwrap()
    }
}

/// Files an event that is saved.
pub(crate) async fn file(store: &Store, event: Event) -> Result<Ticket, Error> {
    let filing = filing(event);
    store.file(filing, START, |ticket| (line(ticket, "open"), vec![outgoing("t")])).await
}

pub(crate) fn filing(event: Event) -> Filing {
    let origin = origin(&event);
    let life = filing::open(&origin, &event.proposal, &policy());
    let next = ladder::next(&life, &policy());
    Filing { id: TicketId(format!("ticket-{}", event.id)), origin, life, event: Some(event), next }
}

pub(crate) fn policy() -> Policy {
    Policy::new(&config::Policy::default())
}

pub(crate) fn camera(id: &str) -> CameraId {
    CameraId::try_from(id).unwrap()
}

/// A person at the gate, with every fact that an event can have.
pub(crate) fn event(id: &str, at_camera: &str, at: UnixMs) -> Event {
    let reason = Reason {
        rule: "night".into(),
        zone: "yard".into(),
        kind: RuleKind::ZoneObject,
        class: Some(Class::Person),
        score: 0.87,
        dwell_ms: 1_400,
        armed: "22:00-06:00".into(),
        facts: Default::default(),
    };
    let area = Some(Box01 { x0: 0.1, y0: 0.25, x1: 0.3, y1: 0.875 });
    Event {
        id: id.into(),
        fired: Fired { camera: camera(at_camera), reason, track: Some(7), area, at },
        camera_name: "东门".into(),
        rule_name: "夜间闯入".into(),
        proposal: Proposal {
            severity: Severity::S2,
            category: "intrusion".into(),
            place: "东门岗亭 'A' \"B\" \\ %".into(),
        },
        coalesce_ms: 60_000,
        ticket: None,
    }
}

pub(crate) fn origin(event: &Event) -> Origin {
    Origin {
        source: Source::VideoAlarm,
        camera: event.fired.camera.clone(),
        camera_name: event.camera_name.clone(),
        rule_name: event.rule_name.clone(),
        reason: Some(event.fired.reason.clone()),
        text: None,
        area: event.fired.area,
        at: event.fired.at,
    }
}

pub(crate) fn line(ticket: &Ticket, input: &str) -> LogEntry {
    LogEntry {
        ticket: ticket.id.clone(),
        number: ticket.number,
        version: ticket.version,
        at: START,
        actor: "li".into(),
        role: Role::Operator,
        input: input.into(),
        detail: json!({ "note": "他走了 'x'", "nested": [1, null, 0.5] }),
    }
}

pub(crate) fn outgoing(topic: &str) -> Outgoing {
    Outgoing {
        topic: topic.into(),
        kind: "order",
        retain: false,
        ticket: None,
        body: json!({ "offer": "o1" }),
        hold: None,
    }
}

pub(crate) fn verified() -> Verified {
    Verified { by: "li".into(), at: second(5) }
}

/// An order to this member, nothing answered yet.
pub(crate) fn offer(id: &str, member: &str) -> Offer {
    Offer {
        id: id.into(),
        member: member.into(),
        at: second(10),
        received: None,
        acked: None,
        on_scene: None,
    }
}

pub(crate) fn offered(id: &str, member: &str) -> State {
    let clock = policy().start(Severity::S2, ClockName::Ack, second(10));
    State::Offered { verified: verified(), offer: offer(id, member), clock }
}

pub(crate) fn verifying(by: &str) -> State {
    let clock = policy().start(Severity::S2, ClockName::Verify, START);
    State::Verifying { by: by.into(), clock }
}
