//! Footage for test cameras out of any video file: the whole picture, a part of it, or the same
//! street with nobody in it.
//!
//! The empty street is the median of many pictures: whatever moves is gone. It gets a little
//! noise, because a picture that never changes is nothing a camera sends. Nothing here is random:
//! the same file gives the same scene.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::{AppSink, AppSinkCallbacks, AppSrc};

use super::{Error, run_to_end, start};
use crate::camera::Codec;

/// What to make of a file.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Part of the picture: left, top, right, bottom in fractions 0..1.
    pub area: [f32; 4],
    /// How many pictures to take from the beginning; None for all.
    pub frames: Option<u32>,
    pub codec: Codec,
}

impl Default for Scene {
    fn default() -> Self {
        Self { area: [0.0, 0.0, 1.0, 1.0], frames: None, codec: Codec::H264 }
    }
}

/// Pictures between key frames: 2 s at 10 frames a second.
const KEY_DISTANCE: u32 = 20;
/// Bit rate of a scene, kbit/s.
const KBIT_PER_S: u32 = 1_000;
/// Pictures of the empty street: 20 s at 10 frames a second.
const QUIET_FRAMES: u32 = 200;
const QUIET_FPS: u32 = 10;
/// Every so many pictures one is kept for the median, and so many at most.
const MEDIAN_STEP: usize = 16;
const MEDIAN_FRAMES: usize = 49;

/// Encodes the scene of `input` as MP4 at `out`.
///
/// # Errors
/// `input` cannot be decoded or `out` not be written.
pub fn encode_scene(input: &Path, scene: Scene, out: &Path) -> Result<(), Error> {
    start()?;
    let pipeline =
        decoding(input, &format!("videocrop name=crop ! videoconvert ! {}", encoder(scene.codec)))?;
    let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    part("out")?.set_property("location", out);
    let crop = part("crop")?;
    crop_to(&crop, scene.area)?;
    if let Some(frames) = scene.frames {
        end_after(&crop, frames)?;
    }
    run_to_end(&pipeline, out)
}

/// Encodes the street of `input` with nobody in it as MP4 at `out`, 20 s long.
///
/// # Errors
/// `input` cannot be decoded or `out` not be written.
pub fn quiet_scene(input: &Path, out: &Path) -> Result<(), Error> {
    start()?;
    let (caps, pictures) = sample(input)?;
    let still = median(&pictures).ok_or_else(|| Error::file(input, "holds no picture"))?;
    let pipeline = gst::parse::launch(&format!(
        "appsrc name=pictures format=time max-bytes=0 max-buffers=4 block=true \
         ! videoconvert ! {}",
        encoder(Codec::H264)
    ))
    .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let part = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    part("out")?.set_property("location", out);
    let source = part("pictures")?.downcast::<AppSrc>().map_err(|_| Error::part("appsrc"))?;
    source.set_caps(Some(&caps));
    let feeding = std::thread::Builder::new().name("quiet-scene".into()).spawn(move || {
        feed_still(&source, &still);
    });
    let feeding = feeding.map_err(|e| Error::file(out, e))?;
    let written = run_to_end(&pipeline, out);
    if feeding.join().is_err() {
        return Err(Error::file(out, "was not fed to its end"));
    }
    written
}

fn decoding(input: &Path, then: &str) -> Result<gst::Pipeline, Error> {
    let pipeline =
        gst::parse::launch(&format!("filesrc name=input ! decodebin ! video/x-raw ! {then}"))
            .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let source = pipeline.by_name("input").ok_or_else(|| Error::part("filesrc"))?;
    source.set_property("location", input);
    Ok(pipeline)
}

/// No reordered pictures: a test camera's stamps are in order, as most cameras' are.
fn encoder(codec: Codec) -> String {
    let encode = match codec {
        Codec::H264 => format!(
            "video/x-raw,format=I420 ! x264enc bitrate={KBIT_PER_S} key-int-max={KEY_DISTANCE} \
             bframes=0 speed-preset=veryfast ! video/x-h264,profile=main"
        ),
        Codec::H265 => format!(
            "video/x-raw,format=I420 ! x265enc bitrate={KBIT_PER_S} \
             key-int-max={KEY_DISTANCE} speed-preset=ultrafast \
             option-string=bframes=0:log-level=none"
        ),
    };
    format!("{encode} ! {}parse ! mp4mux ! filesink name=out", codec.name())
}

