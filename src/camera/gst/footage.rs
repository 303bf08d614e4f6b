//! A video file as encoded pictures in memory, for the test cameras.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::{Error, run_to_end};
use crate::camera::Codec;

/// A whole file: encoded pictures that can be played again and again without a seam.
pub(super) struct Footage {
    pub(super) codec: Codec,
    /// In order of decoding; the first one is a key frame.
    pub(super) buffers: Vec<gst::Buffer>,
    /// Time from the beginning of one round to the beginning of the next.
    pub(super) length: gst::ClockTime,
    /// The earliest decoding time, taken off from all.
    pub(super) start: gst::ClockTime,
}

/// Reads the first video stream of an MP4 file.
///
/// # Errors
/// The file cannot be read or holds no H.264 or H.265.
pub(super) fn read(file: &Path) -> Result<Footage, Error> {
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("filesrc")
        .property("location", file)
        .build()
        .map_err(Error::part)?;
    let demux = gst::ElementFactory::make("qtdemux").build().map_err(Error::part)?;
    pipeline.add_many([&source, &demux]).map_err(Error::part)?;
    source.link(&demux).map_err(Error::part)?;
    let taken = Arc::new(Mutex::new((None, Vec::new())));
    let (inside, into) = (pipeline.downgrade(), Arc::clone(&taken));
    demux.connect_pad_added(move |_, pad| {
        if let (Some(pipeline), Some(codec)) = (inside.upgrade(), codec_of(pad))
            && let Err(error) = attach(&pipeline, pad, codec, &into)
        {
            tracing::warn!(%error, "footage cannot be parsed");
        }
    });
    run_to_end(&pipeline, file)?;
    let mut taken = taken.lock().expect("no panic happens while footage is held");
    let buffers = std::mem::take(&mut taken.1);
    let codec = taken.0.ok_or_else(|| Error::file(file, "holds no H.264 or H.265 video"))?;
    measure(codec, buffers).ok_or_else(|| Error::file(file, "does not begin with a key frame"))
}

fn codec_of(pad: &gst::Pad) -> Option<Codec> {
    match pad.current_caps()?.structure(0)?.name().as_str() {
        "video/x-h264" => Some(Codec::H264),
        "video/x-h265" => Some(Codec::H265),
        _ => None,
    }
}

type Taken = Arc<Mutex<(Option<Codec>, Vec<gst::Buffer>)>>;

fn attach(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    codec: Codec,
    into: &Taken,
) -> Result<(), Error> {
    let name = codec.name();
    let branch = gst::parse::bin_from_description(
        &format!(
            "{name}parse config-interval=-1 \
             ! video/x-{name},stream-format=byte-stream,alignment=au \
             ! appsink name=units sync=false"
        ),
        true,
    )
    .map_err(Error::part)?;
    let sink = branch.by_name("units").and_then(|part| part.downcast::<AppSink>().ok());
    let (sink, into) = (sink.ok_or_else(|| Error::part("appsink"))?, Arc::clone(into));
    into.lock().expect("no panic happens while footage is held").0 = Some(codec);
    let take = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        into.lock().expect("no panic happens while footage is held").1.push(buffer);
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
    pipeline.add(&branch).map_err(Error::part)?;
    let entry = branch.static_pad("sink").ok_or_else(|| Error::part("no way in"))?;
    pad.link(&entry).map_err(Error::part)?;
    branch.sync_state_with_parent().map_err(Error::part)
}

fn measure(codec: Codec, buffers: Vec<gst::Buffer>) -> Option<Footage> {
    let time = |buffer: &gst::Buffer| buffer.dts_or_pts();
    let first = buffers.first()?;
    if first.flags().contains(gst::BufferFlags::DELTA_UNIT) {
        return None;
    }
    let start = buffers.iter().filter_map(time).min()?;
    let end = buffers.iter().filter_map(time).max()?;
    let usual = gst::ClockTime::from_mseconds(40);
    let frame = buffers.last()?.duration().filter(|time| !time.is_zero()).unwrap_or(usual);
    Some(Footage { codec, start, length: end.saturating_sub(start) + frame, buffers })
}

impl Footage {
    /// The buffer that is sent as number `at` since the beginning of all rounds.
    pub(super) fn sent(&self, at: usize) -> gst::Buffer {
        let round = u64::try_from(at / self.buffers.len()).unwrap_or(u64::MAX);
        let shift = gst::ClockTime::from_nseconds(self.length.nseconds().saturating_mul(round));
        let mut buffer = self.buffers[at % self.buffers.len()].copy();
        let moved = |time: Option<gst::ClockTime>| Some(time?.saturating_sub(self.start) + shift);
        let (pts, dts) = (moved(buffer.pts()), moved(buffer.dts()));
        let fresh = buffer.make_mut();
        fresh.set_pts(pts);
        fresh.set_dts(dts);
        fresh.unset_flags(gst::BufferFlags::DISCONT);
        buffer
    }
}
