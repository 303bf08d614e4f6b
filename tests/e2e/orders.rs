//! Orders under load while the daemon is killed at random moments and the broker with it, or
//! alone, or for long: what everybody was told and what the database says agree.
//!
//! Two operators work at screens over HTTP, ten members at phones over MQTT, a rule fires all the
//! time. `GENGFU_ORDER_KILLS` sets how often the daemon is killed (default 5; 500 is the proof),
//! `GENGFU_OUTAGE_S` how long the broker is away once in every hundred kills (default 5; 600).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gengfu::access::password;
use gengfu::camera::CameraId;
use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::config::RuleKind;
use gengfu::event::{Fired, Proposal, Reason, Severity};
use gengfu::mqtt::crowd::{CrowdOptions, Habit, Phones};
use gengfu::mqtt::{Member, SiteTopics};
use gengfu::store::Store;
use gengfu::store::account::Account;
use gengfu::store::event::Event;
use gengfu::store::evidence::NewEvidence;
use gengfu::ticket::Role;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::centre::Site;
use super::kill::opened;
use super::person::agent;
use super::process::{Process, free_port, until};

const MEMBERS: usize = 10;
const OPERATORS: [&str; 2] = ["op0", "op1"];
pub(super) const PASSWORD: &str = "in the test only";
/// Firings that nobody has brought to an end; more would only queue.
const OPEN_MAX: u64 = 40;
/// Pause between two firings.
const FIRE_EVERY: Duration = Duration::from_millis(60);

/// An act of which somebody was told that it is done.
#[derive(Clone, Debug)]
struct Told {
    ticket: String,
    version: i64,
    input: &'static str,
    actor: &'static str,
}

/// What the clients know together.
#[derive(Default)]
struct Known {
    told: Mutex<Vec<Told>>,
    fired: AtomicU64,
    closed: AtomicU64,
    /// No more firings.
    draining: AtomicBool,
    over: AtomicBool,
}

/// Mosquitto, which is killed and comes back without what it had.
struct Broker {
    config: PathBuf,
    child: Option<Child>,
}

impl Broker {
    fn new(dir: &std::path::Path, port: u16) -> Self {
        let config = dir.join("broker.conf");
        let text = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n\
             max_queued_messages 10000\nmax_inflight_messages 20\nuser root\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut broker = Self { config, child: None };
        broker.start();
        broker
    }

