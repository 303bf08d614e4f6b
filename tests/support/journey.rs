//! Scenarios of the control room: the real desk and store, a clock turned by the script.
//!
//! A scenario is told line by line, each with its time. It is run twice: once with one desk from
//! the first line to the last, once with desk and database closed and opened again after every
//! line. Both must end with the same tickets and the same log, to the word.
//!
//! The room: li, wang and ma watch, sun leads the shift, zhao directs; chen and hu patrol, hu until
//! noon (36:00:00), lin has no shift. Camera gate-1 watches the yard; times and codes are those of
//! the default policy.

mod line;
mod duty;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use gengfu::camera::CameraId;
use gengfu::clock::{Clock, SimClock, UnixMs};
use gengfu::config::{self, RuleKind};
use gengfu::detect::Class;
use gengfu::event::{Fired, News, Proposal, Reason, Severity};
use gengfu::mqtt::{Member, SiteTopics, outgoing};
use gengfu::store::account::Account;
use gengfu::store::event::Event;
use gengfu::store::evidence::NewEvidence;
use gengfu::store::offer::Suspension;
use gengfu::store::outbox::Waiting;
use gengfu::store::{self, Place, Store};
use gengfu::ticket::ranking::Ground;
use gengfu::ticket::task::{Desk, DeskParts, Order, Refusal, desk};
use gengfu::ticket::{Actor, Policy, Role, Ticket};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use line::{Deed, Line};

/// Midnight in UTC before the first line; the scenario's hours are counted from it.
const MIDNIGHT: UnixMs = UnixMs(1_763_856_000_000);
/// A pass comes within a second; a machine under load is not a fault.
const PATIENCE: Duration = Duration::from_secs(20);

/// When the desk is closed and opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Never,
    AfterEveryLine,
}

/// Runs the scenario twice; returns how it ended.
pub(crate) async fn tell(script: &str) -> String {
    tell_of(&config::Config::default(), script).await
}

/// The same in a centre that is configured otherwise.
pub(crate) async fn tell_of(site: &config::Config, script: &str) -> String {
    let steady = Room::run(site, script, Habit::Never).await;
    let broken = Room::run(site, script, Habit::AfterEveryLine).await;
    assert_eq!(steady, broken, "restarts changed the end");
    steady
}

/// A desk at work.
struct Desking {
    desk: Desk,
    stop: CancellationToken,
    task: JoinSet<Result<(), store::Error>>,
}

/// The control room while a scenario runs.
struct Room {
    place: Place,
    ground: Ground,
    store: Arc<Store>,
    clock: Arc<SimClock>,
    desking: Option<Desking>,
    /// Messages that were looked at.
    told: i64,
    /// The order that each phone shows last, by ticket's number.
    orders: HashMap<(i64, String), String>,
    /// The id of each answer that a phone has sent, by its words.
    answers: HashMap<String, String>,
    sent: u32,
    events: u32,
    _dir: tempfile::TempDir,
}

impl Room {
    async fn run(site: &config::Config, script: &str, habit: Habit) -> String {
        let mut room = Self::open(site).await;
        room.start_desk();
        for line in script.lines().filter_map(Line::parse) {
            room.wind(&line);
            if !line.before_any_pass {
                room.pass().await;
            }
            let outcome = room.play(line.fact).await;
            if let Some(expected) = line.outcome {
                assert_eq!(outcome, expected, "{} ({habit:?})", line.text);
            }
            if habit == Habit::AfterEveryLine {
                room.restart().await;
            }
        }
        room.end().await
    }

