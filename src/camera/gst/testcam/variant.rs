//! The same street as other encoders send it: long groups, reordered pictures, other sizes.
//!
//! Made at the start out of the first pictures of the file, shrunk, so that it takes seconds; a
//! camera that shall be large and odd at once is given an odd file.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::super::{Error, run_to_end};
use super::film::{Film, collect, parsed};
use crate::camera::Codec;

/// An encoder's way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variant {
    /// Seconds from key frame to key frame.
    LongGroup(f64),
    BFrames,
    H265,
    AllIntra,
    /// A constant bit rate.
    Constant,
    /// Nothing but another size.
    Smaller,
}

/// Pictures that are taken from the file; longer films repeat them. 640x480 in I420 is 0.46 MB.
const PICTURES: usize = 200;
/// Width in px, and of the smaller variant.
const WIDTH_PX: u32 = 640;
const SMALLER_PX: u32 = 480;

/// Encodes the beginning of `file` anew.
///
/// # Errors
/// The file cannot be decoded, or an encoder is missing.
pub(super) fn encode(file: &Path, variant: Variant) -> Result<Film, Error> {
    let width_px = if variant == Variant::Smaller { SMALLER_PX } else { WIDTH_PX };
    let (caps, pictures) = decode(file, width_px)?;
    let rate = caps.structure(0).and_then(|caps| caps.get::<gst::Fraction>("framerate").ok());
    let fps = rate.filter(|rate| rate.numer() > 0 && rate.denom() > 0);
    let fps = fps.map_or(25.0, |rate| f64::from(rate.numer()) / f64::from(rate.denom()));
    let (codec, encoder) = encoder(variant, fps);
    let count = if let Variant::LongGroup(seconds) = variant {
        (seconds * fps).round().max(1.0) as usize
    } else {
        pictures.len()
    };
    let pipeline = gst::parse::launch(&format!(
        "appsrc name=pictures format=time max-bytes=0 max-buffers=8 block=true \
         ! videoconvert ! {encoder} ! {}",
        parsed(codec.name())
    ))
    .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    let source = part("pictures")?.downcast::<AppSrc>().map_err(|_| Error::part("appsrc"))?;
    let sink = part("units")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
    source.set_caps(Some(&caps));
    let taken = Arc::new(Mutex::new((None, Vec::new())));
    collect(&sink, &taken);
    let feeding = std::thread::Builder::new().name("testcam-variant".into()).spawn(move || {
        feed(&source, &pictures, (count, fps));
    });
    let feeding = feeding.map_err(|e| Error::file(file, e))?;
    let encoded = run_to_end(&pipeline, file);
    if feeding.join().is_err() {
        return Err(Error::file(file, "was not fed to its end"));
    }
    encoded?;
    let taken = taken.lock().expect("no panic happens while footage is held");
    Film::of(codec, &taken.1).ok_or_else(|| Error::file(file, "gave no key frame"))
}

/// What GStreamer is asked for; key frames every two seconds where nothing else is the point.
fn encoder(variant: Variant, fps: f64) -> (Codec, String) {
    let usual = (fps * 2.0).round().max(1.0);
    let x264 = |key: f64, more: &str| {
        format!(
            "video/x-raw,format=I420 ! x264enc speed-preset=ultrafast threads=1 bitrate=800 \
             key-int-max={key} {more}"
        )
    };
    let text = match variant {
        Variant::LongGroup(seconds) => {
            x264((seconds * fps).round() + 1.0, "bframes=0 option-string=scenecut=0")
        }
        Variant::BFrames => x264(usual, "bframes=3 b-adapt=false"),
        Variant::AllIntra => x264(1.0, "bframes=0"),
        Variant::Constant => {
            let more = "bframes=0 pass=cbr qp-min=26 option-string=nal-hrd=cbr";
            x264(usual, more)
        }
        Variant::Smaller => x264(usual, "bframes=0"),
        Variant::H265 => {
            let text = format!(
                "video/x-raw,format=I420 ! x265enc bitrate=800 key-int-max={usual} \
                 speed-preset=ultrafast option-string=bframes=0:log-level=none"
            );
            return (Codec::H265, text);
        }
    };
    (Codec::H264, text)
}

type Pictures = Vec<gst::Buffer>;

/// The first pictures of the file, at most so wide, and their format.
fn decode(file: &Path, width_px: u32) -> Result<(gst::Caps, Pictures), Error> {
    let pipeline = gst::parse::launch(&format!(
        "filesrc name=input ! decodebin ! video/x-raw ! videoscale \
         ! video/x-raw,width=[16,{width_px}],pixel-aspect-ratio=1/1 \
         ! videoconvert ! video/x-raw,format=I420 ! appsink name=pictures sync=false"
    ))
    .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    part("input")?.set_property("location", file);
    let sink = part("pictures")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
    let kept = Arc::new(Mutex::new((None, Pictures::new())));
    let into = Arc::clone(&kept);
    let take = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut into = into.lock().expect("no panic happens while pictures are held");
        if into.1.len() == PICTURES {
            return Err(gst::FlowError::Eos);
        }
        into.1.push(sample.buffer_owned().ok_or(gst::FlowError::Error)?);
        into.0 = sample.caps_owned();
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
    run_to_end(&pipeline, file)?;
    let mut kept = kept.lock().expect("no panic happens while pictures are held");
    let (caps, pictures) = std::mem::take(&mut *kept);
    Ok((caps.ok_or_else(|| Error::file(file, "holds no picture"))?, pictures))
}

/// Feeds so many pictures, again from the first when they are over.
fn feed(source: &AppSrc, pictures: &[gst::Buffer], (count, fps): (usize, f64)) {
    let frame_ns = 1e9 / fps;
    let at_ns = |at: usize| gst::ClockTime::from_nseconds((at as f64 * frame_ns).round() as u64);
    for (at, picture) in pictures.iter().cycle().take(count).enumerate() {
        let mut buffer = picture.copy();
        let fresh = buffer.make_mut();
        fresh.set_pts(at_ns(at));
        fresh.set_dts(gst::ClockTime::NONE);
        fresh.set_duration(at_ns(1));
        if source.push_buffer(buffer).is_err() {
            return;
        }
    }
    if source.end_of_stream().is_err() {
        tracing::debug!("a variant's pipeline was over before its end");
    }
}
