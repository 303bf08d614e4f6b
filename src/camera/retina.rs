//! Receives a camera over RTSP and TCP: the way nearly every camera comes in.
//!
//! The crate `retina` asks, keeps the session alive and puts packets together to encoded pictures.
//! One 1080p stream of 4 Mbit/s costs 0.002 of a core here and 0.010 to 0.011 with GStreamer's
//! `rtspsrc`, depayloader and parser (measured side by side), because over TCP nothing has to be
//! put in order. UDP and TLS, which need just that, stay with `gst/source.rs`. Only the first
//! H.264 or H.265 stream is set up; sound is never asked for. Like a source of GStreamer, a
//! receiver never mends itself: it ends with one fault and is made anew. But for one thing: a
//! session that the camera refuses to keep (its nonce has changed) is replaced while it still
//! brings video, at the key frame with which the new one begins.

mod ear;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use retina::client::{
    Credentials, Demuxed, InitialTimestampPolicy, PlayOptions, Session, SessionOptions,
    SetupOptions, TeardownPolicy, Transport, UnassignedChannelDataPolicy, UnknownRtcpSsrcPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame};
use retina::rtcp::ReceivedCompoundPacket;

use self::ear::Ear;
use super::Codec;
use super::gst::source::SourceSettings;
use super::intake::{Intake, RawUnit};
use super::rtcp;
use super::status::SourceFault;
use crate::clock::UnixMs;
use crate::config::Transport as Wanted;

/// Longest wait for each answer while a camera is opened: the same as for a GStreamer source.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Whether a camera is received here: over TCP, without TLS, which the crate does not speak.
#[must_use]
pub(super) fn takes(settings: &SourceSettings) -> bool {
    settings.transport == Wanted::Tcp && settings.url.starts_with("rtsp://")
}

/// Receives until it fails; what comes goes to `intake`.
pub(super) async fn receive(settings: &SourceSettings, intake: &Arc<Intake>) -> SourceFault {
    match follow(settings, intake).await {
        Ok(()) => SourceFault::Ended,
        Err(fault) => fault,
    }
}

async fn follow(settings: &SourceSettings, intake: &Arc<Intake>) -> Result<(), SourceFault> {
    let mut receiver = Receiver::open(settings).await?;
    let mut seam = Seam::default();
    let mut successor: Option<Successor<'_>> = None;
    loop {
        // What the old session still brings goes first.
        let item = tokio::select! {
            biased;
            item = receiver.next() => item,
            begun = ready(&mut successor) => {
                successor = None;
                match begun {
                    Ok(begun) => receiver = seam.pass(begun, intake),
                    Err(fault) => tracing::debug!(code = fault.code(), "no second session"),
                }
                continue;
            }
        };
        match item {
            Ok(Coming::Item(item)) => receiver.take(item, (&mut seam, intake)),
            Ok(Coming::Refused) if successor.is_none() => {
                tracing::info!(camera = %intake.camera(), "a camera wants to be signed in to anew");
                successor = Some(Box::pin(Receiver::open_at_key(settings)));
            }
            Ok(Coming::Refused) => {}
            Ok(Coming::End) | Err(_) => match successor.take() {
                Some(begun) => receiver = seam.pass(begun.await?, intake),
                None => return item.map(drop),
            },
        }
    }
}

/// A session that is being opened, up to its first key frame.
type Successor<'a> =
    Pin<Box<dyn Future<Output = Result<(Receiver, VideoFrame), SourceFault>> + Send + 'a>>;

/// What comes of a session that is being opened; never, if there is none.
async fn ready(
    successor: &mut Option<Successor<'_>>,
) -> Result<(Receiver, VideoFrame), SourceFault> {
    match successor {
        Some(successor) => successor.await,
        None => std::future::pending().await,
    }
}

/// What a session brings.
enum Coming {
    Item(CodecItem),
    /// The camera does not keep the session any longer; it may still bring video.
    Refused,
    /// The camera has ended the session in order.
    End,
}

/// That the camera refuses the session, or what the session brings.
type Heard = Result<Result<CodecItem, retina::Error>, Refused>;
struct Refused;

/// One session at work.
struct Receiver {
    items: Demuxed,
    ear: Ear,
    stream: usize,
    codec: Codec,
    /// What the camera said of its clock.
    told_time: Option<Moment>,
    /// Packets were lost or made no sense since the last picture.
    torn: bool,
}

