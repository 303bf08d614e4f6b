//! Decoding, apart from receiving: encoded pictures in, small pictures out.
//!
//! A decoder has one bounded thread and never makes the giver wait. Each unit goes through it with
//! a ticket (a time stamp beside the camera's own, which may jump), so that whatever comes out is
//! known to belong to its unit although decoders reorder pictures. A picture that stands alone is
//! driven out at once: a decoder for reordered pictures would keep it until the next one comes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::Error;
use super::picture::{picture_of, take_any_layout};
use crate::camera::intake::Intake;
use crate::camera::{AccessUnit, Codec, StreamFormat};
use crate::clock::UnixMs;

/// Which pictures a decoder is for. Another encoding or size needs another decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    codec: Codec,
    width_px: u32,
    height_px: u32,
}

impl Shape {
    pub(super) const fn of(format: &StreamFormat) -> Self {
        let StreamFormat { codec, width_px, height_px, .. } = *format;
        Self { codec, width_px, height_px }
    }
}

/// A running decoder.
pub(super) struct Decoder {
    pipeline: gst::Pipeline,
    entry: AppSrc,
    jobs: Arc<Jobs>,
    shape: Shape,
}

/// What is known of a picture while it is being decoded.
pub(crate) struct Job {
    ticket: u64,
    pub(crate) seq: u64,
    pub(crate) pts_us: i64,
    pub(crate) at: Duration,
    pub(crate) seen_at: UnixMs,
    intake: Arc<Intake>,
}

/// The pictures under way, oldest first.
#[derive(Default)]
struct Jobs {
    inside: Mutex<(u64, VecDeque<Job>)>,
    failed: AtomicBool,
}

/// Pictures that may come out after a younger one, in both standards at most 16 (H.264 A.3.1,
/// H.265 A.4.2). What is older than that will never come.
const REORDERED_MAX: u64 = 16;

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, (u64, VecDeque<Job>)> {
        self.inside.lock().expect("no panic happens while the jobs are held")
    }

    fn add(&self, unit: &AccessUnit, intake: &Arc<Intake>) -> u64 {
        let mut inside = self.lock();
        inside.0 += 1;
        let ticket = inside.0;
        inside.1.push_back(Job {
            ticket,
            seq: unit.seq,
            pts_us: unit.pts_us,
            at: unit.at,
            seen_at: unit.seen_at,
            intake: Arc::clone(intake),
        });
        ticket
    }

    /// The job of this ticket; older ones that will never come are counted as broken.
    fn take(&self, ticket: u64) -> Option<Job> {
        let mut inside = self.lock();
        let broken: Vec<Job> = {
            let jobs = &mut inside.1;
            let lost = jobs.iter().take_while(|job| job.ticket + REORDERED_MAX < ticket).count();
            jobs.drain(..lost).collect()
        };
        let at = inside.1.iter().position(|job| job.ticket == ticket);
        let job = at.and_then(|at| inside.1.remove(at));
        drop(inside);
        for job in broken {
            job.intake.count_broken();
        }
        job
    }

    /// The same without taking it, to ask whether anybody wants its picture.
    fn is_wanted(&self, ticket: u64) -> bool {
        let inside = self.lock();
        let job = inside.1.iter().find(|job| job.ticket == ticket);
        let wanted = job.map(|job| (Arc::clone(&job.intake), job.seq, job.at));
        drop(inside);
        wanted.is_some_and(|(intake, seq, at)| intake.wants_picture(seq, at))
    }
}

impl Decoder {
    /// A decoder for pictures of this shape, which come out at most `width_px` wide.
    ///
    /// # Errors
    /// GStreamer lacks a part.
    pub(super) fn new(shape: Shape, width_px: u32) -> Result<Self, Error> {
        super::start()?;
        let pipeline = gst::parse::launch(&describe(shape.codec, width_px)).map_err(Error::part)?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
        let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
        let entry = part("units")?.downcast::<AppSrc>().map_err(|_| Error::part("appsrc"))?;
        let exit = part("pictures")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
        let decoded = part("decoder")?.static_pad("src").ok_or_else(|| Error::part("decoder"))?;
        entry.set_caps(Some(&caps_of(shape)));
        let jobs = Arc::new(Jobs::default());
        thin_out(&decoded, &jobs);
        take_any_layout(&exit.static_pad("sink").ok_or_else(|| Error::part("pictures"))?);
        deliver(&exit, &jobs);
        watch_bus(&pipeline, &jobs);
        pipeline.set_state(gst::State::Playing).map_err(Error::part)?;
        Ok(Self { pipeline, entry, jobs, shape })
    }

    pub(super) fn fits(&self, shape: Shape) -> bool {
        self.shape == shape && !self.jobs.failed.load(Ordering::Relaxed)
    }

