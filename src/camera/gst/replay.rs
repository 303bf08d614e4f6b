//! A video file seen as the daemon sees a camera: the gate decides from the encoded pictures which
//! of them are decoded, and only those are.
//!
//! The same gate, measure of change, pace, decoder and scaling as behind a camera, but in step:
//! what is fed has come out before the gate is asked again, and the file's own times stand for the
//! clock. So the same file gives the same pictures on every machine, as fast as it goes.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;

use super::decoder::describe_parts;
use super::picture::picture_of;
use super::reader::{FilePicture, pull, told};
use super::{Error, start};
use crate::camera::change::Change;
use crate::camera::gate::{Gate, GateSettings, UnitSize, Verdict};
use crate::camera::grey::{GREY_WIDTH_PX, shrink_to_grey};
use crate::camera::pace::Pace;
use crate::camera::{Codec, nal};

/// How a file is seen.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// Largest width of a picture, px.
    pub width_px: u32,
    /// Pictures a second that are looked at.
    pub fps: u32,
    /// Longest time without a look at a whole group of pictures.
    pub look_every: Duration,
}

/// What was in the file and how much of it was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    pub units: u64,
    pub decoded: u64,
}

/// The daemon does not begin at 0; a gate that did would take its first look for one long ago.
const BEGIN: Duration = Duration::from_secs(100);
/// Encoded pictures read ahead.
const AHEAD: u32 = 2;

/// One encoded picture of the file.
#[derive(Clone, Debug)]
struct Unit {
    index: u64,
    /// When a camera would have sent it.
    at: Duration,
    buffer: gst::Buffer,
}

impl Replay {
    /// Hands the pictures that the daemon would look at to `each`, with their numbers in the file,
    /// until it breaks. `None` for a file that is no MP4 with H.264 or H.265, which no camera
    /// sends.
    ///
    /// # Errors
    /// The file cannot be read or decoded.
    pub fn play(
        &self,
        file: &Path,
        mut each: impl FnMut(u64, FilePicture) -> ControlFlow<()>,
    ) -> Result<Option<Replayed>, Error> {
        start()?;
        if !file.is_file() {
            return Err(Error::file(file, "there is no such file"));
        }
        for codec in [Codec::H264, Codec::H265] {
            let mut stream = Stream::new(self, codec)?;
            stream.read(file, &mut each)?;
            if stream.replayed.units > 0 {
                return Ok(Some(stream.replayed));
            }
        }
        Ok(None)
    }
}

/// A file being played.
struct Stream {
    codec: Codec,
    gate: Gate,
    change: Change,
    decoder: Decoder,
    /// The group that ended and the one that is open.
    groups: [Vec<Unit>; 2],
    /// Length of the file, ms.
    length_ms: i64,
    replayed: Replayed,
}

impl Stream {
    fn new(replay: &Replay, codec: Codec) -> Result<Self, Error> {
        let settings = GateSettings { full: false, look_every: replay.look_every };
        Ok(Self {
            codec,
            gate: Gate::new(settings),
            change: Change::default(),
            decoder: Decoder::new(codec, (replay.width_px, replay.fps))?,
            groups: [Vec::new(), Vec::new()],
            length_ms: 0,
            replayed: Replayed::default(),
        })
    }

    /// Reads the file as this codec; what is none has no units.
    fn read(
        &mut self,
        file: &Path,
        each: &mut impl FnMut(u64, FilePicture) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let name = self.codec.name();
        let pipeline = gst::parse::launch(&format!(
            "filesrc name=input ! qtdemux ! {name}parse config-interval=-1 \
             ! video/x-{name},stream-format=byte-stream,alignment=au \
             ! appsink name=units sync=false max-buffers={AHEAD}"
        ))
        .map_err(Error::part)?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
        let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
        part("input")?.set_property("location", file);
        let sink = part("units")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
        let played = pipeline.set_state(gst::State::Playing).map_err(|e| Error::file(file, e));
        let played = played.and_then(|_| {
            pull((&pipeline, file), &sink, |sample| {
                let length = pipeline.query_duration::<gst::ClockTime>().unwrap_or_default();
                self.length_ms = i64::try_from(length.mseconds()).unwrap_or(i64::MAX);
                self.unit(sample, each).map_err(|error| Error::file(file, error))
            })
        });
        let fault = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
        pipeline.set_state(gst::State::Null).map_err(|e| Error::file(file, e))?;
        if self.replayed.units == 0 {
            // Another codec or no MP4 at all.
            return Ok(());
        }
        fault.map_or(played, |message| Err(told(&message, file)))?;
        self.decoder.drain();
        // Whoever broke off does not want these either.
        let _ = self.looked(each);
        Ok(())
    }