impl Receiver {
    async fn open(settings: &SourceSettings) -> Result<Self, SourceFault> {
        let address = settings.url.parse();
        let address: url::Url =
            address.map_err(|e: url::ParseError| SourceFault::BadAddress(e.to_string()))?;
        let creds = (!settings.username.is_empty()).then(|| Credentials {
            username: settings.username.clone(),
            password: settings.password.clone(),
        });
        let options = SessionOptions::default()
            .creds(creds)
            .user_agent("gengfu".into())
            .teardown(TeardownPolicy::Always)
            .unassigned_channel_data(UnassignedChannelDataPolicy::Ignore);
        let mut session = in_time(Session::describe(address, options)).await?;
        let (stream, codec) = choose(&session)?;
        let options = SetupOptions::default()
            .transport(Transport::Tcp(Default::default()))
            .frame_format(FrameFormat::SIMPLE);
        in_time(session.setup(stream, options)).await?;
        // Cameras that say nothing or nonsense of their first time stamp and of who reports are
        // normal.
        let play = PlayOptions::default()
            .initial_timestamp(InitialTimestampPolicy::Permissive)
            .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::Default);
        let playing = in_time(session.play(play)).await?;
        let items = playing.demuxed().map_err(|error| told(&error))?;
        Ok(Self { items, ear: Ear::new(), stream, codec, told_time: None, torn: false })
    }

    /// A session and the first key frame of it.
    async fn open_at_key(settings: &SourceSettings) -> Result<(Self, VideoFrame), SourceFault> {
        let mut receiver = Self::open(settings).await?;
        loop {
            match receiver.next().await? {
                Coming::Item(CodecItem::VideoFrame(frame)) if frame.is_random_access_point() => {
                    return Ok((receiver, frame));
                }
                Coming::Item(_) | Coming::Refused => {}
                Coming::End => return Err(SourceFault::Ended),
            }
        }
    }

    /// What comes next.
    async fn next(&mut self) -> Result<Coming, SourceFault> {
        loop {
            match poll_fn(|cx| self.poll(cx)).await {
                Some(Ok(Err(error))) if is_of_a_packet(&error) => self.torn = true,
                Some(Ok(Err(error))) => return Err(told(&error)),
                Some(Ok(Ok(item))) => return Ok(Coming::Item(item)),
                Some(Err(Refused)) => return Ok(Coming::Refused),
                None => return Ok(Coming::End),
            }
        }
    }

    /// The session with the ear on; a refusal is told when nothing else is there.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        let Self { items, ear, .. } = self;
        let polled = tracing::dispatcher::with_default(ear.on(), || items.poll_next_unpin(cx));
        if polled.is_pending() && ear.heard() {
            return Poll::Ready(Some(Err(Refused)));
        }
        polled.map(|item| item.map(Ok))
    }

    fn take(&mut self, item: CodecItem, (seam, intake): (&mut Seam, &Arc<Intake>)) {
        match item {
            CodecItem::VideoFrame(frame) => self.deliver(&frame, (seam, intake)),
            CodecItem::Rtcp(report) => {
                self.told_time = compare_clocks(&report, intake).or(self.told_time);
            }
            // Nothing but video was set up.
            CodecItem::AudioFrame(_) | CodecItem::MessageFrame(_) | _ => {}
        }
    }

    fn deliver(&mut self, frame: &VideoFrame, (seam, intake): (&mut Seam, &Arc<Intake>)) {
        let torn = std::mem::take(&mut self.torn) || frame.loss() > 0;
        let size = match self.items.streams()[self.stream].parameters() {
            Some(ParametersRef::Video(video)) => video.pixel_dimensions(),
            _ => (0, 0),
        };
        let pts_us = seam.joined(stamp_us(frame), intake.now());
        intake.unit(&RawUnit {
            codec: self.codec,
            width_px: size.0,
            height_px: size.1,
            key: frame.is_random_access_point(),
            torn,
            pts_us,
            bytes: frame.data(),
        });
        if let Some(moment) = self.told_time {
            intake.stamped(Moment::of(moment, frame));
        }
    }
}

/// A session's own stamp of a picture.
fn stamp_us(frame: &VideoFrame) -> i64 {
    let time = frame.timestamp();
    let rate = i128::from(time.clock_rate().get());
    let us = i128::from(time.elapsed()) * 1_000_000 / rate;
    i64::try_from(us).unwrap_or_default()
}

/// Where the stamps of one session go on with those of the one before.
#[derive(Default)]
struct Seam {
    /// Added to a session's own stamps.
    shift_us: i64,
    /// The latest stamp so far, and when the last picture came.
    latest: Option<(i64, Duration)>,
}

