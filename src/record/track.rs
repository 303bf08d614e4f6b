//! The record of one camera: units in, files and gaps out; every moment is one or the other.
//!
//! A file is written in short pieces, each of which a crash leaves readable. Where nothing can be
//! written, a gap says why; it begins where the last written picture ends and lasts until the next
//! file begins. What it does to the disk and the index goes through a [`Shelf`], so that a day of
//! a camera can be played in a test.

use std::time::Duration;

use super::cut::{Begin, Cut, Plan, STEP_MIN_MS, server_step_ms};
use super::fmp4::{self, Sample, TIMESCALE};
use super::gap::Cause;
use super::segment::{NoteKind, SegmentEnd};
use super::stamp::Stamper;
use crate::camera::AccessUnit;
use crate::camera::restamp::Step;
use crate::clock::UnixMs;

/// Time between two attempts to write while the disk refuses. Guess, revisit.
const RETRY: Duration = Duration::from_secs(2);
/// The camera's clock may be this far from ours before it is noted: a second is what people see.
const DRIFT_MIN_MS: i64 = 1_000;
/// Ticks of the media clock a millisecond.
const TICKS_PER_MS: u64 = TIMESCALE as u64 / 1_000;

/// The disk and the index, as a camera's record uses them.
pub trait Shelf {
    /// Begins a file with this head.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn open(&mut self, first: &AccessUnit, head: &[u8]) -> Result<(), Cause>;
    /// Adds to the file; when it returns, a power cut does not take it any more.
    ///
    /// # Errors
    /// Why it cannot be written; the file is as it was before.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Cause>;
    /// The file is finished; its bytes and hash are the shelf's to fill in.
    fn finish(&mut self, end: SegmentEnd);
    /// The file holds no picture and goes.
    fn discard(&mut self);
    /// A gap begins.
    fn gap(&mut self, from: UnixMs, cause: &Cause);
    /// The gap is over.
    fn gap_over(&mut self, at: UnixMs);
    fn note(&mut self, at: UnixMs, kind: NoteKind, by_ms: i64);
}

/// The record of one camera.
#[derive(Debug)]
pub struct Track {
    plan: Plan,
    stamper: Stamper,
    pending: Vec<Sample>,
    file: Option<File>,
    last: Option<AccessUnit>,
    /// Why there is no footage now; None once the open file has a picture.
    gap: Option<Cause>,
    /// When writing is tried again, while the disk refuses.
    retry: Option<Duration>,
    /// Units were dropped in front of the disk and the next one comes after the hole.
    overflown: bool,
    drift: Drift,
}

/// The open file.
#[derive(Debug)]
struct File {
    first: AccessUnit,
    /// Decoding time of the first picture.
    base: Option<u64>,
    fragments: u32,
    units: i64,
    keys: i64,
    lost: i64,
    /// End of what is written: media, ticks since `base`, and our own time.
    media: u64,
    until: Duration,
}

/// Media time minus our own since a session began, and what of it is noted.
#[derive(Debug, Default)]
struct Drift {
    /// The session, its media time and ours at the beginning.
    begin: Option<(u64, u64, Duration)>,
    noted_ms: i64,
}

impl Track {
    /// The record of a camera from `now` on: it begins with a gap until the first picture.
    pub fn begin(plan: Plan, cause: Cause, now: UnixMs, shelf: &mut impl Shelf) -> Self {
        shelf.gap(now, &cause);
        Self {
            plan,
            stamper: Stamper::default(),
            pending: Vec::new(),
            file: None,
            last: None,
            gap: Some(cause),
            retry: None,
            overflown: false,
            drift: Drift::default(),
        }
    }

    /// Units that were dropped in front of the disk since the last time.
    pub const fn overflow(&mut self, lost: u64) {
        self.overflown |= lost > 0;
    }

    /// Takes the next unit.
    pub fn push(&mut self, unit: AccessUnit, shelf: &mut impl Shelf) {
        self.mind_hole(&unit, shelf);
        let cut = self.file.as_ref().and_then(|file| {
            self.plan.cut(Begin { first: &file.first, format: &file.first.format }, &unit)
        });
        match cut {
            None => {}
            Some(Cut::Session) => self.stop(&Cause::Connecting, Some(unit.seen_at), shelf),
            Some(Cut::Length | Cut::Format | Cut::ServerStep | Cut::Forced) => {
                return self.cut(unit, shelf);
            }
        }
        if self.file.is_none() {
            let ready = unit.key && self.retry.is_none_or(|at| unit.at >= at);
            if !ready || !self.open(&unit, shelf) {
                self.last = Some(unit);
                return;
            }
        }
        self.last = Some(unit.clone());
        self.take(unit, shelf);
        self.tick_pending(shelf);
    }

