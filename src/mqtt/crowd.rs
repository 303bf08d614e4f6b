//! A crowd of phones for measurements: many members as MQTT clients of their own, each with its
//! credentials and its session.
//!
//! They know nothing of the daemon but its topics and messages. A phone tells each order's receipt
//! once, sends an answer again until the broker has it, and counts what a person would notice: the
//! same order twice, or a gap in the numbers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::topic::{Member, SiteTopics};
use crate::clock::{Clock, RealClock};

/// A phone's session outlives any measurement.
const SESSION_EXPIRY_S: u32 = 24 * 3600;
/// Seldom enough not to be measured itself.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Places between a phone and its event loop: a subscription, an answer, some room.
const REQUESTS_MAX: usize = 16;
/// Pause before a phone connects again.
const AGAIN_AFTER: Duration = Duration::from_millis(200);
/// Largest packet taken, bytes; the same as the inner broker's.
const PACKET_MAX_BYTES: u32 = 256 * 1024;
/// How many phones connect at the same moment: a thousand at once would only queue at the socket.
const CONNECTING_MAX: usize = 50;

/// Where the crowd connects.
#[derive(Clone, Debug)]
pub struct CrowdOptions {
    pub host: String,
    pub port: u16,
    pub topics: SiteTopics,
    /// Name and password, or token, of each.
    pub members: Vec<(Member, String)>,
    pub habit: Habit,
}

/// What one order's phone saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub offer: String,
    pub member: String,
    /// When it came first, UTC microseconds.
    pub at_us: i64,
    /// How often the same message came again; the phone drops those by their id.
    pub again: u32,
    /// How often the same order came under another id: what the person would see twice.
    pub doubled: u32,
}

/// What all phones saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    pub orders: Vec<Seen>,
    /// Messages whose number was not the next of its topic.
    pub gaps: u64,
    /// Answers that the centre refused, by code.
    pub refused: HashMap<String, u64>,
    /// Connections that ended by themselves.
    pub lost_connections: u64,
}

/// The running crowd.
#[derive(Clone)]
pub struct Phones {
    options: Arc<CrowdOptions>,
    seen: Arc<Mutex<Vec<Pocket>>>,
    connecting: Arc<tokio::sync::Semaphore>,
    listening: Arc<tokio::sync::watch::Sender<usize>>,
    clock: Arc<RealClock>,
}

/// What the people behind the phones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Nothing: the phone says that it has the order.
    Receive,
    /// They go, arrive and reply, each as soon as the centre knows the step before.
    Work,
}

/// What one phone keeps.
#[derive(Clone, Debug, Default)]
struct Pocket {
    /// Message id of each order -> its place in `orders`.
    messages: HashMap<String, usize>,
    orders: Vec<Seen>,
    last_seq: Option<i64>,
    gaps: u64,
    refused: HashMap<String, u64>,
    lost: u64,
    /// Answers that the centre is not known to have, in the order of saying.
    unconfirmed: Vec<Said>,
    /// Ids of those that go to the broker next, on this connection.
    to_send: VecDeque<String>,
    under_way: bool,
    answer_seq: u64,
}

/// An answer.
#[derive(Clone, Debug)]
struct Said {
    id: String,
    offer: String,
    /// Which step of the work it is, from 0.
    step: usize,
    payload: Vec<u8>,
}

/// The steps of the work, and the states by which the centre says that it knows them.
const STEPS: [&str; 4] = ["received", "ack", "on_scene", "reply"];
const STATES: [&str; 5] = ["offered", "accepted", "on_scene", "handled", "closed"];

impl Phones {
    /// A crowd that connects when it runs.
    #[must_use]
    pub fn new(options: CrowdOptions) -> Self {
        let count = options.members.len();
        Self {
            options: Arc::new(options),
            seen: Arc::new(Mutex::new(vec![Pocket::default(); count])),
            connecting: Arc::new(tokio::sync::Semaphore::new(CONNECTING_MAX)),
            listening: Arc::new(tokio::sync::watch::channel(0).0),
            clock: Arc::new(RealClock::new()),
        }
    }

