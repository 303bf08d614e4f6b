//! Access units into an MP4 file that plays in a browser, without encoding anything anew.
//!
//! Written beside its final name, flushed to the disk and only then renamed: a file under its
//! final name is whole, whatever happens. Blocks its thread for as long as the disk takes.

use std::fs::File;
use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSrc;

use super::{Error, run_to_end, start};
use crate::camera::restamp::{ClipTime, restamp};
use crate::camera::{AccessUnit, Codec};

/// A written clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClipInfo {
    pub bytes: u64,
    pub duration_ms: i64,
}

/// Writes `units` from their first key frame on to `path`.
///
/// # Errors
/// There is no key frame, or the file cannot be written; nothing stands at `path` then that did
/// not stand there before.
pub fn write_clip(codec: Codec, units: &[AccessUnit], path: &Path) -> Result<ClipInfo, Error> {
    start()?;
    let first = units.iter().position(|unit| unit.key);
    let units = &units[first.ok_or_else(|| Error::file(path, "would hold no key frame"))?..];
    let times = restamp(units);
    let part = beside(path, "part");
    let written = write(codec, (units, &times), &part).and_then(|()| settle(&part, path));
    match written {
        Ok(bytes) => Ok(ClipInfo { bytes, duration_ms: times.iter().map(|t| t.duration_ms).sum() }),
        Err(error) => {
            remove_left_over(&part);
            Err(error)
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Removes a file that need not be there.
fn remove_left_over(file: &Path) {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(file = %file.display(), %error, "left-over file cannot be removed");
        }
        // Removed, or never there.
        Ok(()) | Err(_) => {}
    }
}

fn write(
    codec: Codec,
    (units, times): (&[AccessUnit], &[ClipTime]),
    part: &Path,
) -> Result<(), Error> {
    let name = codec.name();
    // The index stands in front, so that a browser can seek before it has read the whole file.
    let pipeline = gst::parse::launch(&format!(
        "appsrc name=units format=time max-bytes=0 \
         caps=video/x-{name},stream-format=byte-stream,alignment=au \
         ! {name}parse ! mp4mux name=mux faststart=true ! filesink name=file"
    ))
    .map_err(Error::part)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().map_err(|_| Error::part("pipeline"))?;
    let part_of = |name| pipeline.by_name(name).ok_or_else(|| Error::part(name));
    part_of("mux")?.set_property("faststart-file", beside(part, "head"));
    part_of("file")?.set_property("location", part);
    let source = part_of("units")?.downcast::<AppSrc>().map_err(|_| Error::part("appsrc"))?;
    for (unit, time) in units.iter().zip(times) {
        source.push_buffer(buffer_of(unit, time)).map_err(|e| Error::file(part, e))?;
    }
    source.end_of_stream().map_err(|e| Error::file(part, e))?;
    let written = run_to_end(&pipeline, part);
    remove_left_over(&beside(part, "head"));
    written
}

fn buffer_of(unit: &AccessUnit, time: &ClipTime) -> gst::Buffer {
    let clock = |ms: i64| gst::ClockTime::from_mseconds(u64::try_from(ms).unwrap_or_default());
    let mut buffer = gst::Buffer::from_slice(std::sync::Arc::clone(&unit.bytes));
    let fresh = buffer.get_mut().expect("nobody else knows a new buffer");
    fresh.set_dts(clock(time.dts_ms));
    fresh.set_pts(clock(time.pts_ms));
    fresh.set_duration(clock(time.duration_ms));
    if !unit.key {
        fresh.set_flags(gst::BufferFlags::DELTA_UNIT);
    }
    buffer
}

/// Flushes the file and gives it its final name. Its size in bytes.
fn settle(part: &Path, path: &Path) -> Result<u64, Error> {
    let flush = || {
        let file = File::open(part)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        std::fs::rename(part, path)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(bytes)
    };
    flush().map_err(|e: std::io::Error| Error::file(path, e))
}