/// A pause between two sessions from which on footage is missing, and has to be told so: some
/// pictures of the slowest camera.
const PAUSE_MIN: Duration = Duration::from_millis(500);

impl Seam {
    /// The stamp of a picture that comes `now`.
    fn joined(&mut self, own_us: i64, now: Duration) -> i64 {
        let us = own_us.saturating_add(self.shift_us);
        let latest_us = self.latest.map_or(us, |(latest_us, _)| latest_us.max(us));
        self.latest = Some((latest_us, now));
        us
    }

    /// A session, whose first stamp is this, goes on `now`; gives how long nothing came.
    fn turn(&mut self, own_us: i64, now: Duration) -> Duration {
        let Some((latest_us, at)) = self.latest else { return Duration::ZERO };
        let pause = now.saturating_sub(at);
        let pause_us = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        self.shift_us = latest_us.saturating_add(pause_us).saturating_sub(own_us);
        pause
    }

    /// The next session takes over with its first key frame.
    fn pass(&mut self, (mut next, key): (Receiver, VideoFrame), intake: &Arc<Intake>) -> Receiver {
        if self.turn(stamp_us(&key), intake.now()) >= PAUSE_MIN {
            intake.interrupted();
        }
        next.deliver(&key, (self, intake));
        next
    }
}

/// The first stream that can be read.
fn choose(session: &Session<retina::client::Described>) -> Result<(usize, Codec), SourceFault> {
    let mut foreign = None;
    for (at, stream) in session.streams().iter().enumerate() {
        match (stream.media(), stream.encoding_name()) {
            ("video", "h264") => return Ok((at, Codec::H264)),
            ("video", "h265") => return Ok((at, Codec::H265)),
            ("video", other) => foreign = Some(other.to_ascii_uppercase()),
            _ => {}
        }
    }
    Err(foreign.map_or(SourceFault::NoVideo, SourceFault::UnsupportedCodec))
}

/// A moment by the camera's clock and its stamp of RTP.
#[derive(Clone, Copy)]
struct Moment {
    at: UnixMs,
    stamp: u32,
}

/// A sender report says what time it is at the camera, just now.
fn compare_clocks(report: &ReceivedCompoundPacket, intake: &Intake) -> Option<Moment> {
    intake.rtcp(report.raw());
    let at = rtcp::sent_at(report.raw())?;
    let sender = report.pkts().next()?.as_sender_report().ok()??;
    Some(Moment { at, stamp: sender.rtp_timestamp() })
}

impl Moment {
    /// When the camera stamped a picture, by its own clock.
    fn of(self, frame: &VideoFrame) -> UnixMs {
        let time = frame.timestamp();
        // Stamps of RTP are 32 bits that go round; the difference is right across the seam.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "goes round")]
        let stamp = time.timestamp() as u32;
        let ticks = i64::from(stamp.wrapping_sub(self.stamp).cast_signed());
        self.at.plus_ms(ticks * 1_000 / i64::from(time.clock_rate().get()))
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, retina::Error>>,
) -> Result<T, SourceFault> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answered) => answered.map_err(|error| told(&error)),
        Err(_) => Err(SourceFault::NoAnswer),
    }
}

/// Whether an error is of one packet that makes no sense. The crate goes on with the next one
/// when it is asked again, and garbage now and then is not worth a gap each time; a camera that
/// sends nothing else is ended by the watchdog. Only such errors name their packet.
fn is_of_a_packet(error: &retina::Error) -> bool {
    let text = error.to_string();
    let is_one = text.contains("\npkt: ");
    if is_one {
        tracing::debug!(%text, "a packet that makes no sense");
    }
    is_one
}

/// What an error means for people. Apart from the status code the crate tells its errors apart only
/// in words; the beginnings of their sentences are used here.
fn told(error: &retina::Error) -> SourceFault {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().to_owned();
    match error.status_code() {
        Some(401 | 403) => return SourceFault::Unauthorised,
        Some(404) => return SourceFault::NotFound,
        Some(_) => return SourceFault::Refused(first),
        None => {}
    }
    tracing::debug!(%text, "an error of receiving");
    if first.starts_with("Unable to connect") || first.contains("failed to respond") {
        SourceFault::NoAnswer
    } else if first.starts_with("Error reading") || first.starts_with("Error writing") {
        // The camera ended the connection, or the network did.
        SourceFault::Ended
    } else if first.starts_with("RTSP framing error") {
        SourceFault::NotRtsp
    } else {
        SourceFault::Broken(first)
    }
}
