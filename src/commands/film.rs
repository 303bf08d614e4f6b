//! Video files as cameras that have all the time: pictures as frames, and how far it is.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::camera::grey::{GREY_WIDTH_PX, shrink_to_grey};
use crate::camera::gst::{FilePicture, Replay, Replayed, read_pictures};
use crate::camera::{CameraId, Frame};
use crate::clock::UnixMs;

/// A file being played.
pub(super) struct Film<'a> {
    pub(super) file: &'a Path,
    /// Largest width of a frame, px.
    pub(super) width_px: u32,
}

/// Whether a film goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Wanted,
    Enough,
}

impl Film<'_> {
    /// Hands every picture over as a frame whose time counts from the file's beginning.
    ///
    /// # Errors
    /// The file cannot be decoded, or what `each` says.
    pub(super) fn play(
        &self,
        mut each: impl FnMut(Frame) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.play_until(|frame| each(frame).map(|()| More::Wanted))
    }

    /// The same, until there are enough.
    ///
    /// # Errors
    /// As `play`.
    pub(super) fn play_until(
        &self,
        mut each: impl FnMut(Frame) -> anyhow::Result<More>,
    ) -> anyhow::Result<()> {
        let camera = CameraId::try_from("file").expect("a camera's id");
        let bar = Bar::new(self.file);
        let (mut seq, mut fault) = (0, None);
        let read = read_pictures(self.file, self.width_px, |picture| {
            bar.at(&picture);
            let frame = frame(&camera, seq, picture);
            seq += 1;
            match each(frame) {
                Ok(More::Wanted) => ControlFlow::Continue(()),
                Ok(More::Enough) => ControlFlow::Break(()),
                Err(error) => {
                    fault = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        bar.0.finish_and_clear();
        fault.map_or(Ok(()), Err)?;
        Ok(read?)
    }
}

impl Film<'_> {
    /// Hands over what the daemon would look at behind a camera that sends this file; how much of
    /// it was decoded, or `None` for a file that no camera sends.
    ///
    /// # Errors
    /// As `play`.
    pub(super) fn play_gated(
        &self,
        (fps, look_every): (u32, Duration),
        mut each: impl FnMut(Frame) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<Replayed>> {
        let camera = CameraId::try_from("file").expect("a camera's id");
        let bar = Bar::new(self.file);
        let mut fault = None;
        let replay = Replay { width_px: self.width_px, fps, look_every };
        let replayed = replay.play(self.file, |index, picture| {
            bar.at(&picture);
            match each(frame(&camera, index, picture)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    fault = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        bar.0.finish_and_clear();
        fault.map_or(Ok(()), Err)?;
        Ok(replayed?)
    }
}

fn frame(camera: &CameraId, seq: u64, picture: FilePicture) -> Frame {
    let size = (picture.width, picture.height);
    let grey = shrink_to_grey(&picture.bgr, size, GREY_WIDTH_PX);
    Frame {
        camera: camera.clone(),
        seq,
        session: 0,
        pts_ms: picture.t_ms,
        seen_at: UnixMs(picture.t_ms),
        width: picture.width,
        height: picture.height,
        bgr: picture.bgr.into(),
        grey_width: grey.width,
        grey_height: grey.height,
        grey: Arc::from(grey.luma),
    }
}

/// A progress bar on a terminal's standard error; nothing elsewhere.
struct Bar(ProgressBar);

impl Bar {
    fn new(file: &Path) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = "{bar:30} {percent:>3} % {prefix} {msg}, {eta} left";
        let style =
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let name = file.file_name().unwrap_or(file.as_os_str());
        let bar = ProgressBar::new(0).with_style(style);
        Self(bar.with_prefix(name.display().to_string()))
    }

    fn at(&self, picture: &FilePicture) {
        self.0.set_length(picture.length_ms.unsigned_abs());
        self.0.set_position(picture.t_ms.unsigned_abs());
        let s = picture.t_ms / 1_000;
        let mut told = String::new();
        // Writing into a text does not fail.
        let _ = write!(told, "{}:{:02}", s / 60, s % 60);
        self.0.set_message(told);
    }
}

/// Clock ticks a second in `/proc`: fixed for programs at 100 on every Linux (proc(5), USER_HZ).
const TICKS_PER_S: f64 = 100.0;

/// Processor time that this process has taken, s; 0 where the system does not say.
pub(super) fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name stands in brackets and may hold anything; fields 14 and 15 count from before it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_S
}