    /// Writes what has waited long enough, at `now` of our monotone clock.
    pub fn tick(&mut self, now: Duration, shelf: &mut impl Shelf) {
        if self.file.is_none() {
            return;
        }
        let old = |unit: &AccessUnit| now.saturating_sub(unit.at) >= self.plan.fragment;
        // A camera with few pictures a second: the held one is written with a usual duration.
        if self.stamper.held().is_some_and(old) {
            self.pending.extend(self.stamper.finish());
        }
        if self.pending.first().is_some_and(|sample| old(&sample.unit)) {
            self.write(shelf);
        }
    }

    /// Nothing comes from the camera, for this cause; the latest unit was the last one.
    pub fn down(&mut self, cause: &Cause, now: UnixMs, shelf: &mut impl Shelf) {
        if self.file.is_some() {
            return self.stop(cause, Some(now), shelf);
        }
        if self.retry.is_none() {
            self.change_gap(cause, now, shelf);
        }
    }

    /// The disk is gone from under the open file, or nothing can be written, for this cause. `now`
    /// by the wall and by our monotone clock.
    pub fn disk_lost(&mut self, cause: &Cause, now: (UnixMs, Duration), shelf: &mut impl Shelf) {
        if self.file.is_some() {
            self.fail(cause, shelf);
        } else {
            self.change_gap(cause, now.0, shelf);
        }
        self.retry = Some(now.1 + RETRY);
    }

    /// The end of the record: what is held is written, and a gap begins for this cause.
    pub fn end(&mut self, cause: &Cause, now: UnixMs, shelf: &mut impl Shelf) {
        if self.file.is_some() {
            self.stop(cause, Some(now), shelf);
        }
        self.change_gap(cause, now, shelf);
    }

    /// Why there is no footage now.
    #[must_use]
    pub const fn gap(&self) -> Option<&Cause> {
        self.gap.as_ref()
    }

    /// Counts units that are missing in front of this one; where they were dropped in front of the
    /// disk, the file ends.
    fn mind_hole(&mut self, unit: &AccessUnit, shelf: &mut impl Shelf) {
        let Some(last) = &self.last else { return };
        let missing = unit.seq.saturating_sub(last.seq.saturating_add(1));
        if missing == 0 || unit.session != last.session {
            return;
        }
        if std::mem::take(&mut self.overflown) {
            if self.file.is_some() {
                self.stop(&Cause::QueueOverflow, Some(unit.seen_at), shelf);
            }
        } else if let Some(file) = &mut self.file {
            file.lost += i64::try_from(missing).unwrap_or(i64::MAX);
        }
    }

    /// Ends the file where the unit begins, and begins the next one with it.
    fn cut(&mut self, unit: AccessUnit, shelf: &mut impl Shelf) {
        self.last = Some(unit.clone());
        self.take(unit.clone(), shelf);
        if !self.write(shelf) {
            return;
        }
        let Some(file) = self.file.take() else { return };
        let passed = unit.at.saturating_sub(file.first.at);
        let by_its_clock = file.first.seen_at.plus_ms(ms(passed));
        let stepped = server_step_ms(&file.first, &unit).abs() >= STEP_MIN_MS;
        let ended = if stepped { by_its_clock } else { unit.seen_at };
        if stepped && unit.seen_at > ended {
            // Wall time that nobody has lived through.
            shelf.finish(file.end(ended, passed));
            shelf.gap(ended, &Cause::ClockStep);
            shelf.gap_over(unit.seen_at);
        } else {
            shelf.finish(file.end(ended, passed));
        }
        if !self.open(&unit, shelf) {
            self.stamper = Stamper::default();
        }
    }

    /// Begins a file; a gap ends with it as soon as a picture is written.
    fn open(&mut self, unit: &AccessUnit, shelf: &mut impl Shelf) -> bool {
        let opened = fmp4::head(&unit.format)
            .map_err(|_| Cause::Camera("no_picture".into()))
            .and_then(|head| shelf.open(unit, &head));
        if let Err(cause) = opened {
            self.change_gap(&cause, unit.seen_at, shelf);
            self.retry = Some(unit.at + RETRY);
            return false;
        }
        self.retry = None;
        self.overflown = false;
        self.file = Some(File {
            first: unit.clone(),
            base: None,
            fragments: 0,
            units: 0,
            keys: 0,
            lost: 0,
            media: 0,
            until: unit.at,
        });
        true
    }

    /// There is a gap for this cause from `now` on, where there was none or one for another.
    fn change_gap(&mut self, cause: &Cause, now: UnixMs, shelf: &mut impl Shelf) {
        if self.gap.as_ref() == Some(cause) {
            return;
        }
        if self.gap.is_some() {
            shelf.gap_over(now);
        }
        shelf.gap(now, cause);
        self.gap = Some(cause.clone());
    }

    /// Gives the unit its times; the one before it is ready to be written then.
    fn take(&mut self, unit: AccessUnit, shelf: &mut impl Shelf) {
        let seen_at = unit.seen_at;
        let (before, step) = self.stamper.push(unit);
        self.pending.extend(before);
        if let Some(step) = step {
            let by_ms = if let Step::Jump(by_ms) = step { by_ms } else { 0 };
            shelf.note(seen_at, NoteKind::CameraStep, by_ms);
        }
    }

