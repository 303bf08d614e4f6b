//! Who decodes what: one decoder for the single pictures of all quiet cameras, one of its own for
//! each camera that is awake.
//!
//! A decoder of 1080p holds tens of MiB; quiet cameras need it some milliseconds every two
//! seconds, so they share. Each key frame stands for itself and is driven out at once, so nothing
//! of one camera remains in the decoder for the next one. Nothing here waits: when a decoder is
//! behind, units are dropped up to the next key frame and counted. Of a camera that is awake no
//! picture is decoded that nobody will look at and no other one refers to: of streams with
//! reordered pictures that is about two in five.

use std::sync::{Arc, Mutex};

use super::Error;
use super::decoder::{Decoder, Shape};
use crate::camera::intake::Intake;
use crate::camera::pace::Pace;
use crate::camera::{AccessUnit, nal};

/// The decoders that all quiet cameras share: one for each shape of picture.
pub(crate) struct Stills {
    width_px: u32,
    decoders: Mutex<Vec<Decoder>>,
}

/// Shapes of picture with a decoder at the same time; the one unused longest goes. Guess, revisit.
const SHAPES_MAX: usize = 6;
/// Key frames that may wait: those of 64 cameras at once.
const STILLS_MAX: usize = 64;
/// Units that may wait for the decoder of one stream beyond a group that is caught up with: 2 s at
/// 25 a second.
const LAG_MAX: usize = 50;
/// The same where key frames are `LONG_GROUP` units apart or more: what is dropped there leaves the
/// camera blind until the next one, so a late picture is better than none. 20 s at 25 a second; the
/// bytes are the ring's, not copies. Guess, revisit.
const LONG_LAG_MAX: usize = 500;
/// 10 s at 25 a second.
const LONG_GROUP: usize = 250;

impl Stills {
    /// Decoders whose pictures come out at most `width_px` wide. None is made yet.
    #[must_use]
    pub(crate) fn new(width_px: u32) -> Self {
        Self { width_px, decoders: Mutex::default() }
    }

    /// Decodes one key frame by itself. False when it had to be dropped.
    pub(crate) fn decode(&self, unit: &AccessUnit, intake: &Arc<Intake>) -> Result<bool, Error> {
        let shape = Shape::of(&unit.format);
        let mut decoders = self.decoders.lock().expect("no panic happens while decoders are held");
        let at = decoders.iter().position(|decoder| decoder.fits(shape));
        let decoder = match at {
            Some(at) => decoders.remove(at),
            None => Decoder::new(shape, self.width_px)?,
        };
        let room = decoder.waiting() < STILLS_MAX;
        if room {
            decoder.feed(unit, intake);
            decoder.drain();
        }
        decoders.push(decoder);
        if decoders.len() > SHAPES_MAX {
            decoders.remove(0).close();
        }
        Ok(room)
    }
}

impl std::fmt::Debug for Stills {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stills").field("width_px", &self.width_px).finish_non_exhaustive()
    }
}

/// The decoder of one stream while it is awake.
pub(crate) struct OwnDecoder {
    width_px: u32,
    running: Option<Decoder>,
    /// Goes by the arrival of units: what comes out late for its order would always be due.
    pace: Pace,
    /// Units that may wait.
    lag_max: usize,
    /// Units are dropped until a key frame.
    torn: bool,
    /// Units since the last key frame that came while this was awake; none before the first.
    since_key: Option<usize>,
    /// Units of the last whole group; none while no two key frames have come.
    last_group: Option<usize>,
}

impl OwnDecoder {
    /// A decoder whose pictures come out at most `width_px` wide, `fps` of them a second.
    pub(crate) fn new(width_px: u32, fps: u32) -> Self {
        Self {
            width_px,
            running: None,
            pace: Pace::new(fps),
            lag_max: LAG_MAX,
            torn: true,
            since_key: None,
            last_group: None,
        }
    }

    /// Decodes a group from its key frame to its newest unit. Gives the number of units dropped.
    pub(crate) fn group(
        &mut self,
        units: &[AccessUnit],
        intake: &Arc<Intake>,
    ) -> Result<u64, Error> {
        self.lag_max = self.lag_max.max(self.waiting() + units.len() + LAG_MAX);
        let mut dropped = 0;
        for unit in units {
            dropped += self.next(unit, intake)?;
        }
        Ok(dropped)
    }

    /// Decodes the next unit. Gives the number of units dropped.
    pub(crate) fn next(&mut self, unit: &AccessUnit, intake: &Arc<Intake>) -> Result<u64, Error> {
        if unit.key {
            self.torn = false;
            self.last_group = self.since_key.replace(0).or(self.last_group);
            self.renew(unit)?;
        }
        self.since_key = self.since_key.map(|units| units + 1);
        let waiting = self.waiting();
        if waiting < LAG_MAX {
            self.lag_max = LAG_MAX;
        }
        self.torn |= waiting >= self.lag_max.max(self.patience());
        let due = self.pace.lets_through(unit.at);
        match &self.running {
            Some(decoder) if !self.torn => {
                if due || !is_disposable(unit) {
                    decoder.feed(unit, intake);
                }
                Ok(0)
            }
            _ => Ok(1),
        }
    }

    /// Frees the decoder: the camera sleeps.
    pub(crate) fn free(&mut self) {
        self.torn = true;
        self.lag_max = LAG_MAX;
        self.since_key = None;
        if let Some(decoder) = self.running.take() {
            decoder.close();
        }
    }

    /// Units that may wait for the sake of those behind them that need them.
    fn patience(&self) -> usize {
        let since_key = self.since_key.unwrap_or_default();
        // As long as no whole group is known, it may be a long one.
        let group = self.last_group.map_or(LONG_GROUP, |units| units.max(since_key));
        if group >= LONG_GROUP { LONG_LAG_MAX } else { 0 }
    }

    fn waiting(&self) -> usize {
        self.running.as_ref().map_or(0, Decoder::waiting)
    }

    /// Makes a decoder if there is none that fits.
    fn renew(&mut self, unit: &AccessUnit) -> Result<(), Error> {
        let shape = Shape::of(&unit.format);
        if self.running.as_ref().is_some_and(|decoder| decoder.fits(shape)) {
            return Ok(());
        }
        if let Some(old) = self.running.take() {
            old.close();
        }
        self.running = Some(Decoder::new(shape, self.width_px)?);
        Ok(())
    }
}

fn is_disposable(unit: &AccessUnit) -> bool {
    nal::is_disposable(unit.format.codec, &unit.format.sets, &unit.bytes)
}