    async fn open(site: &config::Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url: String::new(), dir: dir.path().to_owned(), min_free_mib: 1 };
        let store = Arc::new(Store::open(&place).await.unwrap());
        for name in ["li", "wang", "ma", "sun", "zhao", "chen", "hu", "lin"] {
            let Actor { name, role } = person(name);
            let (display, password_hash) = (name.clone(), String::new());
            let account = Account { name, display, role, password_hash, active: true };
            store.add_account(&account, MIDNIGHT).await.unwrap();
        }
        let day = (MIDNIGHT, MIDNIGHT.plus_ms(40 * 3_600_000));
        store.add_shift("chen", "patrol", day).await.unwrap();
        let until_noon = (MIDNIGHT, MIDNIGHT.plus_ms(36 * 3_600_000));
        store.add_shift("hu", "patrol", until_noon).await.unwrap();
        for operator in ["li", "wang", "ma"] {
            store.add_shift(operator, "duty", day).await.unwrap();
        }
        store.add_shift("sun", "standby", day).await.unwrap();
        Self {
            place,
            ground: Ground::new(site),
            store,
            clock: Arc::new(SimClock::at(MIDNIGHT)),
            desking: None,
            told: 0,
            orders: HashMap::new(),
            answers: HashMap::new(),
            sent: 0,
            events: 0,
            _dir: dir,
        }
    }

    fn start_desk(&mut self) {
        let (topics, of_refusals) = (topics(), topics());
        let (desk, task) = desk(DeskParts {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            policy: Policy::new(&config::Policy::default()),
            overlaps: overlaps(),
            ground: self.ground.clone(),
            encode: Arc::new(move |ticket, effect, still| {
                outgoing::of_effect(&topics, ticket, effect, still)
            }),
            encode_refusal: Arc::new(move |order, rejected| {
                outgoing::of_order_refusal(&of_refusals, order, rejected)
            }),
            outbox: Arc::new(Notify::new()),
        });
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(task.run(stop.clone()));
        self.desking = Some(Desking { desk, stop, task: tasks });
    }

    async fn stop_desk(&mut self) {
        if let Some(mut desking) = self.desking.take() {
            desking.stop.cancel();
            while let Some(ended) = desking.task.join_next().await {
                ended.unwrap().unwrap();
            }
        }
    }

    async fn restart(&mut self) {
        let was_open = self.desking.is_some();
        self.stop_desk().await;
        self.store.close().await;
        self.store = Arc::new(Store::open(&self.place).await.unwrap());
        if was_open {
            self.start_desk();
        }
    }

    /// Turns the clock to the line's time.
    fn wind(&self, line: &Line) {
        let ahead = MIDNIGHT.plus_ms(line.at_s * 1000).since_ms(self.clock.now());
        self.clock.advance_ms(u32::try_from(ahead).expect("lines go forward in time"));
    }

    /// Lets the desk mark what ran out meanwhile, so that the log does not depend on how fast the
    /// scenario runs.
    async fn pass(&self) {
        let Some(desking) = &self.desking else { return };
        // The desk's own pass may be at work on the same ticket and still have steps to fire.
        loop {
            desking.desk.look().await.unwrap();
            if self.store.tickets_due(self.clock.now(), 1).await.unwrap().is_empty() {
                return;
            }
        }
    }

    /// Plays one line; returns what came of it in words.
    async fn play(&mut self, fact: &str) -> String {
        if fact == "the desk stops" {
            self.stop_desk().await;
            return String::new();
        }
        if fact == "the desk starts" {
            self.start_desk();
            return String::new();
        }
        if let Some(said) = self.roster(fact).await {
            return said;
        }
        if let Some(outcome) = self.duty(fact).await {
            return outcome;
        }
        if let Some((camera, sees)) = fact.split_once(" sees ") {
            return self.fire(camera, sees).await;
        }
        if let Some((ticket, whom)) = fact.split_once(" has ") {
            let found = self.store.ticket_with_number(line::number(ticket)).await.unwrap().unwrap();
            let nobody = found.life.crew.nobody_since.is_some();
            assert_eq!(nobody, whom == "nobody", "{fact}");
            return String::new();
        }
        if fact.starts_with('T')
            && let Some((ticket, state)) = fact.split_once(" is ")
        {
            self.wait_until(line::number(ticket), state).await;
            return String::new();
        }
        self.act(&Deed::parse(fact)).await
    }

    /// `lin comes on shift`, `hu is suspended`, `hu is back`, `phones ring`: what was sent since
    /// the last line.
    async fn roster(&mut self, fact: &str) -> Option<String> {
        let now = self.clock.now();
        if fact == "phones ring" {
            return Some(self.new_messages().await.join(", "));
        }
        if let Some(name) = fact.strip_suffix(" comes on shift") {
            let turn = (now, MIDNIGHT.plus_ms(40 * 3_600_000));
            self.store.add_shift(name, "patrol", turn).await.unwrap();
        } else if let Some(name) = fact.strip_suffix(" is suspended") {
            let (account, by) = (name.to_owned(), "sun".to_owned());
            let reason = "a broken foot".to_owned();
            let suspension = Suspension { account, since: now, until: None, reason, by };
            self.store.suspend(&suspension).await.unwrap();
        } else if let Some(name) = fact.strip_suffix(" is back") {
            assert!(self.store.end_suspension(name, now).await.unwrap());
        } else {
            return None;
        }
        self.pass().await;
        Some(self.new_messages().await.join(", "))
    }

    /// The rule fires: event and still are stored, the desk is told.
    async fn fire(&mut self, camera: &str, sees: &str) -> String {
        self.events += 1;
        let event = firing(self.events, camera, self.clock.now());
        self.store.save_event(&event, self.clock.now()).await.unwrap();
        if !sees.ends_with("without a picture") {
            let still = NewEvidence {
                event: Some(&event.id),
                ticket: None,
                kind: "snapshot",
                mime: "image/jpeg",
                taken: self.clock.now(),
                by: camera,
            };
            self.store.keep_bytes(still, b"picture".to_vec(), self.clock.now()).await.unwrap();
        }
        let Some(desking) = &self.desking else { return "waits".into() };
        desking.desk.hear(News::Saved);
        let store = Arc::clone(&self.store);
        let ticket = self.until(|| store.ticket_of_event(&event.id)).await;
        match ticket.life.count {
            1 => format!("T{} {}", ticket.number, ticket.life.state.as_str()),
            count => format!("T{} counts {count}", ticket.number),
        }
    }

    /// Waits until the store has what is looked for; each change of the desk is a reason to look.
    async fn until<T, F>(&self, look: impl Fn() -> F) -> T
    where
        F: Future<Output = Result<Option<T>, store::Error>>,
    {
        let desking = self.desking.as_ref().expect("a desk is at work");
        let mut changes = desking.desk.changes();
        let found = async {
            loop {
                if let Some(found) = look().await.unwrap() {
                    return found;
                }
                changes.recv().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it comes within seconds")
    }

    /// `closed`, `late in ack`, `late in ack, reply`, `not late`.
    async fn wait_until(&self, number: i64, state: &str) {
        let store = Arc::clone(&self.store);
        self.until(|| async {
            let Some(ticket) = store.ticket_with_number(number).await? else { return Ok(None) };
            let late: Vec<&str> = ticket.life.late.iter().map(|clock| clock.as_str()).collect();
            let holds = match state.strip_prefix("late in ") {
                Some(clocks) => late.join(", ") == clocks,
                None if state == "not late" => late.is_empty(),
                None => ticket.life.state.as_str() == state,
            };
            Ok(holds.then_some(()))
        })
        .await;
    }

    async fn act(&mut self, deed: &Deed<'_>) -> String {
        loop {
            let before = self.store.ticket_with_number(deed.number).await.unwrap().unwrap();
            let order = self.order(deed, &before).await;
            let Some(desking) = &self.desking else { panic!("no desk is at work: {deed:?}") };
            let done = desking.desk.act(order).await;
            if let Err(Refusal::Conflict { by, .. }) = &done
                && by == "gengfu"
                && deed.seen.is_none()
            {
                // The clock ran out between look and act; a person looks again.
                continue;
            }
            return self.outcome(deed, &before, done).await;
        }
    }

    /// What the console or the phone sends.
    async fn order(&mut self, deed: &Deed<'_>, before: &Ticket) -> Order {
        let shown = self.orders.get(&(deed.number, deed.name.to_owned()));
        // Somebody who was never asked answers the order of somebody else.
        let running = || before.life.state.offer().map(|offer| offer.id.clone());
        let offer = shown.cloned().or_else(running).unwrap_or_default();
        let (actor, act) = (person(deed.name), deed.act(offer.clone()));
        if !deed.is_answer() {
            let version = Some(deed.seen.unwrap_or(before.version));
            return Order { ticket: before.id.clone(), version, actor, act, answer: None };
        }
        let ticket = self.store.ticket_of_offer(&offer).await.unwrap();
        assert_eq!(ticket.as_ref(), Some(&before.id), "the order names its ticket");
        let words = format!("{} {} T{}", deed.name, deed.verb, deed.number);
        if !deed.again {
            self.sent += 1;
            self.answers.insert(words.clone(), format!("answer-{}", self.sent));
        }
        let answer = Some(self.answers[&words].clone());
        Order { ticket: before.id.clone(), version: None, actor, act, answer }
    }

    /// In words: the refusal, the messages that went out, the new state, or `nothing`.
    async fn outcome(
        &mut self,
        deed: &Deed<'_>,
        before: &Ticket,
        done: Result<Ticket, Refusal>,
    ) -> String {
        let messages = self.new_messages().await;
        match done {
            Err(Refusal::Rejected(rejected)) => {
                assert_eq!(!messages.is_empty(), deed.is_answer(), "a phone is told, once");
                format!("refused {}", rejected.code())
            }
            Err(Refusal::Conflict { by, .. }) => format!("conflict with {by}"),
            Err(error) => panic!("{deed:?}: {error}"),
            Ok(_) if !messages.is_empty() => messages.join(", "),
            Ok(after) if after.version == before.version => "nothing".into(),
            Ok(after) => after.life.state.as_str().into(),
        }
    }

    /// Messages to patrol members since the last look; phones remember their orders.
    async fn new_messages(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        for message in self.store.waiting(self.told, 1_000).await.unwrap() {
            self.told = message.id;
            let parts: Vec<&str> = message.topic.split('/').collect();
            let Some(at) = parts.iter().position(|part| *part == "patrol") else { continue };
            let member = parts[at + 1];
            // Reminders have lines of the log, and no say in what a line comes to.
            if message.kind == "reminder" {
                continue;
            }
            if message.kind == "order" {
                let number = message.body["number"].as_i64().unwrap();
                let offer = message.body["offer"].as_str().unwrap().to_owned();
                self.orders.insert((number, member.to_owned()), offer);
            }
            words.push(format!("{} to {member}", word(&message)));
        }
        words
    }

    /// Stops everything; the tickets, their logs and their messages, without ids.
    async fn end(mut self) -> String {
        self.stop_desk().await;
        let mut told = String::new();
        for number in 1.. {
            let Some(ticket) = self.store.ticket_with_number(number).await.unwrap() else { break };
            let log = self.store.log_of_ticket(&ticket.id).await.unwrap();
            let versions: Vec<i64> = log.iter().map(|line| line.version).collect();
            assert_eq!(versions, (1..=ticket.version).collect::<Vec<_>>(), "the log has a gap");
            let late: Vec<&str> = ticket.life.late.iter().map(|clock| clock.as_str()).collect();
            let state = ticket.life.state.as_str();
            writeln!(told, "T{number} {state}, count {}, late {late:?}", ticket.life.count)
                .unwrap();
            for entry in log {
                let at = &entry.at.rfc3339()[11..19];
                let detail = line::without_ids(entry.detail);
                writeln!(told, "  {at} {} {} {detail}", entry.actor, entry.input).unwrap();
            }
        }
        let mut up = Vec::new();
        for message in self.store.waiting(0, 10_000).await.unwrap() {
            let at = &message.at.rfc3339()[11..19];
            let (id, topic, seq) = (message.id, &message.topic, message.seq);
            // Tickets that are late at the same time climb in no order.
            if message.kind == "escalation" {
                up.push(format!(
                    "{at} {topic} T{} {}",
                    message.body["number"], message.body["level"]
                ));
                continue;
            }
            writeln!(told, "{id} {at} {topic} {seq} {}", word(&message)).unwrap();
        }
        up.sort();
        told + &up.join("\n")
    }
}

/// `order`, `withdraw`, `refused offer_over`, or how the ticket stands for its member.
fn word(message: &Waiting) -> String {
    let text = |name: &str| message.body[name].as_str().unwrap_or_default().to_owned();
    match message.kind.as_str() {
        "state" => text("state"),
        "refused" => format!("refused {}", text("code")),
        kind => kind.to_owned(),
    }
}

/// `gate-1` and `gate-1b` see the same place.
fn overlaps() -> Vec<config::Overlap> {
    vec![config::Overlap { cameras: vec!["gate-1".into(), "gate-1b".into()], within_s: 10 }]
}

fn topics() -> SiteTopics {
    SiteTopics::new("centre").unwrap()
}

fn person(name: &str) -> Actor {
    let role = match name {
        "chen" | "hu" | "lin" => Role::PatrolMember,
        "sun" => Role::ShiftLeader,
        "zhao" => Role::Director,
        _ => Role::Operator,
    };
    assert!(Member::try_from(name).is_ok());
    Actor { name: name.into(), role }
}

fn firing(number: u32, camera: &str, at: UnixMs) -> Event {
    let reason = Reason {
        rule: "night".into(),
        zone: "yard".into(),
        kind: RuleKind::ZoneObject,
        class: Some(Class::Person),
        score: 0.9,
        dwell_ms: 3_000,
        armed: "22:00-06:00".into(),
        facts: Default::default(),
    };
    let camera = CameraId::try_from(camera).unwrap();
    Event {
        id: format!("event-{number:03}"),
        fired: Fired { camera, reason, track: None, area: None, at },
        camera_name: "东门".into(),
        rule_name: "夜间闯入".into(),
        proposal: Proposal {
            severity: Severity::S2,
            category: "intrusion".into(),
            place: "东门岗亭".into(),
        },
        coalesce_ms: 60_000,
        ticket: None,
    }
}
