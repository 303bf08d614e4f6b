//! Our MQTT client: `rumqttc`, behind this file only.
//!
//! Its version 5 client and not the 3.1.1 one, for four things seen in both sources: a PUBACK
//! carries a reason, so a publish that the broker refused is not taken for delivered (3.1.1 brokers
//! acknowledge and drop it); `receive maximum` bounds the answers that wait for the desk; the
//! session's expiry is ours to ask; a take-over by a second daemon is told as such.
//!
//! One `Mouth` and one `Ears` per connection, both thrown away with it: rumqttc's own resending
//! would republish from its memory, ours does it from the outbox, in order. The `Ears` must be
//! polled to the end of each call: a call that is dropped half-way may lose a packet.

use std::time::Duration;

use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, Filter, LastWill, Packet, PubAck, PubAckReason,
    Publish, RetainForwardRule, SubAck, SubscribeReasonCode,
};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, StateError};

use super::topic::{SiteTopics, Topic};
use super::window::{Row, Window};
use super::wire::Available;

/// Most messages of ours in flight. A resend after a lost connection repeats at most so many.
pub(super) const WINDOW_MAX: usize = 50;
/// Most answers that the broker may send before the desk has committed the first of them.
pub(super) const ANSWERS_MAX: u16 = 64;
/// Places between us and the event loop: the window, the acknowledgements, the subscription and the
/// birth message, so that `try_*` never finds it full.
const REQUESTS_MAX: usize = WINDOW_MAX + ANSWERS_MAX as usize + 14;
/// Largest packet taken, bytes; the same as the inner broker's.
const PACKET_MAX_BYTES: u32 = 256 * 1024;
/// A publish beside its topic and payload: fixed header 5, lengths 2, number 2, properties 1.
const HEAD_MAX_BYTES: usize = 10;
/// How long the broker keeps our session and the answers in it: a weekend and a day.
const SESSION_EXPIRY_S: u32 = 3 * 24 * 3600;
/// A dead connection is noticed after at most two of these. rumqttc allows no less than 5 s.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Time for the connection to stand, s.
const CONNECT_WITHIN_S: u64 = 5;

/// Where the broker is and who we are there.
#[derive(Clone)]
pub struct LinkOptions {
    pub host: String,
    pub port: u16,
    /// Stable over restarts and unlike any other daemon's: the session hangs on it.
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub topics: SiteTopics,
}

/// Why the link is down.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(
        "the broker at {at} refuses user '{user}' ({why:?}): check mqtt.username and its password"
    )]
    Refused { at: String, user: String, why: ConnectReturnCode },
    #[error("the broker does not let us read {filter} ({why:?}): check its access rules")]
    SubscriptionRefused { filter: String, why: SubscribeReasonCode },
    #[error("the broker does not take our messages on {topic} ({why:?}): check its access rules")]
    PublishRefused { topic: String, why: PubAckReason },
    #[error("another process has connected to the broker as '{client_id}': stop one of the two")]
    TakenOver { client_id: String },
    #[error("no connection to the broker at {at}: {source}")]
    Lost { at: String, source: Box<ConnectionError> },
    #[error("the queue towards the broker is full or closed")]
    QueueClosed,
    #[error("the desk takes no answers any more")]
    DeskGone,
}

/// Speaks on one connection.
pub(super) struct Mouth {
    client: AsyncClient,
    options: LinkOptions,
    window: Window,
    window_max: usize,
    /// Largest packet that the broker takes, bytes.
    packet_max: usize,
}

/// Hears on one connection.
pub(super) struct Ears {
    events: EventLoop,
    options: LinkOptions,
}

/// Something that happened, not yet understood.
pub(super) struct Sound(Event);

/// What was heard, as far as the link cares.
pub(super) enum Heard {
    /// The broker has let us in; whether it still has our session.
    Connected { remembered: bool },
    /// Answers come from now on.
    Listening,
    /// The broker has this row.
    Published(i64),
    /// The broker does not take this row, and why.
    Refused(i64, PubAckReason),
    /// Somebody has answered.
    Answer(Letter),
    /// Nothing that matters.
    Other,
}

/// A message that came in, to be acknowledged.
pub(super) struct Letter {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    ticket: AckTicket,
}

/// What it takes to acknowledge a letter.
pub(super) struct AckTicket(Box<Publish>);

impl Letter {
    /// The letter's parts.
    pub(super) fn open(self) -> (String, Vec<u8>, AckTicket) {
        (self.topic, self.payload, self.ticket)
    }
}

/// Both ends of a new connection; nothing happens until the ears are polled.
pub(super) fn open(options: &LinkOptions) -> (Mouth, Ears) {
    let (client, events) = AsyncClient::new(settings(options), REQUESTS_MAX);
    let mouth = Mouth {
        client,
        options: options.clone(),
        window: Window::default(),
        window_max: WINDOW_MAX,
        packet_max: PACKET_MAX_BYTES as usize,
    };
    (mouth, Ears { events, options: options.clone() })
}

fn settings(options: &LinkOptions) -> MqttOptions {
    let mut settings = MqttOptions::new(&options.client_id, &options.host, options.port);
    let available = options.topics.available();
    let gone = Available { online: false }.to_json();
    let will = LastWill::new(available.name, gone, QoS::AtLeastOnce, available.retain, None);
    settings
        .set_credentials(&options.username, &options.password)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(CONNECT_WITHIN_S)
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
        .set_receive_maximum(Some(ANSWERS_MAX))
        .set_max_packet_size(Some(PACKET_MAX_BYTES))
        .set_outgoing_inflight_upper_limit(WINDOW_MAX as u16 * 2)
        .set_manual_acks(true)
        .set_last_will(will);
    settings
}

