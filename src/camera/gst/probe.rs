//! Listens to a camera for some seconds, as the daemon would, and measures what it sends.
//!
//! It is asked once without a password over a plain connection, for its name and for how it asks;
//! then it is played by the same part of GStreamer as in the daemon. Units are measured before
//! the parser, because a parser keeps back what it cannot read. Blocks its thread.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;

use super::fault::{Offer, classify};
use super::source::{SourceSettings, codec_of, make_rtsp};
use crate::camera::Codec;
use crate::camera::nal::{self, Part};
use crate::camera::probe::{Measured, Unit};
use crate::camera::status::SourceFault;
use crate::clock::{Clock, RealClock};
use crate::config::Transport;

/// Whom to listen to.
pub struct ProbeOptions {
    pub url: String,
    pub user: Option<String>,
    /// Environment variable that holds the password.
    pub password_env: Option<String>,
    pub password: String,
    pub listen_for: Duration,
}

/// Longest wait for a connection and for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Longest wait for the first packet of video; as for the daemon's first unit.
const FIRST_WITHIN: Duration = Duration::from_secs(12);

/// Ticks of a video stamp in a millisecond (RFC 6184, 8.2.1).
const TICKS_PER_MS: i64 = 90;

/// Listens to a camera.
///
/// # Errors
/// Why nothing can be heard, as the daemon would say it.
pub fn probe(options: &ProbeOptions) -> Result<Measured, SourceFault> {
    super::start().map_err(|e| SourceFault::Pipeline(e.to_string()))?;
    let mut measured = Measured {
        url: options.url.clone(),
        user: options.user.clone(),
        password_env: options.password_env.clone(),
        ..Measured::default()
    };
    if let Some(place) = options.url.strip_prefix("rtsp://") {
        ask(place, &mut measured)?;
    }
    let settings = SourceSettings {
        url: options.url.clone(),
        username: options.user.clone().unwrap_or_default(),
        password: options.password.clone(),
        transport: Transport::Tcp,
    };
    let rtsp = make_rtsp(&settings)?;
    let ear = Ear::default();
    let heard = listen(&rtsp, &ear, options.listen_for);
    let taken = std::mem::take(&mut *ear.held());
    measured.offered = taken.offered;
    measured.codec = taken.codec;
    measured.profile = taken.profile;
    measured.size_px = taken.size_px;
    measured.units = taken.units;
    measured.clock_ms = taken.clock_ms;
    measured.jump_s = taken.jump_s;
    match heard {
        // Who offers nothing that can be read is told what it offers.
        Err(SourceFault::NoVideo | SourceFault::UnsupportedCodec(_)) => Ok(measured),
        // What was heard before the end is worth telling.
        Err(_) if measured.units.len() > 1 => Ok(measured),
        Err(fault) => Err(fault),
        Ok(()) => Ok(measured),
    }
}

/// Asks for the description without a password: the server's name and how it asks for one.
fn ask(place: &str, measured: &mut Measured) -> Result<(), SourceFault> {
    let (host, _) = place.split_once('/').unwrap_or((place, ""));
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:554") };
    let bad = |what: &str| SourceFault::BadAddress(format!("{what}: {host}"));
    let address = host.to_socket_addrs().map_err(|_| bad("there is no such host"))?.next();
    let address = address.ok_or_else(|| bad("there is no such host"))?;
    let silent = |_| SourceFault::NoAnswer;
    let stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN).map_err(silent)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(silent)?;
    let request = format!(
        "DESCRIBE {} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\
         User-Agent: gengfu\r\n\r\n",
        measured.url
    );
    (&stream).write_all(request.as_bytes()).map_err(silent)?;
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let first = lines.next().ok_or(SourceFault::NoAnswer)?;
    if !first.starts_with("RTSP/") {
        return Err(SourceFault::NotRtsp);
    }
    let asks = measured.asks.insert(Vec::new());
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("Server") {
            measured.server = Some(value.to_owned());
        }
        if name.eq_ignore_ascii_case("WWW-Authenticate") {
            let scheme = value.split_whitespace().next().unwrap_or_default();
            asks.push(scheme.to_ascii_lowercase());
        }
    }
    Ok(())
}