    /// Takes the next encoded picture.
    fn unit(
        &mut self,
        sample: &gst::Sample,
        each: &mut impl FnMut(u64, FilePicture) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, String> {
        let buffer = sample.buffer_owned().ok_or("is torn")?;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let sent = buffer.dts_or_pts().unwrap_or_default();
        let at = BEGIN + Duration::from_nanos(sent.nseconds());
        let size = {
            let bytes = buffer.map_readable().map_err(|error| error.to_string())?;
            let filler = nal::filler_bytes(self.codec, &bytes);
            UnitSize { key, bytes: bytes.len().saturating_sub(filler), filler, at }
        };
        if key {
            self.decoder.shape(sample);
            self.groups = [std::mem::take(&mut self.groups[1]), Vec::new()];
        }
        let unit = Unit { index: self.replayed.units, at, buffer };
        self.replayed.units += 1;
        self.groups[1].push(unit.clone());
        match self.gate.unit(size) {
            Verdict::Skip => {}
            Verdict::Still => {
                self.decoder.drain();
                self.decoder.feed(&unit)?;
                self.decoder.drain();
            }
            Verdict::Next => self.decoder.feed(&unit)?,
            Verdict::Group => self.decoder.begin(&self.groups[1])?,
            Verdict::Past => self.decoder.begin(&self.groups.concat())?,
        }
        Ok(self.looked(each))
    }

    /// Hands over what came out and tells the gate of it.
    fn looked(
        &mut self,
        each: &mut impl FnMut(u64, FilePicture) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let pictures = self.decoder.pictures();
        // Whoever breaks off is told of what was decoded until then.
        self.replayed.decoded = self.decoder.decoded();
        for (index, at, mut picture) in pictures {
            let size = (picture.width, picture.height);
            let grey = shrink_to_grey(&picture.bgr, size, GREY_WIDTH_PX);
            let change = self.change.take(&Arc::from(grey.luma));
            self.gate.picture(change, at);
            picture.length_ms = self.length_ms;
            each(index, picture)?;
        }
        ControlFlow::Continue(())
    }
}

/// A decoder that has given all it can when `feed` returns: its parts run on the caller's thread.
struct Decoder {
    pipeline: gst::Pipeline,
    entry: gst::Pad,
    exit: AppSink,
    codec: Codec,
    /// What its pictures are, told anew when the file's change.
    caps: Option<gst::Caps>,
    inside: Arc<Mutex<Inside>>,
}

/// What is known of the pictures inside, by their times of display.
struct Inside {
    pace: Pace,
    units: HashMap<gst::ClockTime, (u64, Duration)>,
    /// One more than the newest number that came out.
    shown: u64,
    decoded: u64,
}

impl Inside {
    /// Whether a picture is to be looked at, as behind a camera.
    fn wants(&mut self, pts: gst::ClockTime) -> bool {
        self.decoded += 1;
        let Some((index, at)) = self.units.get(&pts).copied() else { return false };
        if index < self.shown || !self.pace.lets_through(at) {
            self.units.remove(&pts);
            return false;
        }
        self.shown = index + 1;
        true
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().expect("no panic happens while it is held")
}

impl Decoder {
    fn new(codec: Codec, (width_px, fps): (u32, u32)) -> Result<Self, Error> {
        let parts = describe_parts(codec, width_px);
        let pipeline = gst::parse::launch(&parts).map_err(Error::part)?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
        let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
        let decoder = part("decoder")?;
        let exit = part("pictures")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
        let pad = |name| decoder.static_pad(name).ok_or_else(|| Error::part("decoder"));
        let inside = Inside { pace: Pace::new(fps), units: HashMap::new(), shown: 0, decoded: 0 };
        let inside = Arc::new(Mutex::new(inside));
        let asked = Arc::clone(&inside);
        pad("src")?.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let pts = info.buffer().and_then(|buffer| buffer.pts());
            match pts.is_some_and(|pts| lock(&asked).wants(pts)) {
                true => gst::PadProbeReturn::Ok,
                false => gst::PadProbeReturn::Drop,
            }
        });
        let entry = gst::Pad::builder(gst::PadDirection::Src).name("units").build();
        entry.set_active(true).map_err(Error::part)?;
        entry.link(&pad("sink")?).map_err(Error::part)?;
        pipeline.set_state(gst::State::Playing).map_err(Error::part)?;
        Ok(Self { pipeline, entry, exit, codec, caps: None, inside })
    }

    /// Takes over what the sample's pictures are.
    fn shape(&mut self, sample: &gst::Sample) {
        let caps = sample.caps_owned();
        if caps.is_none() || self.caps == caps {
            return;
        }
        self.drain();
        if self.caps.is_none() {
            self.entry.push_event(gst::event::StreamStart::new(self.codec.name()));
        }
        if let Some(caps) = &caps {
            self.entry.push_event(gst::event::Caps::new(caps));
        }
        if self.caps.is_none() {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            self.entry.push_event(gst::event::Segment::new(&segment));
        }
        self.caps = caps;
    }

    /// Decodes these from the first one on, which is a key frame.
    fn begin(&self, units: &[Unit]) -> Result<(), String> {
        self.drain();
        units.iter().try_for_each(|unit| self.feed(unit))
    }

    fn feed(&self, unit: &Unit) -> Result<(), String> {
        let pts = unit.buffer.pts().ok_or("has a picture without a time")?;
        lock(&self.inside).units.insert(pts, (unit.index, unit.at));
        let fed = self.entry.push(unit.buffer.clone());
        fed.map(|_| ()).map_err(|error| format!("cannot be decoded: {error}"))
    }

    /// Drives out what was fed; a key frame must be fed next.
    fn drain(&self) {
        if self.caps.is_some() {
            self.entry.push_event(gst::event::SegmentDone::new(gst::ClockTime::ZERO));
        }
    }

    fn decoded(&self) -> u64 {
        lock(&self.inside).decoded
    }

    /// The pictures that have come out, with their numbers and times.
    fn pictures(&self) -> Vec<(u64, Duration, FilePicture)> {
        let samples = std::iter::from_fn(|| self.exit.try_pull_sample(gst::ClockTime::ZERO));
        let picture = |sample: gst::Sample| {
            let pts = sample.buffer()?.pts()?;
            let (index, at) = lock(&self.inside).units.remove(&pts)?;
            let picture = picture_of(&sample)?;
            let t_ms = i64::try_from(pts.mseconds()).unwrap_or(i64::MAX);
            let (width, height, bgr) = (picture.width, picture.height, picture.bgr.to_vec());
            Some((index, at, FilePicture { t_ms, length_ms: 0, width, height, bgr }))
        };
        samples.filter_map(picture).collect()
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        if self.pipeline.set_state(gst::State::Null).is_err() {
            tracing::debug!("a decoder refused to stop");
        }
    }
}