/// Sets the crop as soon as the size of the picture is known; corners fall on even pixels, as the
/// encoders want them.
fn crop_to(crop: &gst::Element, area: [f32; 4]) -> Result<(), Error> {
    let pad = crop.static_pad("sink").ok_or_else(|| Error::part("videocrop"))?;
    let crop = crop.downgrade();
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let (Some(crop), Some(event)) = (crop.upgrade(), info.event())
            && let gst::EventView::Caps(caps) = event.view()
            && let Some(size) = caps.caps().structure(0)
            && let (Ok(width), Ok(height)) = (size.get::<i32>("width"), size.get::<i32>("height"))
        {
            let px =
                |fraction: f32, of: i32| (fraction.clamp(0.0, 1.0) * of as f32 / 2.0) as i32 * 2;
            crop.set_property("left", px(area[0], width));
            crop.set_property("top", px(area[1], height));
            crop.set_property("right", px(1.0 - area[2], width));
            crop.set_property("bottom", px(1.0 - area[3], height));
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Lets so many pictures through and then ends the file, also for a decoder that hands over what
/// it still holds.
fn end_after(part: &gst::Element, frames: u32) -> Result<(), Error> {
    let pad = part.static_pad("sink").ok_or_else(|| Error::part("videocrop"))?;
    let left = std::sync::atomic::AtomicU32::new(frames);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        use std::sync::atomic::Ordering::Relaxed;
        if left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return gst::PadProbeReturn::Ok;
        }
        info.flow_res = Err(gst::FlowError::Eos);
        gst::PadProbeReturn::Handled
    });
    Ok(())
}

type Pictures = Vec<Vec<u8>>;

/// Some pictures of the file, evenly spread, and their format.
fn sample(input: &Path) -> Result<(gst::Caps, Pictures), Error> {
    let pipeline = decoding(
        input,
        "videoconvert ! video/x-raw,format=I420 ! appsink name=pictures sync=false",
    )?;
    let sink = pipeline.by_name("pictures").and_then(|part| part.downcast::<AppSink>().ok());
    let sink = sink.ok_or_else(|| Error::part("appsink"))?;
    let kept = Arc::new(Mutex::new((None, Pictures::new())));
    let (into, mut at) = (Arc::clone(&kept), 0);
    let take = move |sink: &AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut into = into.lock().expect("no panic happens while pictures are held");
        if at % MEDIAN_STEP == 0 && into.1.len() < MEDIAN_FRAMES {
            let bytes = sample.buffer().and_then(|buffer| buffer.map_readable().ok());
            into.1.push(bytes.ok_or(gst::FlowError::Error)?.to_vec());
            into.0 = sample.caps_owned();
        }
        at += 1;
        Ok(gst::FlowSuccess::Ok)
    };
    sink.set_callbacks(AppSinkCallbacks::builder().new_sample(take).build());
    run_to_end(&pipeline, input)?;
    let mut kept = kept.lock().expect("no panic happens while pictures are held");
    let (caps, pictures) = std::mem::take(&mut *kept);
    let mut caps: gst::Caps = caps.ok_or_else(|| Error::file(input, "holds no picture"))?;
    let rate = gst::Fraction::new(i32::try_from(QUIET_FPS).expect("a small number"), 1);
    caps.make_mut().set("framerate", rate);
    Ok((caps, pictures))
}

/// The middle value of every byte over all pictures; None without pictures.
fn median(pictures: &Pictures) -> Option<Vec<u8>> {
    let length = pictures.iter().map(Vec::len).min()?;
    let mut values = vec![0; pictures.len()];
    let middle = values.len() / 2;
    let mut still = Vec::with_capacity(length);
    for at in 0..length {
        for (value, picture) in values.iter_mut().zip(pictures) {
            *value = picture[at];
        }
        still.push(*values.select_nth_unstable(middle).1);
    }
    Some(still)
}

fn feed_still(source: &AppSrc, still: &[u8]) {
    let mut noise = Noise(0x2545_F491_4F6C_DD1D);
    let frame = gst::ClockTime::SECOND / u64::from(QUIET_FPS);
    for at in 0..QUIET_FRAMES {
        let bytes: Vec<u8> = still.iter().map(|&byte| noise.on(byte)).collect();
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        let fresh = buffer.get_mut().expect("nobody else knows a new buffer");
        fresh.set_pts(frame * u64::from(at));
        fresh.set_duration(frame);
        if source.push_buffer(buffer).is_err() {
            return;
        }
    }
    if source.end_of_stream().is_err() {
        tracing::debug!("a scene's pipeline was over before its end");
    }
}

/// The noise of a sensor by night: each byte up or down by one now and then (xorshift, Marsaglia).
struct Noise(u64);

impl Noise {
    fn on(&mut self, byte: u8) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        match self.0 >> 61 {
            0 => byte.saturating_add(1),
            1 => byte.saturating_sub(1),
            _ => byte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pictures: &[&[u8]], expect: Option<&[u8]>) {
        let pictures: Pictures = pictures.iter().map(|picture| picture.to_vec()).collect();
        assert_eq!(median(&pictures).as_deref(), expect);
    }

    #[test]
    fn what_is_there_only_sometimes_is_not_in_the_median() {
        check(&[], None);
        check(&[&[5, 9]], Some(&[5, 9]));
        check(&[&[10, 10], &[10, 200], &[10, 10], &[255, 11], &[10, 10]], Some(&[10, 10]));
    }

    #[test]
    fn noise_is_slight_and_always_the_same() {
        let noisy = |_| {
            let mut noise = Noise(1);
            (0..1000).map(|_| noise.on(100)).collect::<Vec<u8>>()
        };
        assert_eq!(noisy(()), noisy(()));
        assert!(noisy(()).iter().all(|byte| (99..=101).contains(byte)));
    }
}
