//! A camera's record played in memory: whatever happens, files and gaps cover every moment.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::cover::{doubled, uncovered};
use super::cut::Plan;
use super::track::{Shelf, Track};
use super::{Cause, NoteKind, SegmentEnd};
use crate::camera::{AccessUnit, CameraId, Codec, StreamFormat};
use crate::clock::{Clock, SimClock, UnixMs};

const START: UnixMs = UnixMs(1_763_910_600_000);

/// A disk in memory that fails on demand.
#[derive(Default)]
struct Memory {
    broken: Option<Cause>,
    opened: Option<UnixMs>,
    files: Vec<(UnixMs, SegmentEnd)>,
    gap: Option<(UnixMs, Cause)>,
    gaps: Vec<(UnixMs, UnixMs, Cause)>,
    notes: Vec<(NoteKind, i64)>,
}

impl Memory {
    fn refuses(&self) -> Result<(), Cause> {
        self.broken.clone().map_or(Ok(()), Err)
    }
}

impl Shelf for Memory {
    fn open(&mut self, first: &AccessUnit, _head: &[u8]) -> Result<(), Cause> {
        self.refuses()?;
        assert!(self.opened.replace(first.seen_at).is_none(), "two files at once");
        Ok(())
    }

    fn append(&mut self, _bytes: &[u8]) -> Result<(), Cause> {
        self.refuses()
    }

    fn finish(&mut self, end: SegmentEnd) {
        self.files.push((self.opened.take().unwrap(), end));
    }

    fn discard(&mut self) {
        self.opened.take().unwrap();
    }

    fn gap(&mut self, from: UnixMs, cause: &Cause) {
        assert!(self.gap.replace((from, cause.clone())).is_none(), "two gaps at once");
    }

    fn gap_over(&mut self, at: UnixMs) {
        let (from, cause) = self.gap.take().unwrap();
        if at > from {
            self.gaps.push((from, at, cause));
        }
    }

    fn note(&mut self, _at: UnixMs, kind: NoteKind, by_ms: i64) {
        self.notes.push((kind, by_ms));
    }
}

/// A camera with its clock, and its record.
struct Play {
    clock: SimClock,
    track: Track,
    disk: Memory,
    unit: AccessUnit,
    every: i64,
}

impl Play {
    fn new(key_every: i64) -> Self {
        let gate = CameraId::try_from("gate").unwrap();
        let plan = Plan::new(&gate, Duration::from_secs(60), Duration::from_millis(600));
        let mut disk = Memory::default();
        let track = Track::begin(plan, Cause::Connecting, START, &mut disk);
        let sets = vec![vec![0x67, 0x64, 0, 0x28, 1], vec![0x68, 1, 2]];
        let format = StreamFormat { codec: Codec::H264, width_px: 640, height_px: 360, sets };
        let unit = AccessUnit {
            seq: 0,
            session: 1,
            key: false,
            pts_us: 0,
            seen_at: START,
            at: Duration::ZERO,
            format: Arc::new(format),
            bytes: Arc::from([0, 0, 0, 1, 0x41, 1, 2, 3]),
        };
        Self { clock: SimClock::at(START), track, disk, unit, every: key_every }
    }

    /// The next picture, `ms` later by our clock and `pts_us` later by the camera's.
    fn picture(&mut self, ms: u32, pts_us: i64) {
        self.clock.advance_ms(ms);
        self.unit.seq += 1;
        self.unit.key = self.unit.seq as i64 % self.every == 1;
        self.unit.pts_us += pts_us;
        self.unit.seen_at = self.clock.now();
        self.unit.at = self.clock.elapsed();
        self.track.push(self.unit.clone(), &mut self.disk);
    }

    /// Ends the record; files and gaps must cover everything once.
    fn covered(mut self) -> Memory {
        let now = self.clock.now();
        self.track.end(&Cause::DaemonStopped, now, &mut self.disk);
        if self.disk.gap.is_some() {
            self.disk.gap_over(now);
        }
        let disk = self.disk;
        let files = disk.files.iter().map(|(start, end)| (*start, end.ended));
        let spans: Vec<_> = files.chain(disk.gaps.iter().map(|gap| (gap.0, gap.1))).collect();
        assert_eq!(uncovered((START, now), &spans), []);
        assert_eq!(doubled(&spans), []);
        disk
    }
}

#[test]
fn a_day_with_a_clock_that_is_a_second_wrong_stays_in_step() {
    let mut play = Play::new(8);
    // Four pictures a second; the camera counts a day a second too long.
    for at in 0..4 * 86_400_i64 {
        play.picture(250, 250_000 + i64::from(at % 4_320 == 0) * 12_500);
    }
    let disk = play.covered();
    assert!((1_440..=1_442).contains(&disk.files.len()), "{} files", disk.files.len());
    for (_, end) in &disk.files {
        assert!((end.media_ms - end.wall_ms).abs() <= 300, "{end:?}");
        assert!(end.wall_ms <= 62_000, "{end:?}");
    }
    let wall: i64 = disk.files.iter().map(|(_, end)| end.wall_ms).sum();
    assert!((wall - 86_400_000).abs() < 1_000, "{wall}");
    let drift: i64 = disk.notes.iter().map(|(_, by_ms)| by_ms).sum();
    assert!(disk.notes.iter().all(|(kind, _)| *kind == NoteKind::CameraDrift));
    assert!(drift == 0 || (900..=1_100).contains(&drift), "{:?}", disk.notes);
}

