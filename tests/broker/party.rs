//! The outside parties of the link: accounts, phones, the desk, the store, a wire that can be cut.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gengfu::clock::{Clock, SimClock, UnixMs};
use gengfu::mqtt::broker::{Answering, BrokerError, new_secret};
use gengfu::mqtt::{
    Broker, BrokerHandle, BrokerOptions, Gate, Incoming, LinkError, LinkOptions, LinkSeams,
    LinkStatus, LinkTask, Member, OutMessage, Outbox, OutboxError, SiteTopics,
};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest that anything here may take.
const LIMIT: Duration = Duration::from_secs(8);

/// What comes within the limit.
pub(crate) async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, coming).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

/// An `ack` of an offer.
pub(crate) fn answer_text(id: u32, offer: &str) -> String {
    format!(
        r#"{{"v":1,"id":"01934f6a-7c00-7000-8000-{id:012}","seq":{id},"at":"2025-11-23T12:13:20.123Z","type":"ack","ticket":null,"body":{{"offer":"{offer}"}}}}"#
    )
}

/// A site with its folder and its clock.
pub(crate) struct Site {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) topics: SiteTopics,
    committed: Arc<Mutex<HashSet<uuid::Uuid>>>,
    secret: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(SimClock::at(UnixMs(1_763_900_000_000))),
            topics: SiteTopics::new("centre").unwrap(),
            committed: Arc::default(),
            secret: new_secret().unwrap(),
        }
    }

    pub(crate) fn accounts(&self) -> Arc<dyn Gate> {
        Arc::new(Accounts)
    }

    pub(crate) fn broker_options(&self, port: u16) -> BrokerOptions {
        BrokerOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], port)),
            dir: self.folder(),
            topics: self.topics.clone(),
            own_secret: self.secret.clone(),
        }
    }

    pub(crate) fn link_options(&self, port: u16, password: &str) -> LinkOptions {
        LinkOptions {
            host: "127.0.0.1".into(),
            port,
            client_id: "gengfu-centre".into(),
            username: "gengfu".into(),
            password: password.into(),
            topics: self.topics.clone(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("mqtt")
    }
}

/// Accounts whose password is `pw-` and their name, and their token `token-` and their name.
struct Accounts;

/// Two names belong to the daemon; an account of that kind must not come in all the same.
const MEMBERS: [&str; 4] = ["li", "wang", "li-wei", "gengfu-centre"];

impl Gate for Accounts {
    fn token<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool> {
        Box::pin(async move { MEMBERS.contains(&user) && given == format!("token-{user}") })
    }

    fn password<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool> {
        Box::pin(async move { MEMBERS.contains(&user) && given == format!("pw-{user}") })
    }

    fn exists<'a>(&'a self, user: &'a str) -> Answering<'a, bool> {
        Box::pin(async move { MEMBERS.contains(&user) })
    }
}

/// The broker inside, running.
pub(crate) struct RunningBroker {
    pub(crate) handle: BrokerHandle,
    options: LinkOptions,
    stop: CancellationToken,
    join: JoinHandle<Result<(), BrokerError>>,
}

impl RunningBroker {
    pub(crate) async fn start(site: &Site) -> Self {
        Self::start_at(site, 0).await
    }

    pub(crate) async fn start_at(site: &Site, port: u16) -> Self {
        let options = site.broker_options(port);
        let clock: Arc<dyn Clock> = site.clock.clone();
        let broker = Broker::start(options, site.accounts(), clock).await.unwrap();
        let handle = broker.handle();
        let stop = CancellationToken::new();
        let join = tokio::spawn(broker.run(stop.clone()));
        let options = site.link_options(handle.address().port(), &site.secret);
        Self { handle, options, stop, join }
    }

    pub(crate) fn port(&self) -> u16 {
        self.handle.address().port()
    }

    pub(crate) fn link_options(&self) -> LinkOptions {
        self.options.clone()
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        in_time("the broker's end", self.join).await.unwrap().unwrap();
    }
}

/// A phone: a plain MQTT client with a session.
pub(crate) struct Phone {
    client: AsyncClient,
    events: EventLoop,
    mail: VecDeque<String>,
}

impl Phone {
    pub(crate) async fn member(port: u16, name: &str) -> Self {
        Self::connect(port, name, &format!("pw-{name}"), name).await.unwrap()
    }

    pub(crate) async fn connect(
        port: u16,
        user: &str,
        password: &str,
        client_id: &str,
    ) -> Result<Self, String> {
        let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
        options.set_credentials(user, password).set_clean_start(false);
        options.set_session_expiry_interval(Some(3600)).set_max_packet_size(Some(256 * 1024));
        let (client, mut events) = AsyncClient::new(options, 10);
        match in_time("a CONNACK", events.poll()).await {
            Ok(_) => Ok(Self { client, events, mail: VecDeque::new() }),
            Err(e) => Err(e.to_string()),
        }
    }

    /// Whether the broker grants it.
    pub(crate) async fn subscribe(&mut self, filter: &str) -> bool {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        self.until("a SUBACK", |packet| {
            let Packet::SubAck(ack) = packet else {
                return None;
            };
            Some(matches!(ack.return_codes[..], [SubscribeReasonCode::Success(_)]))
        })
        .await
    }

    /// Whether the broker takes it.
    pub(crate) async fn publish(&mut self, topic: &str, text: &str) -> bool {
        let bytes = text.as_bytes().to_vec();
        self.client.publish(topic, QoS::AtLeastOnce, false, bytes).await.unwrap();
        let taken = [PubAckReason::Success, PubAckReason::NoMatchingSubscribers];
        self.until("a PUBACK", |packet| {
            let Packet::PubAck(ack) = packet else {
                return None;
            };
            Some(taken.contains(&ack.reason))
        })
        .await
    }

    /// The next message that comes.
    pub(crate) async fn next(&mut self) -> String {
        if self.mail.is_empty() {
            let came = |packet: &Packet| matches!(packet, Packet::Publish(_)).then_some(());
            self.until("a message", came).await;
        }
        self.mail.pop_front().unwrap()
    }

    /// Leaves politely; the session stays.
    pub(crate) async fn leave(mut self) {
        self.client.disconnect().await.unwrap();
        self.ends().await;
    }

    /// The connection ends.
    pub(crate) async fn ends(&mut self) {
        in_time("the end of the connection", async { while self.events.poll().await.is_ok() {} })
            .await;
    }

    async fn until<T>(&mut self, what: &str, pick: impl Fn(&Packet) -> Option<T>) -> T {
        loop {
            let event = in_time(what, self.events.poll()).await;
            let Event::Incoming(packet) = event.unwrap() else {
                continue;
            };
            if let Packet::Publish(publish) = &packet {
                self.mail.push_back(String::from_utf8(publish.payload.to_vec()).unwrap());
            }
            if let Some(found) = pick(&packet) {
                return found;
            }
        }
    }
}

/// The store: rows and which of them are marked.
pub(crate) struct Rows {
    rows: Mutex<Vec<(OutMessage, bool)>>,
    set_aside: Mutex<Vec<(i64, String)>>,
    changed: watch::Sender<()>,
}

impl Rows {
    pub(crate) fn marked(&self) -> usize {
        self.rows.lock().unwrap().iter().filter(|(_, marked)| *marked).count()
    }

    /// Rows that were set aside, with the reason.
    pub(crate) fn set_aside(&self) -> Vec<(i64, String)> {
        self.set_aside.lock().unwrap().clone()
    }

    fn push(&self, topic: &str, text: &str) {
        let mut rows = self.rows.lock().unwrap();
        let row_id = i64::try_from(rows.len()).unwrap() + 1;
        let payload = text.as_bytes().to_vec();
        let row = OutMessage { row_id, topic: topic.into(), payload, retain: false };
        rows.push((row, false));
    }
}

impl Outbox for Rows {
    async fn next(&self, limit: usize) -> Result<Vec<OutMessage>, OutboxError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.iter().filter(|(_, marked)| !marked).take(limit).map(|(r, _)| r.clone()).collect())
    }

    async fn published(&self, row_ids: &[i64], _at: UnixMs) -> Result<(), OutboxError> {
        for row_id in row_ids {
            let at = usize::try_from(*row_id).unwrap() - 1;
            self.rows.lock().unwrap()[at].1 = true;
        }
        self.changed.send_replace(());
        Ok(())
    }

    async fn forgotten(&self) -> Result<u64, OutboxError> {
        Ok(0)
    }

    async fn refused(&self, row_id: i64, reason: &str, at: UnixMs) -> Result<(), OutboxError> {
        self.set_aside.lock().unwrap().push((row_id, reason.to_owned()));
        self.published(&[row_id], at).await
    }
}

