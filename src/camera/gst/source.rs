//! One attempt at one stream of a camera: RTSP in, access units out.
//!
//! Only the first H.264 or H.265 stream is set up; sound is never asked for, and nothing is
//! decoded here. A source never mends itself: it reports one fault and is closed and made anew.
//! Closing happens on a thread of its own, because saying goodbye to a dead camera can take as
//! long as the camera likes.

use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::fault::{Offer, classify};
use super::{Error, size_of};
use crate::camera::Codec;
use crate::camera::intake::{Intake, RawUnit};
use crate::camera::status::SourceFault;
use crate::config::Transport;

/// How to reach a camera. No `Debug`: it holds a password.
pub(crate) struct SourceSettings {
    /// Without user and password.
    pub(crate) url: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) transport: Transport,
}

/// A running attempt.
pub(crate) struct Source {
    pipeline: gst::Pipeline,
}

/// Longest silence on a connection before rtspsrc gives up, in microseconds.
const SILENCE_US: u64 = 5_000_000;
/// Time for late packets, ms: over TCP nothing is late, over a local network UDP reorders less.
const LATENCY_MS: u32 = 100;

impl Source {
    /// Begins to open the camera and returns at once; all that follows arrives at `intake`.
    ///
    /// # Errors
    /// The address is no RTSP address, or GStreamer lacks a part.
    pub(crate) fn open(settings: SourceSettings, intake: Arc<Intake>) -> Result<Self, SourceFault> {
        let pipeline = gst::Pipeline::new();
        let rtsp = make_rtsp(&settings)?;
        pipeline.add(&rtsp).map_err(broken)?;
        let offer = Arc::new(Mutex::new(Offer::default()));
        choose_streams(&rtsp, &offer);
        report_empty_offers(&rtsp, &offer, &intake);
        watch_clock(&rtsp, &intake);
        attach_branches(&rtsp, &pipeline, &intake);
        watch_bus(&pipeline, offer, Arc::clone(&intake));
        if pipeline.set_state(gst::State::Playing).is_err() {
            // The bus has told the cause already; this fault counts only if it did not.
            intake.fault(SourceFault::Pipeline("rtspsrc does not start".into()));
        }
        Ok(Self { pipeline })
    }

    /// Says goodbye and frees everything on a thread of its own, then calls `done`. With a dead
    /// camera that may be late or never.
    ///
    /// # Errors
    /// The machine has no thread left; the source is freed on the spot then.
    pub(crate) fn close(self, done: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        std::thread::Builder::new().name("camera-close".into()).spawn(move || {
            drop(self);
            done();
        })?;
        Ok(())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::debug!("a camera's pipeline refused to stop");
        }
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

fn broken(error: impl ToString) -> SourceFault {
    SourceFault::Pipeline(error.to_string())
}

pub(super) fn make_rtsp(settings: &SourceSettings) -> Result<gst::Element, SourceFault> {
    if !settings.url.starts_with("rtsp://") && !settings.url.starts_with("rtsps://") {
        return Err(SourceFault::BadAddress("its url must begin with rtsp://".into()));
    }
    let rtsp = gst::ElementFactory::make("rtspsrc").build().map_err(broken)?;
    rtsp.set_property("location", &settings.url);
    if !settings.username.is_empty() {
        rtsp.set_property("user-id", &settings.username);
        rtsp.set_property("user-pw", &settings.password);
    }
    let protocols = match settings.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    rtsp.set_property_from_str("protocols", protocols);
    rtsp.set_property("latency", LATENCY_MS);
    rtsp.set_property("timeout", SILENCE_US);
    rtsp.set_property("tcp-timeout", SILENCE_US);
    rtsp.set_property("teardown-timeout", gst::ClockTime::from_mseconds(500).nseconds());
    Ok(rtsp)
}

/// Which encoding a stream has, if it is one that can be read.
pub(super) fn codec_of(caps: &gst::StructureRef) -> Option<Codec> {
    match caps.get::<&str>("encoding-name").ok()? {
        "H264" => Some(Codec::H264),
        "H265" => Some(Codec::H265),
        _ => None,
    }
}

/// Sets up only the first video stream that can be read.
fn choose_streams(rtsp: &gst::Element, offer: &Arc<Mutex<Offer>>) {
    let offer = Arc::clone(offer);
    rtsp.connect("select-stream", false, move |args| {
        let caps = args[2].get::<gst::Caps>().ok()?;
        let caps = caps.structure(0)?;
        let mut offer = offer.lock().expect("no panic happens while the offer is held");
        offer.streams += 1;
        let readable = codec_of(caps).is_some();
        let is_video = caps.get::<&str>("media").is_ok_and(|media| media == "video");
        if is_video && !readable {
            // Where the camera does not even name it, the fault says that there is no video.
            offer.foreign_video = caps.get::<String>("encoding-name").ok();
        }
        let chosen = readable && !offer.usable;
        offer.usable |= readable;
        Some(chosen.to_value())
    });
}

/// A camera with nothing to read is known as such when it has been described.
fn report_empty_offers(rtsp: &gst::Element, offer: &Arc<Mutex<Offer>>, intake: &Arc<Intake>) {
    let (offer, intake) = (Arc::clone(offer), Arc::clone(intake));
    rtsp.connect_no_more_pads(move |_| {
        let offer = offer.lock().expect("no panic happens while the offer is held");
        if let Some(fault) = offer.fault() {
            intake.fault(fault);
        }
    });
}

/// Streams of one camera whose RTCP is heard, sound among them.
const RTCP_SESSIONS: u32 = 4;

/// Hands on what RTCP packets come, for the camera's clock.
fn watch_clock(rtsp: &gst::Element, intake: &Arc<Intake>) {
    let manager = Arc::new(Mutex::new(None::<gst::glib::WeakRef<gst::Element>>));
    let keep = Arc::clone(&manager);
    rtsp.connect("new-manager", false, move |args| {
        let made = args[1].get::<gst::Element>().ok().map(|made| made.downgrade());
        *keep.lock().expect("no panic happens while the manager is held") = made;
        None
    });
    let intake = Arc::clone(intake);
    rtsp.connect_pad_added(move |_, _| {
        let made = manager.lock().expect("no panic happens while the manager is held").take();
        let Some(manager) = made.and_then(|made| made.upgrade()) else {
            return;
        };
        for id in 0..RTCP_SESSIONS {
            let session =
                manager.emit_by_name::<Option<gst::glib::Object>>("get-internal-session", &[&id]);
            let Some(session) = session else { continue };
            let intake = Arc::clone(&intake);
            session.connect("on-receiving-rtcp", false, move |args| {
                let buffer = args[1].get::<gst::Buffer>().ok()?;
                intake.rtcp(&buffer.map_readable().ok()?);
                None
            });
        }
    });
}

fn attach_branches(rtsp: &gst::Element, pipeline: &gst::Pipeline, intake: &Arc<Intake>) {
    let (pipeline, intake) = (pipeline.downgrade(), Arc::clone(intake));
    rtsp.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps();
        let codec = caps.as_ref().and_then(|caps| caps.structure(0)).and_then(codec_of);
        let (Some(pipeline), Some(codec)) = (pipeline.upgrade(), codec) else {
            return;
        };
        if let Err(error) = attach(&pipeline, pad, codec, &intake) {
            intake.fault(SourceFault::Pipeline(error.to_string()));
        }
    });
}