    /// Writes a whole piece as soon as it is there.
    fn tick_pending(&mut self, shelf: &mut impl Shelf) {
        let first = self.pending.first().map(|sample| sample.unit.at);
        let last = self.pending.last().map(|sample| sample.unit.at);
        if let (Some(first), Some(last)) = (first, last)
            && last.saturating_sub(first) >= self.plan.fragment
        {
            self.write(shelf);
        }
    }

    /// Ends the file where its last picture ends, at the latest at `limit`; a gap begins there.
    fn stop(&mut self, cause: &Cause, limit: Option<UnixMs>, shelf: &mut impl Shelf) {
        self.pending.extend(self.stamper.finish());
        if self.write(shelf) {
            self.close(cause, limit, shelf);
        }
    }

    /// The disk refuses: the file ends with what is written.
    fn fail(&mut self, cause: &Cause, shelf: &mut impl Shelf) {
        self.pending.clear();
        self.stamper = Stamper::default();
        self.retry = self.last.as_ref().map(|last| last.at + RETRY);
        self.close(cause, None, shelf);
    }

    fn close(&mut self, cause: &Cause, limit: Option<UnixMs>, shelf: &mut impl Shelf) {
        let Some(file) = self.file.take() else { return };
        let passed = file.until.saturating_sub(file.first.at);
        let ended = file.first.seen_at.plus_ms(ms(passed));
        // A clock that was set back must not make a file end before it begins.
        let limit = limit.filter(|limit| *limit >= file.first.seen_at);
        let ended = limit.map_or(ended, |limit| ended.min(limit));
        self.drift = Drift::default();
        if file.units == 0 {
            // A full disk that still takes the head of a file is one gap, not one every attempt.
            shelf.discard();
            return self.change_gap(cause, file.first.seen_at, shelf);
        }
        shelf.finish(file.end(ended, passed));
        shelf.gap(ended, cause);
        self.gap = Some(cause.clone());
    }

    /// Writes what waits as one fragment. False when the disk refused: the file is closed then.
    fn write(&mut self, shelf: &mut impl Shelf) -> bool {
        let Some(file) = &mut self.file else { return false };
        let samples = std::mem::take(&mut self.pending);
        if samples.is_empty() {
            return true;
        }
        let mut samples = self.stamper.settle().unwrap_or(samples);
        let base = *file.base.get_or_insert(samples[0].dts);
        samples.iter_mut().for_each(|sample| sample.dts = sample.dts.saturating_sub(base));
        let bytes = fmp4::fragment(file.fragments + 1, &samples);
        if let Err(cause) = shelf.append(&bytes) {
            self.fail(&cause, shelf);
            return false;
        }
        if self.gap.take().is_some() {
            shelf.gap_over(file.first.seen_at);
        }
        file.wrote(&samples);
        if let Some(last) = samples.last()
            && let Some(by_ms) = self.drift.look(last, base)
        {
            shelf.note(last.unit.seen_at, NoteKind::CameraDrift, by_ms);
        }
        true
    }
}

impl File {
    fn wrote(&mut self, samples: &[Sample]) {
        self.fragments += 1;
        self.units += i64::try_from(samples.len()).unwrap_or_default();
        let keys = samples.iter().filter(|sample| sample.unit.key).count();
        self.keys += i64::try_from(keys).unwrap_or_default();
        if let Some(last) = samples.last() {
            self.media = last.dts + u64::from(last.duration);
            let duration = Duration::from_millis(u64::from(last.duration) / TICKS_PER_MS);
            self.until = self.until.max(last.unit.at + duration);
        }
    }

    /// What the row says; bytes and hash are the shelf's.
    fn end(&self, ended: UnixMs, passed: Duration) -> SegmentEnd {
        SegmentEnd {
            ended,
            media_ms: i64::try_from(self.media / TICKS_PER_MS).unwrap_or(i64::MAX),
            wall_ms: ms(passed),
            bytes: 0,
            units: self.units,
            key_frames: self.keys,
            lost: self.lost,
            sha256: String::new(),
        }
    }
}

impl Drift {
    /// Compares the media clock with ours; what is to be noted, ms.
    fn look(&mut self, last: &Sample, base: u64) -> Option<i64> {
        let (session, media, at) = (last.unit.session, last.dts + base, last.unit.at);
        let begin = self.begin.filter(|begin| begin.0 == session);
        let Some((_, media_then, at_then)) = begin else {
            *self = Self { begin: Some((session, media, at)), noted_ms: 0 };
            return None;
        };
        let media_ms = media.saturating_sub(media_then) / TICKS_PER_MS;
        let media_ms = i64::try_from(media_ms).unwrap_or(i64::MAX);
        let ahead_ms = media_ms.saturating_sub(ms(at.saturating_sub(at_then)));
        let by_ms = ahead_ms - self.noted_ms;
        if by_ms.abs() < DRIFT_MIN_MS {
            return None;
        }
        self.noted_ms = ahead_ms;
        Some(by_ms)
    }
}

fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