/// The daemon's link, with the desk's end of its inbox.
pub(crate) struct Link {
    pub(crate) outbox: Arc<Rows>,
    topics: SiteTopics,
    committed: Arc<Mutex<HashSet<uuid::Uuid>>>,
    bell: Arc<Notify>,
    inbox: mpsc::Receiver<Incoming>,
    status: watch::Receiver<LinkStatus>,
    stop: CancellationToken,
    join: JoinHandle<Result<(), LinkError>>,
}

impl Link {
    /// A link that is connected.
    pub(crate) async fn start(site: &Site, options: LinkOptions) -> Self {
        let mut link = Self::begin(site, options);
        link.becomes(|status| matches!(status, LinkStatus::Connected { .. })).await;
        link
    }

    /// A link that tries.
    pub(crate) fn begin(site: &Site, options: LinkOptions) -> Self {
        let outbox = Arc::new(Rows {
            rows: Mutex::default(),
            set_aside: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        let (bell, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let (sender, inbox) = mpsc::channel(1);
        let (status_sender, status) = watch::channel(LinkStatus::Connecting);
        let seams = LinkSeams {
            outbox: outbox.clone(),
            bell: bell.clone(),
            inbox: sender,
            status: status_sender,
            clock: site.clock.clone(),
        };
        let join = tokio::spawn(LinkTask::new(options, seams).run(stop.clone()));
        Self {
            outbox,
            topics: site.topics.clone(),
            committed: site.committed.clone(),
            bell,
            inbox,
            status,
            stop,
            join,
        }
    }

    pub(crate) fn order(&self, member: &str, text: &str) {
        let topic = self.topics.order(&Member::try_from(member).unwrap());
        self.outbox.push(&topic.name, text);
        self.bell.notify_one();
    }

    /// A row on a topic that the broker does not let the daemon write.
    pub(crate) fn foreign(&self, text: &str) {
        self.outbox.push("gengfu/other/event", text);
        self.bell.notify_one();
    }

    /// Whether nothing was said of the link since the last `becomes`.
    pub(crate) fn is_steady(&self) -> bool {
        !self.status.has_changed().unwrap()
    }

    pub(crate) async fn all_published(&self) {
        let mut changed = self.outbox.changed.subscribe();
        let all = self.outbox.rows.lock().unwrap().len();
        in_time("every row's PUBACK", changed.wait_for(|()| self.outbox.marked() == all))
            .await
            .unwrap();
    }

    pub(crate) async fn next(&mut self) -> Incoming {
        in_time("an answer", self.inbox.recv()).await.unwrap()
    }

    /// The next answer that was not committed before; doubles are waved through, as a desk does.
    pub(crate) async fn fresh(&mut self) -> Incoming {
        loop {
            let incoming = self.next().await;
            let id = incoming.answer.as_ref().unwrap().id;
            if !self.committed.lock().unwrap().contains(&id) {
                return incoming;
            }
            // The link may have gone meanwhile; then the answer comes again.
            let _ = incoming.committed.send(());
        }
    }

    /// The next fresh answer's offer; the desk commits it.
    pub(crate) async fn next_offer(&mut self, member: &str) -> String {
        let incoming = self.fresh().await;
        assert_eq!(incoming.member.as_str(), member);
        let envelope = incoming.answer.unwrap();
        self.committed.lock().unwrap().insert(envelope.id);
        incoming.committed.send(()).unwrap();
        envelope.answer.offer().to_owned()
    }

    pub(crate) async fn becomes(&mut self, expect: impl Fn(&LinkStatus) -> bool) {
        in_time("the link's status", self.status.wait_for(|status| expect(status))).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        in_time("the link's end", self.join).await.unwrap().unwrap();
    }
}

/// A wire to a broker that can swallow what the broker says.
pub(crate) struct Wire {
    pub(crate) port: u16,
    swallow: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) async fn to(broker: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let swallow = Arc::new(AtomicBool::new(false));
        let flag = swallow.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(("127.0.0.1", broker)).await else {
                    continue;
                };
                tokio::spawn(pipe(near, far, flag.clone()));
            }
        });
        Self { port, swallow }
    }

    pub(crate) fn swallow_answers(&self) {
        self.swallow.store(true, Ordering::SeqCst);
    }

    pub(crate) fn deliver_answers(&self) {
        self.swallow.store(false, Ordering::SeqCst);
    }
}

async fn pipe(near: TcpStream, far: TcpStream, swallow: Arc<AtomicBool>) {
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = far.into_split();
    let up = tokio::io::copy(&mut near_read, &mut far_write);
    let down = async {
        let mut bytes = [0_u8; 4096];
        while let Ok(count @ 1..) = far_read.read(&mut bytes).await {
            if !swallow.load(Ordering::SeqCst)
                && near_write.write_all(&bytes[..count]).await.is_err()
            {
                break;
            }
        }
    };
    tokio::select! { _ = up => {}, () = down => {} }
}
