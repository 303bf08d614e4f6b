//! A video file as packets in memory, ready to be sent again and again without a seam.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks};

use super::super::{Error, run_to_end};
use super::packet::Packets;
use crate::camera::{Codec, nal};

/// A whole file.
pub(super) struct Film {
    pub(super) codec: Codec,
    /// In order of decoding; the first one is a key frame.
    pub(super) pictures: Vec<Picture>,
    /// Time from the beginning of one round to the beginning of the next, ns.
    pub(super) length_ns: u64,
    /// Parameter sets of the first key frame.
    pub(super) sets: Vec<Vec<u8>>,
}

/// One encoded picture.
pub(super) struct Picture {
    /// When it is sent, ns from the beginning.
    pub(super) sent_ns: u64,
    /// When it is shown, ns from the beginning.
    pub(super) shown_ns: u64,
    pub(super) packets: Packets,
}

/// Reads the first video stream of an MP4 file.
///
/// # Errors
/// The file cannot be read or holds no H.264 or H.265.
pub(super) fn read(file: &Path) -> Result<Film, Error> {
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
    Film::of(codec, &buffers).ok_or_else(|| Error::file(file, "does not begin with a key frame"))
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
    let branch =
        gst::parse::bin_from_description(&parsed(codec.name()), true).map_err(Error::part)?;
    let sink = branch.by_name("units").and_then(|part| part.downcast::<AppSink>().ok());
    into.lock().expect("no panic happens while footage is held").0 = Some(codec);
    collect(&sink.ok_or_else(|| Error::part("appsink"))?, into);
    pipeline.add(&branch).map_err(Error::part)?;
    let entry = branch.static_pad("sink").ok_or_else(|| Error::part("no way in"))?;
    pad.link(&entry).map_err(Error::part)?;
    branch.sync_state_with_parent().map_err(Error::part)
}

/// The end of a pipeline that gives whole pictures.
pub(super) fn parsed(name: &str) -> String {
    format!(
        "{name}parse config-interval=-1 ! video/x-{name},stream-format=byte-stream,alignment=au \
         ! appsink name=units sync=false"
    )
}

/// Puts all pictures that arrive into `into`.
pub(super) fn collect(sink: &AppSink, into: &Taken) {
    let into = Arc::clone(into);
    let take = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        into.lock().expect("no panic happens while footage is held").1.push(buffer);
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
}

impl Film {
    /// None if the buffers do not begin with a key frame.
    pub(super) fn of(codec: Codec, buffers: &[gst::Buffer]) -> Option<Self> {
        let time = |buffer: &gst::Buffer| buffer.dts_or_pts();
        let first = buffers.first()?;
        if first.flags().contains(gst::BufferFlags::DELTA_UNIT) {
            return None;
        }
        let start = buffers.iter().filter_map(time).min()?;
        let end = buffers.iter().filter_map(time).max()?;
        let usual = gst::ClockTime::from_mseconds(40);
        let frame = buffers.last()?.duration().filter(|time| !time.is_zero()).unwrap_or(usual);
        let sets = nal::parameter_sets(codec, &first.map_readable().ok()?);
        let since =
            |time: Option<gst::ClockTime>| time.unwrap_or(start).saturating_sub(start).nseconds();
        let picture = |buffer: &gst::Buffer| {
            let bytes = buffer.map_readable().ok()?;
            let packets = Packets::of(codec, &bytes);
            let (sent_ns, shown_ns) = (since(time(buffer)), since(buffer.pts().or(buffer.dts())));
            Some(Picture { sent_ns, shown_ns, packets })
        };
        let pictures: Vec<Picture> = buffers.iter().filter_map(picture).collect();
        let length_ns = (end.saturating_sub(start) + frame).nseconds();
        Some(Self { codec, pictures, length_ns, sets })
    }
}