/// What is heard, filled by GStreamer's threads.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    offered: Vec<(String, String)>,
    codec: Option<Codec>,
    profile: Option<String>,
    size_px: Option<(u32, u32)>,
    units: Vec<Unit>,
    /// Stamp of the newest packet, and when it came.
    newest: Option<(u32, i64)>,
    /// The same stamp since the first packet, without going round.
    ticks: i64,
    clock_ms: Option<i64>,
    jump_s: i64,
}

/// What ends the waiting.
enum Told {
    /// The first packet of video.
    First,
    Fault(SourceFault),
}

impl Ear {
    fn held(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.0.lock().expect("no panic happens while an ear is held")
    }
}

fn broken(error: impl ToString) -> SourceFault {
    SourceFault::Pipeline(error.to_string())
}

/// Plays the camera for so long.
fn listen(rtsp: &gst::Element, ear: &Ear, time: Duration) -> Result<(), SourceFault> {
    let pipeline = gst::Pipeline::new();
    pipeline.add(rtsp).map_err(broken)?;
    // One place for the first packet and one for a fault; later ones say nothing new.
    let (tell, told) = sync_channel(2);
    let offer = Arc::new(Mutex::new(Offer::default()));
    choose(rtsp, ear, &offer);
    attach(rtsp, &pipeline, ear, &tell);
    watch(&pipeline, rtsp, offer, &tell);
    if pipeline.set_state(gst::State::Playing).is_err() {
        tracing::debug!("rtspsrc does not start");
    }
    let heard = wait(&told, time);
    let clock_ms = clock_of(rtsp, ear.held().newest);
    ear.held().clock_ms = clock_ms;
    if let Some(bus) = pipeline.bus() {
        bus.unset_sync_handler();
    }
    if pipeline.set_state(gst::State::Null).is_err() {
        tracing::debug!("the pipeline refused to stop");
    }
    heard
}

fn wait(told: &Receiver<Told>, time: Duration) -> Result<(), SourceFault> {
    match told.recv_timeout(FIRST_WITHIN) {
        Ok(Told::First) => {}
        Ok(Told::Fault(fault)) => return Err(fault),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(()),
    }
    match told.recv_timeout(time) {
        Ok(Told::Fault(fault)) => Err(fault),
        Ok(Told::First) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(()),
    }
}

/// Takes down what is offered and sets up the first video stream that can be read.
fn choose(rtsp: &gst::Element, ear: &Ear, offer: &Arc<Mutex<Offer>>) {
    let (ear, offer) = (ear.clone(), Arc::clone(offer));
    rtsp.connect("select-stream", false, move |args| {
        let caps = args[2].get::<gst::Caps>().ok()?;
        let caps = caps.structure(0)?;
        let text = |name| caps.get::<String>(name).unwrap_or_default();
        let (media, encoding) = (text("media"), text("encoding-name"));
        let mut offer = offer.lock().expect("no panic happens while the offer is held");
        let mut heard = ear.held();
        let codec = codec_of(caps);
        let chosen = codec.is_some() && !offer.usable;
        offer.streams += 1;
        if media == "video" && codec.is_none() {
            offer.foreign_video = Some(encoding.clone());
        }
        if chosen {
            offer.usable = true;
            heard.codec = codec;
        }
        heard.offered.push((media, encoding));
        Some(chosen.to_value())
    });
}

