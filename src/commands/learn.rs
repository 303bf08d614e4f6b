//! `gengfu learn`: what is normal for one camera, out of footage with nothing suspicious in it.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::analyze::Models;
use super::film::{Film, processor_s};
use crate::clock::UnixMs;
use crate::detect::flow;
use crate::detect::normal::lesson::Notes;
use crate::detect::normal::watch::Watch;
use crate::detect::normal::{Normal, file};
use crate::detect::task::Detector;

/// What to learn from.
#[derive(Clone, Debug, clap::Args)]
pub struct Learn {
    /// Video files of one camera, with nothing suspicious in them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to write what is normal.
    #[arg(long, value_name = "NORMAL")]
    out: PathBuf,
    #[command(flatten)]
    models: Models,
}

/// Pictures are taken at most this often, ms: ten a second say all that fifty would.
const EVERY_MS: i64 = 95;

/// How well it is known what a score costs.
enum Known {
    No,
    CarriedOn,
    Yes,
}

fn alarms_known(normal: &Normal) -> Known {
    match normal.tail.threshold(1.0) {
        None => Known::No,
        Some(_) if normal.tail.is_calibrated() => Known::Yes,
        Some(_) => Known::CarriedOn,
    }
}

/// Learns from files and writes what is normal.
///
/// # Errors
/// A model is missing, a file cannot be read, too little is seen, or the file is not written.
pub fn learn(ask: &Learn) -> anyhow::Result<()> {
    let settings = ask.models.settings();
    let mut detector = Detector::load_with_features(&settings, Path::new(""))?;
    let mut notes = Notes::default();
    for path in &ask.files {
        notes.begin_file();
        let mut watch = Watch::default();
        let mut last: Option<UnixMs> = None;
        let film = Film { file: path, width_px: settings.width_px };
        film.play(|frame| {
            let at = frame.seen_at;
            let passed_ms = last.map_or(i64::MAX, |last| at.since_ms(last));
            if (0..EVERY_MS).contains(&passed_ms) {
                return Ok(());
            }
            let things = detector.things(&frame)?.things;
            let plane = flow::plane(&frame.bgr, (frame.width, frame.height));
            let seen = plane.map(|plane| watch.observe(at, plane, things)).unwrap_or_default();
            let stayed_s = watch.dwell(&seen, at);
            let passed_s = last.replace(at).map_or(0.0, |_| passed_ms as f32 / 1000.0);
            notes.add(at, passed_s, seen.into_iter().zip(stayed_s).collect());
            Ok(())
        })?;
    }
    let normal = notes.learn()?;
    let bytes = file::write(&normal, &detector.learns_with());
    let new = ask.out.with_extension("new");
    let written = std::fs::write(&new, bytes).and_then(|()| std::fs::rename(&new, &ask.out));
    written.with_context(|| ask.out.display().to_string())?;
    let alarms =
        |per_day| normal.tail.threshold(per_day).map_or("-".to_owned(), |s| format!("{s:.2}"));
    println!(
        "{}: {} frames, {} things, {:.0} s, {} examples; one false alarm a day at a score of {}{}; \
         {:.1} s of processor time",
        ask.out.display(),
        normal.learnt.frames,
        normal.learnt.things,
        normal.learnt.seconds,
        normal.memory.examples.len(),
        alarms(1.0),
        match alarms_known(&normal) {
            Known::No => " (too short: 90 s are needed before anything is alarmed on)",
            Known::CarriedOn => " (carried on from less than three days)",
            Known::Yes => "",
        },
        processor_s(),
    );
    Ok(())
}