    /// Pictures that wait or are being decoded.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.lock().1.len()
    }

    /// Takes the next unit of a stream. Units must follow each other from a key frame on.
    pub(super) fn feed(&self, unit: &AccessUnit, intake: &Arc<Intake>) {
        let ticket = self.jobs.add(unit, intake);
        let mut buffer = gst::Buffer::from_slice(Arc::clone(&unit.bytes));
        let fresh = buffer.get_mut().expect("nobody else knows a new buffer");
        fresh.set_pts(gst::ClockTime::from_mseconds(ticket));
        if !unit.key {
            fresh.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        let ticket = gst::ClockTime::from_nseconds(ticket);
        gst::ReferenceTimestampMeta::add(fresh, &TICKET.0, ticket, gst::ClockTime::NONE);
        if self.entry.push_buffer(buffer).is_err() {
            // Its pipeline is over; whoever comes next makes another decoder.
            self.jobs.failed.store(true, Ordering::Relaxed);
        }
    }

    /// Drives out what was fed; a key frame must be fed next.
    pub(super) fn drain(&self) {
        let end = gst::event::SegmentDone::new(gst::ClockTime::ZERO);
        if !self.entry.send_event(end) {
            self.jobs.failed.store(true, Ordering::Relaxed);
        }
    }

    /// Frees it on a thread of its own, because a picture may be under way.
    pub(super) fn close(self) {
        let started = std::thread::Builder::new().name("decoder-close".into()).spawn(|| drop(self));
        if started.is_err() {
            tracing::warn!("no thread is left to free a decoder on; freed on the spot");
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::debug!("a decoder refused to stop");
        }
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
        // Their intakes hold decoders in turn.
        self.jobs.lock().1.clear();
    }
}

/// Marks the time stamps that are tickets.
struct Mark(gst::Caps);

static TICKET: std::sync::LazyLock<Mark> =
    std::sync::LazyLock::new(|| Mark(gst::Caps::new_empty_simple("timestamp/x-gengfu-ticket")));

fn describe(codec: Codec, width_px: u32) -> String {
    let parts = describe_parts(codec, width_px);
    format!(
        "appsrc name=units format=time max-buffers=0 max-bytes=0 max-time=0 block=false \
         emit-signals=false ! {parts}"
    )
}

/// The parts of a decoder without their entry.
pub(super) fn describe_parts(codec: Codec, width_px: u32) -> String {
    let name = codec.name();
    // A picture that is small enough and of the usual format passes as it is.
    format!(
        "avdec_{name} name=decoder max-threads=1 output-corrupt=false \
         ! videoconvertscale n-threads=1 \
         ! video/x-raw,format=I420,width=[1,{width_px}],pixel-aspect-ratio=1/1 \
         ! appsink name=pictures sync=false async=false"
    )
}

fn caps_of(shape: Shape) -> gst::Caps {
    let side = |px: u32| i32::try_from(px).unwrap_or(i32::MAX);
    let caps = gst::Caps::builder(format!("video/x-{}", shape.codec.name()))
        .field("stream-format", "byte-stream")
        .field("alignment", "au");
    if shape.width_px == 0 || shape.height_px == 0 {
        return caps.build();
    }
    caps.field("width", side(shape.width_px)).field("height", side(shape.height_px)).build()
}

fn ticket_of(buffer: &gst::BufferRef) -> Option<u64> {
    let stamps = buffer.iter_meta::<gst::ReferenceTimestampMeta>();
    stamps
        .filter(|stamp| stamp.reference().is_strictly_equal(&TICKET.0))
        .map(|stamp| stamp.timestamp().nseconds())
        .next()
}

/// Drops decoded pictures that nobody will look at before they cost scaling and conversion.
fn thin_out(pad: &gst::Pad, jobs: &Arc<Jobs>) {
    let jobs = Arc::clone(jobs);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(ticket) = info.buffer().and_then(|buffer| ticket_of(buffer)) else {
            return gst::PadProbeReturn::Drop;
        };
        if jobs.is_wanted(ticket) {
            return gst::PadProbeReturn::Ok;
        }
        drop(jobs.take(ticket));
        gst::PadProbeReturn::Drop
    });
}

fn deliver(exit: &AppSink, jobs: &Arc<Jobs>) {
    let jobs = Arc::clone(jobs);
    let take = move |exit: &AppSink| {
        let sample = exit.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let job = sample.buffer().and_then(ticket_of).and_then(|ticket| jobs.take(ticket));
        if let Some(job) = job {
            let intake = Arc::clone(&job.intake);
            intake.picture(&job, picture_of(&sample).ok_or(gst::FlowError::Error)?);
        }
        Ok(gst::FlowSuccess::Ok)
    };
    exit.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
}

/// An error ends a decoder; another one is made for the next key frame.
fn watch_bus(pipeline: &gst::Pipeline, jobs: &Arc<Jobs>) {
    let jobs = Arc::clone(jobs);
    let bus = pipeline.bus().expect("a pipeline has a bus");
    bus.set_sync_handler(move |_, message| {
        if let gst::MessageView::Error(error) = message.view() {
            tracing::debug!(error = %error.error(), detail = ?error.debug(), "decoder error");
            jobs.failed.store(true, Ordering::Relaxed);
        }
        gst::BusSyncReply::Drop
    });
}