fn watch(
    pipeline: &gst::Pipeline,
    rtsp: &gst::Element,
    offer: Arc<Mutex<Offer>>,
    tell: &SyncSender<Told>,
) {
    let (described, telling) = (Arc::clone(&offer), tell.clone());
    rtsp.connect_no_more_pads(move |_| {
        let offer = described.lock().expect("no panic happens while the offer is held");
        if let Some(fault) = offer.fault() {
            say(&telling, Told::Fault(fault));
        }
    });
    let (bus, tell) = (pipeline.bus().expect("a pipeline has a bus"), tell.clone());
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            let offer = offer.lock().expect("no panic happens while the offer is held");
            say(&tell, Told::Fault(classify(error, &offer)));
        }
        if message.type_() == gst::MessageType::Eos {
            say(&tell, Told::Fault(SourceFault::Ended));
        }
        gst::BusSyncReply::Drop
    });
}

fn say(tell: &SyncSender<Told>, what: Told) {
    if tell.try_send(what).is_err() {
        tracing::trace!("the camera has told more than is waited for");
    }
}

fn attach(rtsp: &gst::Element, pipeline: &gst::Pipeline, ear: &Ear, tell: &SyncSender<Told>) {
    let (pipeline, ear, tell) = (pipeline.downgrade(), ear.clone(), tell.clone());
    let clock = Arc::new(RealClock::new());
    rtsp.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps();
        let codec = caps.as_ref().and_then(|caps| caps.structure(0)).and_then(codec_of);
        let (Some(pipeline), Some(codec)) = (pipeline.upgrade(), codec) else {
            return;
        };
        hear_packets(pad, (&ear, &tell), &clock);
        if let Err(fault) = branch(&pipeline, pad, (codec, &ear), &clock) {
            say(&tell, Told::Fault(fault));
        }
    });
}

/// Takes down when a packet with which stamp came.
fn hear_packets(pad: &gst::Pad, (ear, tell): (&Ear, &SyncSender<Told>), clock: &Arc<RealClock>) {
    let (ear, tell, clock) = (ear.clone(), tell.clone(), Arc::clone(clock));
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let packet = info.buffer().and_then(|buffer| buffer.map_readable().ok());
        let stamp = packet.as_ref().and_then(|bytes| bytes.get(4..8)?.try_into().ok());
        if let Some(stamp) = stamp {
            let newest = (u32::from_be_bytes(stamp), clock.now().0);
            let mut heard = ear.held();
            match heard.newest.replace(newest) {
                None => say(&tell, Told::First),
                Some(before) => {
                    heard.jump_s = heard.jump_s.max(jump_s(before, newest));
                    heard.ticks += i64::from(newest.0.wrapping_sub(before.0).cast_signed());
                }
            }
        }
        gst::PadProbeReturn::Ok
    });
}

/// How far a stamp is from where its arrival would have it, s, if that is a jump.
fn jump_s(before: (u32, i64), now: (u32, i64)) -> i64 {
    /// As in `restamp`.
    const STEP_MAX_MS: i64 = 2_000;
    let step_ms = i64::from(now.0.wrapping_sub(before.0).cast_signed()) / TICKS_PER_MS;
    let off_ms = (step_ms - (now.1 - before.1)).abs();
    // Rounded: arrivals waver by some hundred milliseconds on a busy machine.
    if off_ms > STEP_MAX_MS { (off_ms + 500) / 1_000 } else { 0 }
}