/// Puts the parser and the outlet behind a stream: all on the thread that receives.
fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: Codec,
    intake: &Arc<Intake>,
) -> Result<(), Error> {
    let branch = gst::parse::bin_from_description(&describe(codec), true).map_err(Error::part)?;
    let sink = branch.by_name("units").and_then(|part| part.downcast::<AppSink>().ok());
    deliver_units(&sink.ok_or_else(|| Error::part("appsink"))?, codec, intake);
    pipeline.add(&branch).map_err(Error::part)?;
    let entry = branch.static_pad("sink").ok_or_else(|| Error::part("no way in"))?;
    pad.link(&entry).map_err(Error::part)?;
    branch.sync_state_with_parent().map_err(Error::part)
}

fn describe(codec: Codec) -> String {
    let name = codec.name();
    format!(
        "rtp{name}depay ! {name}parse config-interval=-1 \
         ! video/x-{name},stream-format=byte-stream,alignment=au \
         ! appsink name=units sync=false async=false"
    )
}

fn is_key(buffer: &gst::BufferRef) -> bool {
    !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT)
}

fn us(time: gst::ClockTime) -> i64 {
    i64::try_from(time.useconds()).unwrap_or(i64::MAX)
}

fn deliver_units(sink: &AppSink, codec: Codec, intake: &Arc<Intake>) {
    let intake = Arc::clone(intake);
    let take = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
        let bytes = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        let (width_px, height_px) = size_of(&sample).unwrap_or_default();
        intake.unit(&RawUnit {
            codec,
            width_px,
            height_px,
            key: is_key(buffer),
            torn: buffer.flags().contains(gst::BufferFlags::DISCONT),
            pts_us: buffer.pts().or(buffer.dts()).map_or(0, us),
            bytes: &bytes,
        });
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
}

/// Turns the first error or end on the bus into the attempt's fault. Runs on the thread that
/// posts, and keeps no message.
fn watch_bus(pipeline: &gst::Pipeline, offer: Arc<Mutex<Offer>>, intake: Arc<Intake>) {
    let bus = pipeline.bus().expect("a pipeline has a bus");
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            let offer = offer.lock().expect("no panic happens while the offer is held");
            intake.fault(classify(error, &offer));
        }
        if message.type_() == gst::MessageType::Eos {
            intake.fault(SourceFault::Ended);
        }
        gst::BusSyncReply::Drop
    });
}
