//! Receives a camera over RTSP and TCP: the way nearly every camera comes in.
//!
//! The crate `retina` asks, keeps the session alive and puts packets together to encoded pictures.
//! One 1080p stream of 4 Mbit/s costs 0.002 of a core here and 0.010 to 0.011 with GStreamer's
//! `rtspsrc`, depayloader and parser (measured side by side), because over TCP nothing has to be
//! put in order. UDP and TLS, which need just that, stay with `gst/source.rs`. Only the first
//! H.264 or H.265 stream is set up; sound is never asked for. Like a source of GStreamer, a
//! receiver never mends itself: it ends with one fault and is made anew.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use retina::client::{
    Credentials, InitialTimestampPolicy, PlayOptions, Session, SessionOptions, SetupOptions,
    TeardownPolicy, Transport, UnassignedChannelDataPolicy, UnknownRtcpSsrcPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame};
use retina::rtcp::ReceivedCompoundPacket;

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
    // Cameras that say nothing or nonsense of their first time stamp and of who reports are normal.
    let play = PlayOptions::default()
        .initial_timestamp(InitialTimestampPolicy::Permissive)
        .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::Default);
    let playing = in_time(session.play(play)).await?;
    let mut items = playing.demuxed().map_err(|error| told(&error))?;
    let mut told_time = None;
    let mut torn = false;
    while let Some(item) = items.next().await {
        let item = match item {
            Ok(item) => item,
            Err(error) if is_of_a_packet(&error) => {
                torn = true;
                continue;
            }
            Err(error) => return Err(told(&error)),
        };
        match item {
            CodecItem::VideoFrame(frame) => {
                let torn = std::mem::take(&mut torn) || frame.loss() > 0;
                let size = match items.streams()[stream].parameters() {
                    Some(ParametersRef::Video(video)) => video.pixel_dimensions(),
                    _ => (0, 0),
                };
                deliver(&frame, (codec, size, torn), intake);
                if let Some(moment) = told_time {
                    intake.stamped(Moment::of(moment, &frame));
                }
            }
            CodecItem::Rtcp(report) => told_time = compare_clocks(&report, intake).or(told_time),
            // Nothing but video was set up.
            CodecItem::AudioFrame(_) | CodecItem::MessageFrame(_) | _ => {}
        }
    }
    Ok(())
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

fn deliver(
    frame: &VideoFrame,
    (codec, size, torn): (Codec, (u32, u32), bool),
    intake: &Arc<Intake>,
) {
    let time = frame.timestamp();
    let rate = i128::from(time.clock_rate().get());
    let us = i128::from(time.elapsed()) * 1_000_000 / rate;
    intake.unit(&RawUnit {
        codec,
        width_px: size.0,
        height_px: size.1,
        key: frame.is_random_access_point(),
        torn,
        pts_us: i64::try_from(us).unwrap_or_default(),
        bytes: frame.data(),
    });
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