fn branch(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    (codec, ear): (Codec, &Ear),
    clock: &Arc<RealClock>,
) -> Result<(), SourceFault> {
    let name = codec.name();
    let text = format!(
        "rtp{name}depay name=units ! video/x-{name},stream-format=byte-stream,alignment=au \
         ! {name}parse name=parser ! fakesink sync=false async=false"
    );
    let branch = gst::parse::bin_from_description(&text, true).map_err(broken)?;
    let out = |name| branch.by_name(name)?.static_pad("src");
    let (ear_units, clock) = (ear.clone(), Arc::clone(clock));
    let units = out("units").ok_or_else(|| broken("no depayloader"))?;
    units.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer()
            && let Ok(bytes) = buffer.map_readable()
        {
            let mut heard = ear_units.held();
            let unit = Unit {
                // The camera's own stamp: rtspsrc's is smoothed, which hides small steps back and
                // on a busy machine makes large ones.
                pts_us: heard.ticks * 1_000 / TICKS_PER_MS,
                at_ms: i64::try_from(clock.elapsed().as_millis()).unwrap_or_default(),
                ..weigh(codec, &bytes)
            };
            heard.units.push(unit);
        }
        gst::PadProbeReturn::Ok
    });
    let ear = ear.clone();
    let parsed = out("parser").ok_or_else(|| broken("no parser"))?;
    parsed.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(event) = info.event()
            && let gst::EventView::Caps(caps) = event.view()
            && let Some(caps) = caps.caps().structure(0)
        {
            note_format(caps, &mut ear.held());
        }
        gst::PadProbeReturn::Ok
    });
    pipeline.add(&branch).map_err(broken)?;
    let entry = branch.static_pad("sink").ok_or_else(|| broken("no way in"))?;
    pad.link(&entry).map_err(broken)?;
    branch.sync_state_with_parent().map_err(broken)
}

fn note_format(caps: &gst::StructureRef, heard: &mut Heard) {
    // A side that is missing or no number of pixels is not known; why does not matter.
    let side = |name| u32::try_from(caps.get::<i32>(name).ok()?).ok();
    heard.size_px = side("width").zip(side("height")).or(heard.size_px);
    if let Ok(profile) = caps.get::<&str>("profile") {
        let level = caps.get::<&str>("level").map_or_else(|_| String::new(), |l| format!(" {l}"));
        heard.profile = Some(format!("{profile}{level}"));
    }
}

/// What an encoded picture is made of.
fn weigh(codec: Codec, bytes: &[u8]) -> Unit {
    let mut unit = Unit { bytes: bytes.len(), ..Unit::default() };
    for part in nal::parts(bytes) {
        let first = part.first().copied().unwrap_or_default();
        match nal::kind(codec, part) {
            Part::Slice => {
                unit.key |= match codec {
                    Codec::H264 => first & 0x1f == 5,
                    // IRAP pictures, table 7-1 of H.265.
                    Codec::H265 => (16..=21).contains(&(first >> 1 & 0x3f)),
                }
            }
            Part::ParameterSet => unit.has_sets = true,
            Part::Filler => unit.padding += part.len(),
            Part::Other => {}
        }
    }
    unit
}

/// The camera's clock minus ours, ms: its last sender report, carried on to the newest packet.
fn clock_of(rtsp: &gst::Element, newest: Option<(u32, i64)>) -> Option<i64> {
    let (stamp, came_ms) = newest?;
    let bin = rtsp.downcast_ref::<gst::Bin>()?;
    let manager = bin.iterate_elements().into_iter().flatten();
    let manager = manager.into_iter().find(|part| part.name().starts_with("manager"))?;
    let session = manager.emit_by_name::<Option<glib::Object>>("get-internal-session", &[&0u32])?;
    let stats = session.property::<gst::Structure>("stats");
    let sources = stats.get::<glib::ValueArray>("source-stats").ok()?;
    let reports = sources.iter().filter_map(|source| source.get::<gst::Structure>().ok());
    let mut reports = reports.filter(|source| {
        source.get::<bool>("have-sr").unwrap_or_default()
            && !source.get::<bool>("internal").unwrap_or_default()
    });
    let report = reports.next()?;
    /// Seconds from 1900 to 1970.
    const NTP_EPOCH_S: i64 = 2_208_988_800;
    let ntp = report.get::<u64>("sr-ntptime").ok()?;
    let reported = report.get::<u32>("sr-rtptime").ok()?;
    let seconds = i64::try_from(ntp >> 32).ok()? - NTP_EPOCH_S;
    let fraction_ms = i64::try_from(((ntp & 0xffff_ffff) * 1_000) >> 32).ok()?;
    let since_ms = i64::from(stamp.wrapping_sub(reported).cast_signed()) / TICKS_PER_MS;
    Some(seconds * 1_000 + fraction_ms + since_ms - came_ms)
}