    /// How many phones have subscribed so far.
    #[must_use]
    pub fn listening(&self) -> tokio::sync::watch::Receiver<usize> {
        self.listening.subscribe()
    }

    /// What was seen so far.
    ///
    /// # Panics
    /// Never: nobody panics while it is held.
    #[must_use]
    pub fn seen(&self) -> Crowd {
        let mut all = Crowd::default();
        for pocket in self.seen.lock().expect("nobody panics while it is held").iter() {
            all.orders.extend(pocket.orders.iter().cloned());
            all.gaps += pocket.gaps;
            all.lost_connections += pocket.lost;
            for (code, count) in &pocket.refused {
                *all.refused.entry(code.clone()).or_default() += count;
            }
        }
        all
    }

    /// Connects them all and keeps them connected until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut all: FuturesUnordered<_> =
            (0..self.options.members.len()).map(|at| self.phone(at)).collect();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            _ = all.next() => {}
        }
    }

    async fn phone(&self, at: usize) {
        let mut first = true;
        loop {
            let (client, mut events) = AsyncClient::new(self.settings(at), REQUESTS_MAX);
            let turn = self.connecting.acquire().await;
            let mut turn = turn.ok();
            while let Ok(event) = events.poll().await {
                let listens = self.hear(at, event, &client);
                if listens {
                    turn = None;
                    if first {
                        self.listening.send_modify(|count| *count += 1);
                        first = false;
                    }
                }
            }
            drop(turn);
            self.pocket(at, |pocket| {
                pocket.lost += 1;
                pocket.under_way = false;
                // What the broker has may not have come to the centre.
                pocket.to_send = pocket.unconfirmed.iter().map(|said| said.id.clone()).collect();
            });
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    fn settings(&self, at: usize) -> MqttOptions {
        let (member, password) = &self.options.members[at];
        let CrowdOptions { host, port, .. } = &*self.options;
        let mut settings = MqttOptions::new(format!("{member}-crowd"), host, *port);
        settings
            .set_credentials(member.as_str(), password)
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(false)
            .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
            .set_max_packet_size(Some(PACKET_MAX_BYTES));
        settings
    }

    /// Acts on one event; whether it says that the phone listens now.
    #[allow(clippy::wildcard_enum_match_arm, reason = "the list of packets is rumqttc's, not ours")]
    fn hear(&self, at: usize, event: Event, client: &AsyncClient) -> bool {
        let Event::Incoming(packet) = event else { return false };
        match packet {
            Packet::ConnAck(_) => {
                let topic = self.options.topics.order(&self.options.members[at].0).name;
                let filter = Filter::new(topic, QoS::AtLeastOnce);
                // The queue of a new connection is empty.
                if client.try_subscribe_many([filter]).is_err() {
                    tracing::debug!("a phone cannot subscribe");
                }
                false
            }
            Packet::SubAck(_) => {
                self.say(at, client);
                true
            }
            Packet::Publish(publish) => {
                self.take(at, &publish);
                self.say(at, client);
                false
            }
            Packet::PubAck(_) => {
                let habit = self.options.habit;
                self.pocket(at, |pocket| {
                    let sent = pocket.to_send.pop_front();
                    pocket.under_way = false;
                    if habit == Habit::Receive {
                        pocket.unconfirmed.retain(|said| Some(&said.id) != sent.as_ref());
                    }
                });
                self.say(at, client);
                false
            }
            _ => false,
        }
    }

    /// Sends the oldest answer that the broker does not have, one at a time.
    fn say(&self, at: usize, client: &AsyncClient) {
        let topic = self.options.topics.answer(&self.options.members[at].0).name;
        self.pocket(at, |pocket| {
            // What was confirmed meanwhile need not go.
            while let Some(next) = pocket.to_send.front().filter(|_| !pocket.under_way) {
                let Some(said) = pocket.unconfirmed.iter().find(|said| said.id == *next) else {
                    pocket.to_send.pop_front();
                    continue;
                };
                let sent =
                    client.try_publish(&topic, QoS::AtLeastOnce, false, said.payload.clone());
                pocket.under_way = sent.is_ok();
                return;
            }
        });
    }

    fn take(&self, at: usize, publish: &Publish) {
        let Ok(message) = serde_json::from_slice::<Message>(&publish.payload) else { return };
        let at_us = self.clock.now_us();
        let member = self.options.members[at].0.as_str().to_owned();
        let now = self.clock.now().rfc3339();
        let habit = self.options.habit;
        self.pocket(at, |pocket| pocket.take(message, (member, at_us, now), habit));
    }

    fn pocket<T>(&self, at: usize, with: impl FnOnce(&mut Pocket) -> T) -> T {
        with(&mut self.seen.lock().expect("nobody panics while it is held")[at])
    }
}

/// A message as far as a phone of the crowd reads it.
#[derive(Deserialize)]
struct Message {
    id: String,
    seq: i64,
    #[serde(rename = "type")]
    kind: String,
    ticket: Option<String>,
    body: serde_json::Value,
}

impl Pocket {
    fn take(&mut self, message: Message, from: (String, i64, String), habit: Habit) {
        let (member, at_us, now) = from;
        if let Some(place) = self.messages.get(&message.id) {
            if let Some(order) = self.orders.get_mut(*place) {
                order.again += 1;
                // The centre asks again: it does not know what was answered.
                let offer = order.offer.clone();
                let again = self.unconfirmed.iter().filter(|said| said.offer == offer);
                let again: Vec<String> = again.map(|said| said.id.clone()).collect();
                self.to_send.extend(again);
            }
            return;
        }
        self.messages.insert(message.id.clone(), usize::MAX);
        if self.last_seq.is_some_and(|last| message.seq != last + 1) {
            self.gaps += 1;
        }
        self.last_seq = Some(message.seq);
        let text = |name: &str| message.body[name].as_str().unwrap_or_default().to_owned();
        let offer = text("offer");
        let ticket = message.ticket.as_deref();
        match message.kind.as_str() {
            "refused" => {
                *self.refused.entry(text("code")).or_default() += 1;
                self.unconfirmed.retain(|said| said.id != text("answer"));
            }
            "withdraw" => self.unconfirmed.retain(|said| said.offer != offer),
            "state" if habit == Habit::Work => self.told(&offer, &text("state"), (ticket, &now)),
            "order" => {
                if let Some(known) = self.orders.iter_mut().find(|seen| seen.offer == offer) {
                    known.doubled += 1;
                    return;
                }
                self.messages.insert(message.id, self.orders.len());
                self.answer(0, &offer, (ticket, &now));
                if habit == Habit::Work {
                    self.answer(1, &offer, (ticket, &now));
                }
                self.orders.push(Seen { offer, member, at_us, again: 0, doubled: 0 });
            }
            _ => {}
        }
    }

    /// The centre says how an order stands: what it knows need not be said again, and the next
    /// step is done.
    fn told(&mut self, offer: &str, state: &str, from: (Option<&str>, &str)) {
        let Some(known) = STATES.iter().position(|word| *word == state) else { return };
        self.unconfirmed.retain(|said| said.offer != offer || said.step > known);
        let next = known + 1;
        let said = self.unconfirmed.iter().any(|said| said.offer == offer && said.step >= next);
        if !said && next < STEPS.len() {
            self.answer(next, offer, from);
        }
    }

    fn answer(&mut self, step: usize, offer: &str, (ticket, now): (Option<&str>, &str)) {
        self.answer_seq += 1;
        let id = uuid::Uuid::now_v7().to_string();
        let mut body = serde_json::json!({ "offer": offer });
        if STEPS[step] == "reply" {
            body["disposition"] = "resolved_on_scene".into();
            body["text"] = "looked at the place, nobody there".into();
            body["photos"] = serde_json::json!([]);
        }
        let answer = serde_json::json!({
            "v": super::wire::VERSION,
            "id": id,
            "seq": self.answer_seq,
            "at": now,
            "type": STEPS[step],
            "ticket": ticket,
            "body": body,
        });
        let payload = answer.to_string().into_bytes();
        self.to_send.push_back(id.clone());
        self.unconfirmed.push(Said { id, offer: offer.to_owned(), step, payload });
    }
}