#[test]
fn jumps_of_the_cameras_clock_are_noted_and_stay_out_of_the_footage() {
    let mut play = Play::new(10);
    for at in 0..2_000 {
        let jump = match at {
            500 => 37_600_000_000,
            900 => -9_800_000_000,
            _ => 0,
        };
        play.picture(100, 100_000 + jump);
    }
    let disk = play.covered();
    let expect = [(NoteKind::CameraStep, 37_600_000), (NoteKind::CameraStep, -9_800_000)];
    assert_eq!(disk.notes, expect);
    for (_, end) in &disk.files {
        assert!((end.media_ms - end.wall_ms).abs() <= 100, "{end:?}");
    }
}

#[test]
fn a_full_disk_is_a_gap_with_its_cause_and_recording_resumes() {
    let mut play = Play::new(10);
    for at in 0..600 {
        play.disk.broken = (200..400).contains(&at).then_some(Cause::DiskFull);
        play.picture(100, 100_000);
    }
    let disk = play.covered();
    let [_, full] = disk.gaps.as_slice() else { panic!("{:?}", disk.gaps) };
    assert_eq!(full.2, Cause::DiskFull);
    let (from, to) = (full.0.since_ms(START), full.1.since_ms(START));
    // What could not be written is at most a piece; it goes on at the next key frame but one.
    assert!((19_300..=20_100).contains(&from) && (40_100..=43_100).contains(&to), "{full:?}");
}

#[test]
fn key_frames_minutes_apart_lose_nothing() {
    let mut play = Play::new(3_000);
    for _ in 0..12_000 {
        play.picture(100, 100_000);
    }
    let disk = play.covered();
    assert_eq!(disk.gaps.len(), 1);
    assert_eq!(disk.files.iter().map(|(_, end)| end.units).sum::<i64>(), 12_000);
    assert!(disk.files.iter().all(|(_, end)| end.wall_ms <= 600_000));
}

#[test]
fn a_clock_of_the_server_that_is_set_forward_makes_a_gap_and_a_new_file() {
    // The wall clock of the play itself does not step; only what units say of it does.
    let mut stepped = Play::new(10);
    for at in 0..300 {
        stepped.clock.advance_ms(100);
        stepped.unit.seq += 1;
        stepped.unit.key = at % 10 == 0;
        stepped.unit.pts_us += 100_000;
        let step_ms = if at < 100 { 0 } else { 3_600_000 };
        stepped.unit.seen_at = stepped.clock.now().plus_ms(step_ms);
        stepped.unit.at = stepped.clock.elapsed();
        stepped.track.push(stepped.unit.clone(), &mut stepped.disk);
    }
    let gaps: Vec<&Cause> = stepped.disk.gaps.iter().map(|gap| &gap.2).collect();
    assert_eq!(gaps, [&Cause::Connecting, &Cause::ClockStep]);
    let (from, to, _) = &stepped.disk.gaps[1];
    assert_eq!(to.since_ms(*from), 3_600_000);
}

/// Plays what happens, each number one thing.
fn play(happens: &[u8]) -> Play {
    let mut play = Play::new(7);
    for what in happens {
        let now = (play.clock.now(), play.clock.elapsed());
        match what {
            0 => play.disk.broken = Some(Cause::DiskFull),
            1 => play.disk.broken = Some(Cause::DiskReadOnly),
            2..=5 => play.disk.broken = None,
            6 => play.track.down(&Cause::Camera("stalled".into()), now.0, &mut play.disk),
            7 => play.track.disk_lost(&Cause::DiskMissing, now, &mut play.disk),
            8 => {
                play.unit.session += 1;
                play.unit.seq += 9;
                play.unit.pts_us = 0;
            }
            9 => {
                play.track.overflow(3);
                play.unit.seq += 3;
            }
            10 => play.track.tick(now.1, &mut play.disk),
            11 => play.picture(5_000, 5_000_000),
            12 => play.picture(100, -9_800_000_000),
            13 => play.picture(100, 0),
            14 => play.clock.advance_ms(20_000),
            _ => play.picture(100, 100_000),
        }
    }
    play
}

#[test]
fn the_only_picture_after_a_gap_does_not_last_as_long_as_the_gap() {
    // A picture, the camera down, 40 s without a key frame, a key frame, down in the same moment.
    let gap = [11, 6, 15, 11, 11, 11, 11, 8, 11, 15, 11, 11, 11, 13, 105, 6];
    let disk = play(&[gap.as_slice(), &[20; 40]].concat()).covered();
    let [_, (from, end), ..] = disk.files.as_slice() else { panic!("{:?}", disk.files) };
    assert!(end.ended.since_ms(*from) <= 1_000, "{from:?} {end:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_happens_files_and_gaps_cover_every_moment_once(
        happens in proptest::collection::vec(0_u8..120, 50..400),
    ) {
        play(&happens).covered();
    }
}
