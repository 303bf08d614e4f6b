//! Pictures out of a video file, as fast as they can be used: `gengfu analyze` and `learn`.
//!
//! The same parts scale and convert as behind a camera's decoder, so that a model sees the same
//! pixels. Blocks its thread; the next pictures are decoded meanwhile, a few at most.

use std::ops::ControlFlow;
use std::path::Path;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;

use super::{Error, size_of, start};

/// One decoded picture.
#[derive(Clone, Debug)]
pub struct FilePicture {
    /// Time since the file's beginning, ms.
    pub t_ms: i64,
    /// Length of the file, ms; 0 when it does not say.
    pub length_ms: i64,
    /// px.
    pub width: u32,
    pub height: u32,
    /// Packed BGR, `height * width * 3` bytes.
    pub bgr: Vec<u8>,
}

/// Pictures decoded ahead: one is used, one waits.
const AHEAD: u32 = 2;
/// Time between two looks at whether the file failed, and how many of them a picture may take: 60 s
/// on a slow disk (guess, revisit).
const WAIT: gst::ClockTime = gst::ClockTime::from_mseconds(200);
const WAITS_MAX: u32 = 300;

/// Hands every picture of the file at most `width_px` wide to `each`, until it breaks.
///
/// # Errors
/// The file cannot be decoded; pictures before the fault were handed over.
pub fn read_pictures(
    file: &Path,
    width_px: u32,
    mut each: impl FnMut(FilePicture) -> ControlFlow<()>,
) -> Result<(), Error> {
    start()?;
    if !file.is_file() {
        return Err(Error::file(file, "there is no such file"));
    }
    let pipeline = gst::parse::launch(&format!(
        "filesrc name=input ! decodebin ! videoconvertscale n-threads=1 \
         ! video/x-raw,format=BGR,width=[1,{width_px}],pixel-aspect-ratio=1/1 \
         ! appsink name=pictures sync=false max-buffers={AHEAD}"
    ))
    .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    part("input")?.set_property("location", file);
    let sink = part("pictures")?.downcast::<AppSink>().map_err(|_| Error::part("appsink"))?;
    let played = pipeline.set_state(gst::State::Playing).map_err(|e| Error::file(file, e));
    let played = played.and_then(|_| {
        pull((&pipeline, file), &sink, |sample| {
            let picture = picture(&pipeline, sample).ok_or_else(|| Error::file(file, "is torn"))?;
            Ok(each(picture))
        })
    });
    // The bus knows more than what failed.
    let fault = pipeline.bus().and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    pipeline.set_state(gst::State::Null).map_err(|e| Error::file(file, e))?;
    fault.map_or(played, |message| Err(told(&message, file)))
}

pub(super) fn told(message: &gst::Message, file: &Path) -> Error {
    if let gst::MessageView::Error(error) = message.view() {
        return Error::file(file, error.error());
    }
    Error::file(file, "cannot be decoded")
}

/// Takes samples to the end of the file, a fault, or a break.
pub(super) fn pull(
    (pipeline, file): (&gst::Pipeline, &Path),
    sink: &AppSink,
    mut each: impl FnMut(&gst::Sample) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let mut waits = 0;
    while !sink.is_eos() && waits < WAITS_MAX {
        let Some(sample) = sink.try_pull_sample(WAIT) else {
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) {
                return Err(told(&message, file));
            }
            waits += 1;
            continue;
        };
        waits = 0;
        if each(&sample)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Packs the rows, which GStreamer pads to four bytes.
fn picture(pipeline: &gst::Pipeline, sample: &gst::Sample) -> Option<FilePicture> {
    let buffer = sample.buffer()?;
    let (width, height) = size_of(sample)?;
    let bytes = buffer.map_readable().ok()?;
    let row = width as usize * 3;
    let rows = bytes.chunks(row.next_multiple_of(4)).take(height as usize);
    let bgr: Vec<u8> = rows.filter_map(|line| line.get(..row)).flatten().copied().collect();
    let length = pipeline.query_duration::<gst::ClockTime>().unwrap_or_default();
    let ms = |time: gst::ClockTime| i64::try_from(time.mseconds()).unwrap_or(i64::MAX);
    let segment = sample.segment().and_then(|s| s.downcast_ref::<gst::ClockTime>().cloned());
    let stream = segment.and_then(|s| s.to_stream_time(buffer.pts()));
    let t_ms = stream.or(buffer.pts()).map_or(0, ms);
    Some(FilePicture { t_ms, length_ms: ms(length), width, height, bgr })
}