    fn start(&mut self) {
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(&self.config).env("PATH", path).stderr(Stdio::null());
        let child = command.spawn().expect("mosquitto is installed (package mosquitto)");
        self.child = Some(child);
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn configuration(site: &Site, broker: u16) -> PathBuf {
    let Site { dir, web, models, runtime, data, .. } = site;
    let file = dir.path().join("site.toml");
    let text = format!(
        "[site]\nid = \"e2e\"\nname = \"端到端\"\n[data]\ndir = {data:?}\nmin_free_mib = 16\n\
         [record]\nmin_free_mib = 64\n\
         [detect]\nmodels = {models:?}\nruntime = {runtime:?}\nobjects = false\n\
         [policy]\nreply_photos_min = 0\n\
         [policy.s2]\nverify_s = 1\ndispatch_s = 1\nack_s = 15\narrive_s = 15\nreply_s = 20\nclose_s = 20\n\
         [dispatch]\nbundle_s = 1\n\
         [mqtt]\nembedded = false\nbroker = \"127.0.0.1:{broker}\"\n\
         [web]\nlisten = \"127.0.0.1:{web}\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}

pub(super) async fn people(store: &Store) {
    let now = RealClock::new().now();
    let turn = (now.plus_ms(-60_000), now.plus_ms(48 * 3_600_000));
    let hash = password::hash(PASSWORD);
    let member = |at: usize| (format!("m{at}"), Role::PatrolMember, "patrol");
    let operator = |name: &&str| ((*name).to_owned(), Role::Operator, "duty");
    let all = OPERATORS.iter().map(operator).chain((0..MEMBERS).map(member));
    for (name, role, line) in all {
        let account = Account {
            name: name.clone(),
            display: name.clone(),
            role,
            password_hash: hash.clone(),
            active: true,
        };
        assert!(store.add_account(&account, now).await.unwrap());
        store.add_shift(&name, line, turn).await.unwrap();
    }
}

/// A rule that fires again and again, as `event/task.rs` writes it.
async fn rule(store: Arc<Store>, known: Arc<Known>) {
    let clock = RealClock::new();
    while !known.draining.load(Ordering::SeqCst) {
        tokio::time::sleep(FIRE_EVERY).await;
        let fired = known.fired.load(Ordering::SeqCst);
        if fired - known.closed.load(Ordering::SeqCst) >= OPEN_MAX {
            continue;
        }
        file_event(&store, &event(fired, clock.now())).await;
        known.fired.fetch_add(1, Ordering::SeqCst);
    }
}

/// Writes a firing and its still.
pub(super) async fn file_event(store: &Store, event: &Event) {
    let now = event.fired.at;
    store.save_event(event, now).await.unwrap();
    let still = NewEvidence {
        event: Some(&event.id),
        ticket: None,
        kind: "snapshot",
        mime: "image/jpeg",
        taken: now,
        by: "system",
    };
    store.keep_bytes(still, vec![7; 1_000], now).await.unwrap();
}

/// Each of a camera of its own, so that none joins another.
pub(super) fn event(number: u64, at: UnixMs) -> Event {
    let reason = Reason {
        rule: "night".into(),
        zone: "yard".into(),
        kind: RuleKind::ZoneMotion,
        class: None,
        score: 0.5,
        dwell_ms: 1_500,
        armed: "00:00-24:00".into(),
        facts: Default::default(),
    };
    let camera = CameraId::try_from(format!("c{number}").as_str()).unwrap();
    Event {
        id: uuid::Uuid::now_v7().to_string(),
        fired: Fired { camera, reason, track: None, area: None, at },
        camera_name: "c".into(),
        rule_name: "r".into(),
        proposal: Proposal {
            severity: Severity::S2,
            category: "intrusion".into(),
            place: "东门".into(),
        },
        coalesce_ms: 1_000,
        ticket: None,
    }
}

/// An operator at a screen that goes away again and again.
struct Operator {
    name: &'static str,
    base: String,
    agent: ureq::Agent,
    cookie: String,
    known: Arc<Known>,
}

impl Operator {
    fn work(mut self) {
        let mut turn = 0_usize;
        while !self.known.over.load(Ordering::SeqCst) {
            let Some(open) = self.open() else {
                std::thread::park_timeout(Duration::from_millis(20));
                continue;
            };
            let mut moved = false;
            for ticket in open.as_array().into_iter().flatten() {
                turn += 1;
                let Some((input, act)) = self.next(ticket, turn) else { continue };
                moved = true;
                if !self.act(ticket, input, &act) {
                    break;
                }
            }
            if !moved {
                std::thread::park_timeout(Duration::from_millis(50));
            }
        }
    }

    /// What is to be done with a ticket now. They share the work by its number; a reply is checked
    /// by the one who has not confirmed.
    fn next(&self, ticket: &Value, turn: usize) -> Option<(&'static str, Value)> {
        let own = ticket["number"].as_u64()? % 2 == u64::from(self.name == OPERATORS[1]);
        match (ticket["state"].as_str()?, own) {
            ("new", true) => Some(("confirm", json!({ "type": "confirm" }))),
            ("confirmed", true) if ticket["category"].is_null() => Some((
                "classify",
                json!({
                    "type": "classify", "category": "intrusion", "severity": "S2", "place": "东门"
                }),
            )),
            ("confirmed", true) => {
                let member = format!("m{}", turn % MEMBERS);
                Some(("dispatch", json!({ "type": "dispatch", "member": member })))
            }
            ("handled", false) => Some(("check_pass", json!({ "type": "check_pass", "note": "" }))),
            _ => None,
        }
    }

    fn open(&mut self) -> Option<Value> {
        if self.cookie.is_empty() {
            let given = json!({ "name": self.name, "password": PASSWORD });
            let answer = self.agent.post(format!("{}/login", self.base)).send_json(given).ok()?;
            let cookie = answer.headers().get("set-cookie")?.to_str().ok()?;
            self.cookie = cookie.split(';').next()?.to_owned();
        }
        let request = self.agent.get(format!("{}/tickets?view=open", self.base));
        let mut answer = request.header("cookie", &self.cookie).call().ok()?;
        if answer.status() != 200 {
            return None;
        }
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    /// Wants it done; false when the daemon is away.
    fn act(&self, ticket: &Value, input: &'static str, act: &Value) -> bool {
        let id = ticket["id"].as_str().unwrap().to_owned();
        let wish = json!({ "version": ticket["version"], "act": act });
        let request = self.agent.post(format!("{}/tickets/{id}/act", self.base));
        let Ok(mut answer) = request.header("cookie", &self.cookie).send_json(wish) else {
            return false;
        };
        let status = answer.status();
        let Ok(text) = answer.body_mut().read_to_string() else { return false };
        if status == 200 {
            let detail: Value = serde_json::from_str(&text).unwrap();
            let version = detail["ticket"]["version"].as_i64().unwrap();
            let told = Told { ticket: id, version, input, actor: self.name };
            self.known.told.lock().unwrap().push(told);
            if input == "check_pass" {
                self.known.closed.fetch_add(1, Ordering::SeqCst);
            }
        }
        true
    }
}

pub(super) fn ready(site: &Site, daemon: &mut Process) {
    let (url, agent) = (format!("http://127.0.0.1:{}/healthz", site.web), agent());
    until("healthz", || {
        assert!(daemon.ended().is_none(), "{}", daemon.said());
        agent.get(&url).call().ok().filter(|answer| answer.status() == 200)
    });
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Kills at random moments; the last daemon and the broker run when it returns.
fn havoc(site: &Site, config: &std::path::Path, broker: &mut Broker) -> Process {
    let (kills, outage_s) = (number("GENGFU_ORDER_KILLS", 5), number("GENGFU_OUTAGE_S", 5));
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (chance >> 33) % below
    };
    for kill in 0..kills {
        let mut daemon = site.start(config);
        ready(site, &mut daemon);
        super::kill::pass(Duration::from_millis(random(900)));
        if kill % 100 == 2 {
            broker.kill();
            super::kill::pass(Duration::from_secs(outage_s));
            broker.start();
        } else if kill % 4 == 1 {
            broker.kill();
            super::kill::pass(Duration::from_millis(random(600)));
            broker.start();
        }
        super::kill::pass(Duration::from_millis(random(500)));
        daemon.kill();
    }
    let mut daemon = site.start(config);
    ready(site, &mut daemon);
    daemon
}

#[allow(clippy::print_stderr, reason = "the proof is read as figures")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_survive_kills_of_daemon_and_broker_at_random_moments() {
    let site = Site::new();
    let port = free_port();
    let mut broker = Broker::new(site.dir.path(), port);
    let config = configuration(&site, port);
    let store = Arc::new(opened(&site).await);
    people(&store).await;
    let known = Arc::new(Known::default());
    let phones = Phones::new(CrowdOptions {
        host: "127.0.0.1".into(),
        port,
        topics: SiteTopics::new("e2e").unwrap(),
        members: (0..MEMBERS)
            .map(|at| (Member::try_from(format!("m{at}").as_str()).unwrap(), PASSWORD.into()))
            .collect(),
        habit: Habit::Work,
    });
    let stop = CancellationToken::new();
    let carried = tokio::spawn({
        let (phones, stop) = (phones.clone(), stop.clone());
        async move { phones.run(stop).await }
    });
    let fires = tokio::spawn(rule(Arc::clone(&store), Arc::clone(&known)));
    let base = format!("http://127.0.0.1:{}/api/v1", site.web);
    let hands: Vec<_> = OPERATORS
        .map(|name| {
            let (base, known) = (base.clone(), Arc::clone(&known));
            let operator = Operator { name, base, agent: agent(), cookie: String::new(), known };
            std::thread::spawn(move || operator.work())
        })
        .into_iter()
        .collect();

    let (daemon, site, broker) = tokio::task::spawn_blocking(move || {
        let daemon = havoc(&site, &config, &mut broker);
        (daemon, site, broker)
    })
    .await
    .unwrap();
    known.draining.store(true, Ordering::SeqCst);
    fires.await.unwrap();
    until_all_is_closed(&store, &known, &phones).await;
    known.over.store(true, Ordering::SeqCst);
    for hand in hands {
        hand.join().unwrap();
    }
    stop.cancel();
    carried.await.unwrap();
    assert!(tokio::task::spawn_blocking(|| daemon.terminate()).await.unwrap().success());
    let seen = phones.seen();
    let figures = compare(&store, &known, &seen).await;
    eprintln!("{figures}");
    store.close().await;
    drop((broker, site));
}

/// Every firing has become a ticket, and each is closed. An order that only a dead broker had is
/// sent again within 40 s, so this takes a while.
async fn until_all_is_closed(store: &Store, known: &Known, phones: &Phones) {
    let clock = RealClock::new();
    let all = i64::try_from(known.fired.load(Ordering::SeqCst)).unwrap();
    loop {
        let open = store.open_tickets().await.unwrap();
        let filed = store.ticket_with_number(all).await.unwrap().is_some();
        if filed && open.is_empty() {
            return;
        }
        let states: BTreeMap<&str, usize> = open.iter().fold(BTreeMap::new(), |mut all, one| {
            *all.entry(one.life.state.as_str()).or_default() += 1;
            all
        });
        assert!(
            clock.elapsed() < Duration::from_secs(180),
            "not everything came to its end: {states:?}, all filed: {filed}, refused: {:?}",
            phones.seen().refused
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Holds what the clients know against the rows.
async fn compare(store: &Store, known: &Known, seen: &gengfu::mqtt::crowd::Crowd) -> String {
    let fired = i64::try_from(known.fired.load(Ordering::SeqCst)).unwrap();
    let extra = store.ticket_with_number(fired + 1).await.unwrap();
    assert!(extra.is_none(), "more tickets than firings: {extra:?}");
    let told = known.told.lock().unwrap().clone();
    let mut offers: BTreeMap<String, (gengfu::ticket::TicketId, bool)> = BTreeMap::new();
    let (mut lines, mut due) = (0, 0);
    let mut logs = BTreeMap::new();
    for number in 1..=fired {
        let ticket = store.ticket_with_number(number).await.unwrap().expect("a firing is lost");
        let log = store.log_of_ticket(&ticket.id).await.unwrap();
        let versions: Vec<i64> = log.iter().map(|line| line.version).collect();
        assert_eq!(versions, (1..=ticket.version).collect::<Vec<_>>(), "T-{number}");
        let mut by_itself = BTreeSet::new();
        for line in &log {
            if line.input == "due" {
                due += 1;
                // A reminder or an escalation that was repeated would be the same line again.
                let once = by_itself.insert((line.input.clone(), line.detail.to_string()));
                assert!(once, "T-{number}: {} twice: {}", line.input, line.detail);
            }
        }
        for offer in store.offers_of(&ticket.id).await.unwrap() {
            let done = offer.outcome.as_deref() == Some("done");
            offers.insert(offer.id, (ticket.id.clone(), done));
        }
        let closings = log.iter().filter(|line| line.input == "check_pass").count();
        assert_eq!(closings, 1, "T-{number}");
        lines += log.len();
        logs.insert(ticket.id.0.clone(), log);
    }
    for one in &told {
        // What the desk does by itself in consequence is told with the act.
        let until = usize::try_from(one.version).unwrap();
        let mut people = logs[&one.ticket][..until].iter().rev();
        let line = people.find(|line| line.role != Role::System).expect("an act of a person");
        assert_eq!((line.input.as_str(), line.actor.as_str()), (one.input, one.actor), "{one:?}");
    }
    for order in &seen.orders {
        assert!(offers.contains_key(&order.offer), "an order from nowhere: {order:?}");
        assert_eq!(order.doubled, 0, "{order:?}");
    }
    let at_phones: BTreeSet<&str> = seen.orders.iter().map(|seen| seen.offer.as_str()).collect();
    // Who was asked in vain may never have heard of it; whoever did the work has.
    for (offer, (ticket, _)) in offers.iter().filter(|(_, (_, done))| *done) {
        let receipts = store.receipts_of(ticket).await.unwrap();
        let receipt = receipts.iter().find(|receipt| receipt.offer == *offer);
        let receipt = receipt.unwrap_or_else(|| panic!("no receipt is waited for: {offer}"));
        let there = at_phones.contains(offer.as_str()) && receipt.received.is_some();
        assert!(there, "an order is lost: {receipt:?}");
    }
    let again: u32 = seen.orders.iter().map(|seen| seen.again).sum();
    format!(
        "{fired} tickets, {} orders, {lines} lines of the log, {due} of them deadlines; {} acts \
         told as done, all there; nothing lost, nothing doubled, {again} messages came again and \
         were dropped by their id; {} connections of phones broke",
        offers.len(),
        told.len(),
        seen.lost_connections
    )
}