impl Ears {
    /// The next thing that happens. Not to be dropped before it is done (see above).
    pub(super) async fn hear(&mut self) -> Result<Sound, LinkError> {
        self.events.poll().await.map(Sound).map_err(|e| explain(e, &self.options))
    }
}

impl Mouth {
    /// Asks for all answers.
    pub(super) fn subscribe(&mut self) -> Result<(), LinkError> {
        let mut filter = Filter::new(self.options.topics.all_answers(), QoS::AtLeastOnce);
        // An answer that somebody retained must not come again at every connect.
        filter.retain_forward_rule = RetainForwardRule::Never;
        self.client.try_subscribe_many([filter]).map_err(|_| LinkError::QueueClosed)
    }

    /// Says that the daemon is there.
    pub(super) fn announce(&mut self) -> Result<(), LinkError> {
        let topic = self.options.topics.available();
        self.say(None, &topic, Available { online: true }.to_json())
    }

    /// Sends a row of the outbox.
    pub(super) fn publish(
        &mut self,
        row_id: i64,
        topic: &Topic,
        payload: Vec<u8>,
    ) -> Result<(), LinkError> {
        self.say(Some(row_id), topic, payload)
    }

    fn say(&mut self, row: Row, topic: &Topic, payload: Vec<u8>) -> Result<(), LinkError> {
        self.client
            .try_publish(topic.name.clone(), QoS::AtLeastOnce, topic.retain, payload)
            .map_err(|_| LinkError::QueueClosed)?;
        self.window.handed(row);
        Ok(())
    }

    /// Tells the broker that a letter is safe.
    pub(super) fn acknowledge(&mut self, ticket: &AckTicket) -> Result<(), LinkError> {
        self.client.try_ack(&ticket.0).map_err(|_| LinkError::QueueClosed)
    }

    /// How many more messages may be under way.
    pub(super) fn room(&self) -> usize {
        self.window_max.saturating_sub(self.window.len())
    }

    /// Whether the broker takes a message of this size; it would close the connection on a larger
    /// one, again and again.
    pub(super) fn fits(&self, topic: &str, payload: &[u8]) -> bool {
        topic.len() + payload.len() + HEAD_MAX_BYTES <= self.packet_max
    }

    /// Whether this row is under way.
    pub(super) fn is_flying(&self, row_id: i64) -> bool {
        self.window.contains(row_id)
    }

    /// What an event means.
    pub(super) fn understand(&mut self, sound: Sound) -> Result<Heard, LinkError> {
        match sound.0 {
            Event::Outgoing(Outgoing::Publish(number)) => {
                self.window.written(number);
                Ok(Heard::Other)
            }
            Event::Outgoing(_) => Ok(Heard::Other),
            Event::Incoming(packet) => self.received(packet),
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "the list of packets is rumqttc's, not ours")]
    fn received(&mut self, packet: Packet) -> Result<Heard, LinkError> {
        match packet {
            Packet::ConnAck(connack) => {
                let theirs = connack.properties.as_ref();
                let window = theirs.and_then(|p| p.receive_max).map_or(WINDOW_MAX, usize::from);
                let packet = theirs.and_then(|p| p.max_packet_size).unwrap_or(PACKET_MAX_BYTES);
                self.window_max = WINDOW_MAX.min(window);
                self.packet_max = packet.min(PACKET_MAX_BYTES) as usize;
                Ok(Heard::Connected { remembered: connack.session_present })
            }
            Packet::SubAck(suback) => self.subscribed(&suback),
            Packet::PubAck(puback) => self.published(&puback),
            Packet::Publish(publish) => Ok(Heard::Answer(letter(publish))),
            _ => Ok(Heard::Other),
        }
    }

    fn subscribed(&self, suback: &SubAck) -> Result<Heard, LinkError> {
        let refused =
            |code: &&SubscribeReasonCode| !matches!(code, SubscribeReasonCode::Success(_));
        match suback.return_codes.iter().find(refused) {
            None => Ok(Heard::Listening),
            Some(why) => {
                let filter = self.options.topics.all_answers();
                Err(LinkError::SubscriptionRefused { filter, why: *why })
            }
        }
    }

    fn published(&mut self, puback: &PubAck) -> Result<Heard, LinkError> {
        let row = self.window.acknowledged(puback.pkid);
        let taken = [PubAckReason::Success, PubAckReason::NoMatchingSubscribers];
        match (row, taken.contains(&puback.reason)) {
            (Some(row), true) => Ok(Heard::Published(row)),
            (Some(row), false) => Ok(Heard::Refused(row, puback.reason)),
            (None, true) => Ok(Heard::Other),
            (None, false) => {
                let topic = self.options.topics.available().name;
                Err(LinkError::PublishRefused { topic, why: puback.reason })
            }
        }
    }
}

fn letter(mut publish: Publish) -> Letter {
    let payload = std::mem::take(&mut publish.payload).to_vec();
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    Letter { topic, payload, ticket: AckTicket(Box::new(publish)) }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the list of errors is rumqttc's, not ours")]
fn explain(error: ConnectionError, options: &LinkOptions) -> LinkError {
    let at = format!("{}:{}", options.host, options.port);
    match error {
        ConnectionError::ConnectionRefused(why) => {
            LinkError::Refused { at, user: options.username.clone(), why }
        }
        ConnectionError::MqttState(StateError::ServerDisconnect {
            reason_code: DisconnectReasonCode::SessionTakenOver,
            ..
        }) => LinkError::TakenOver { client_id: options.client_id.clone() },
        other => LinkError::Lost { at, source: Box::new(other) },
    }
}
