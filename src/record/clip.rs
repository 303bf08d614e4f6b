//! Any interval of footage as one MP4: which bytes of which files, behind a head of our own.
//!
//! Nothing is copied to a second place: the clip is a head and a list of stretches of files, so any
//! byte of it can be given at once, and it goes when its footage goes. It is cut at key frames; an
//! edit list marks the exact bounds, and players show no more than was asked for. Times without
//! footage are left out of the playing time, and `parts` says where. Pure.

use mp4_atom::{
    Co64, Ctts, CttsEntry, Dinf, Dref, Edts, Elst, ElstEntry, Encode as _, Ftyp, Hdlr, Mdhd, Mdia,
    Minf, Moov, Mvhd, Stbl, Stsc, StscEntry, Stsd, Stss, Stsz, StszSamples, Stts, SttsEntry, Tkhd,
    Trak, Url, Vmhd,
};

use super::read::{Index, Picture};
use crate::clock::UnixMs;

/// Bytes of the head of an `mdat` that may be larger than 4 GiB (ISO/IEC 14496-12, 4.2).
const MDAT_HEAD: u64 = 16;
/// A clock that ran off by more than this share within a file was set, not slow (guess, revisit).
const DRIFT_MAX: f64 = 0.1;

/// One file that may hold some of the interval.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub started: UnixMs,
    /// None while it is written.
    pub ended: Option<UnixMs>,
    pub index: &'a Index,
}

/// A stretch of bytes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Place of the file among the sources.
    pub source: usize,
    pub at: u64,
    pub bytes: u64,
}

/// A time that plays without a break, and where in the clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// When it begins to play, from the beginning of the clip.
    pub plays_ms: i64,
    pub from: UnixMs,
    pub to: UnixMs,
}

/// A clip that can be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// What stands in front of the pictures.
    pub head: Vec<u8>,
    pub stretches: Vec<Stretch>,
    /// All bytes.
    pub bytes: u64,
    /// The key frame with which decoding begins; not later than `from`.
    pub key: UnixMs,
    /// What is shown first.
    pub from: UnixMs,
    /// The end of what is shown last.
    pub to: UnixMs,
    pub parts: Vec<Part>,
}

/// Why there is no clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClipError {
    #[error("there is no footage in this time")]
    Nothing,
    #[error("the camera's video changed its form at {at}; ask for the time before and after it")]
    FormatChanged { at: UnixMs },
}

/// What is taken of one source.
struct Taken<'a> {
    source: usize,
    pictures: &'a [Picture],
    scale: Scale,
}

/// A file's ticks as wall time.
#[derive(Clone, Copy)]
struct Scale {
    started: UnixMs,
    first_pts: i64,
    ms_per_tick: f64,
}

impl Scale {
    /// The file's clock is stretched over the time that the server's clock gives it.
    #[allow(clippy::cast_precision_loss, reason = "ticks and ms of a file are far below 2^52")]
    fn of(source: &Source<'_>) -> Self {
        let plain = 1000.0 / f64::from(source.index.timescale);
        let media_ms = source.index.length() as f64 * plain;
        let wall_ms = source.ended.map(|ended| ended.since_ms(source.started) as f64);
        let drift = wall_ms.filter(|_| media_ms > 0.0).map_or(1.0, |wall_ms| wall_ms / media_ms);
        let drift = if (drift - 1.0).abs() <= DRIFT_MAX { drift } else { 1.0 };
        let first_pts = source.index.first_pts();
        Self { started: source.started, first_pts, ms_per_tick: plain * drift }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as above")]
    fn wall(&self, pts: i64) -> UnixMs {
        let ms = (pts - self.first_pts) as f64 * self.ms_per_tick;
        self.started.plus_ms(ms.round() as i64)
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as above")]
    fn ticks(&self, wall: UnixMs) -> i64 {
        let ticks = wall.since_ms(self.started) as f64 / self.ms_per_tick;
        self.first_pts + ticks.round() as i64
    }
}

/// Plans the clip of an interval out of the files that hold it, oldest first.
///
/// # Errors
/// Nothing of the interval is there, or the format changes within it.
pub fn plan(sources: &[Source<'_>], from: UnixMs, to: UnixMs) -> Result<Clip, ClipError> {
    let mut taken: Vec<Taken<'_>> = Vec::new();
    let mut before = UnixMs(i64::MIN);
    for (place, source) in sources.iter().enumerate() {
        // Files overlap where the server's clock was set back: each time is shown once.
        let Some(one) = take(place, source, (from.max(before), to)) else { continue };
        if taken.first().is_some_and(|first| !alike(sources[first.source].index, source.index)) {
            return Err(ClipError::FormatChanged { at: source.started });
        }
        before = end_of(&one);
        taken.push(one);
    }
    let first = taken.first().ok_or(ClipError::Nothing)?;
    let index = sources[first.source].index;
    let shown = shown(&taken, (from, to));
    let stretches: Vec<Stretch> = taken.iter().flat_map(stretches).collect();
    let media: u64 = stretches.iter().map(|stretch| stretch.bytes).sum();
    let head = head(index, &taken, &shown, &stretches);
    let bytes = head.len() as u64 + media;
    let (parts, key) = (shown.parts, first.scale.wall(first.pictures[0].pts));
    let (begins, ends) = (parts[0].from, parts[parts.len() - 1].to);
    Ok(Clip { head, stretches, bytes, key, from: begins, to: ends, parts })
}

fn alike(one: &Index, other: &Index) -> bool {
    one.entry == other.entry && one.timescale == other.timescale
}

/// From the key frame at or before the beginning to the last picture shown before the end.
fn take<'a>(place: usize, source: &Source<'a>, (from, to): (UnixMs, UnixMs)) -> Option<Taken<'a>> {
    let (scale, pictures) = (Scale::of(source), &source.index.pictures);
    let last = pictures.iter().rposition(|p| scale.wall(p.pts) < to)?;
    let first = pictures[..=last]
        .iter()
        .rposition(|p| p.key && scale.wall(p.pts) <= from)
        .or_else(|| pictures[..=last].iter().position(|p| p.key))?;
    let pictures = &pictures[first..=last];
    let one = Taken { source: place, pictures, scale };
    (end_of(&one) > from).then_some(one)
}

fn end_of(taken: &Taken<'_>) -> UnixMs {
    let end = taken.pictures.iter().map(|p| p.pts + i64::from(p.duration)).max();
    taken.scale.wall(end.unwrap_or(taken.scale.first_pts))
}

/// What a player shows of the pictures.
struct Shown {
    /// Ticks of the clip's media time that are skipped at its beginning.
    skipped: i64,
    /// Ticks that are shown.
    length: i64,
    parts: Vec<Part>,
}

fn shown(taken: &[Taken<'_>], (from, to): (UnixMs, UnixMs)) -> Shown {
    let (mut parts, mut skipped, mut length) = (Vec::new(), 0, 0);
    // Where this source's decoding begins in the clip.
    let mut begins = 0;
    for (place, one) in taken.iter().enumerate() {
        let base = begins - one.pictures[0].dts;
        let pts = one.pictures.iter().map(|p| p.pts).min().unwrap_or_default();
        let end = one.pictures.iter().map(|p| p.pts + i64::from(p.duration)).max();
        let start = if place == 0 { one.scale.ticks(from).max(pts) } else { pts };
        let end = one.scale.ticks(to).min(end.unwrap_or(start)).max(start);
        if place == 0 {
            skipped = (base + start).max(0);
        }
        let plays = base + start - skipped;
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as above")]
        let plays_ms = (plays as f64 * one.scale.ms_per_tick).round() as i64;
        parts.push(Part { plays_ms, from: one.scale.wall(start), to: one.scale.wall(end) });
        length = base + end - skipped;
        begins += one.pictures.iter().map(|p| i64::from(p.duration)).sum::<i64>();
    }
    Shown { skipped, length, parts: joined(parts) }
}

/// Parts that follow each other without a break are one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut whole: Vec<Part> = Vec::new();
    for part in parts {
        match whole.last_mut() {
            // Less than the time of a picture at 10 fps.
            Some(last) if part.from.since_ms(last.to) < 100 => last.to = part.to.max(last.to),
            _ => whole.push(part),
        }
    }
    whole
}

/// The pictures' bytes; those that lie one behind the other are one stretch.
fn stretches(taken: &Taken<'_>) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for picture in taken.pictures {
        let bytes = u64::from(picture.bytes);
        match all.last_mut() {
            Some(last) if last.at + last.bytes == picture.at => last.bytes += bytes,
            _ => all.push(Stretch { source: taken.source, at: picture.at, bytes }),
        }
    }
    all
}

/// `ftyp`, `moov` and the head of the `mdat`.
fn head(index: &Index, taken: &[Taken<'_>], shown: &Shown, stretches: &[Stretch]) -> Vec<u8> {
    let pictures: Vec<&Picture> = taken.iter().flat_map(|one| one.pictures).collect();
    let media: u64 = stretches.iter().map(|stretch| stretch.bytes).sum();
    let written = |first: u64| {
        let mut moov = moov(index, &pictures, shown);
        let mut at = first;
        let places = stretches.iter().map(|stretch| {
            let place = at;
            at += stretch.bytes;
            place
        });
        let stbl = &mut moov.trak[0].mdia.minf.stbl;
        stbl.co64 = Some(Co64 { entries: places.collect() });
        stbl.stsc = stsc(&pictures, stretches);
        let mut bytes = Vec::new();
        let ftyp = Ftyp {
            major_brand: b"isom".into(),
            minor_version: 512,
            compatible_brands: vec![b"isom".into(), b"iso2".into(), b"mp41".into()],
        };
        ftyp.encode(&mut bytes).expect("a box in memory can be written");
        moov.encode(&mut bytes).expect("a box in memory can be written");
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        bytes.extend_from_slice(b"mdat");
        bytes.extend_from_slice(&(media + MDAT_HEAD).to_be_bytes());
        bytes
    };
    // Places are 8 bytes each, whatever they are: the size of the head is known beforehand.
    let size = written(0).len() as u64;
    written(size)
}

/// How many pictures lie in each stretch, where that changes.
fn stsc(pictures: &[&Picture], stretches: &[Stretch]) -> Stsc {
    let mut entries: Vec<StscEntry> = Vec::new();
    let mut rest = pictures.iter();
    for (number, stretch) in (1..).zip(stretches) {
        let (mut bytes, mut count) = (0, 0);
        while bytes < stretch.bytes {
            let Some(picture) = rest.next() else { break };
            bytes += u64::from(picture.bytes);
            count += 1;
        }
        if entries.last().is_none_or(|last| last.samples_per_chunk != count) {
            entries.push(StscEntry {
                first_chunk: number,
                samples_per_chunk: count,
                sample_description_index: 1,
            });
        }
    }
    Stsc { entries }
}

fn moov(index: &Index, pictures: &[&Picture], shown: &Shown) -> Moov {
    let media = pictures.iter().map(|p| u64::from(p.duration)).sum::<u64>();
    let length = u64::try_from(shown.length).unwrap_or_default();
    let size = |px: u32| u16::try_from(px).unwrap_or(u16::MAX).into();
    let edit = ElstEntry {
        segment_duration: length,
        media_time: u64::try_from(shown.skipped).ok(),
        media_rate: 1.into(),
    };
    let tkhd = Tkhd {
        track_id: 1,
        enabled: true,
        in_movie: true,
        duration: length,
        width: size(index.width_px),
        height: size(index.height_px),
        ..Tkhd::default()
    };
    let dinf = Dinf { dref: Dref { entries: vec![Url { location: String::new() }.into()] } };
    let stbl = stbl(index, pictures);
    let mdhd = Mdhd { timescale: index.timescale, duration: media, ..Mdhd::default() };
    let mdia = Mdia {
        mdhd: Mdhd { language: "und".into(), ..mdhd },
        hdlr: Hdlr { handler: b"vide".into(), name: "video".into() },
        minf: Minf { vmhd: Some(Vmhd::default()), dinf, stbl, ..Minf::default() },
    };
    let edts = Some(Edts { elst: Some(Elst { entries: vec![edit] }) });
    Moov {
        mvhd: Mvhd {
            timescale: index.timescale,
            duration: length,
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: 2,
            ..Mvhd::default()
        },
        trak: vec![Trak { tkhd, edts, mdia, ..Trak::default() }],
        ..Moov::default()
    }
}

fn stbl(index: &Index, pictures: &[&Picture]) -> Stbl {
    let durations = runs(pictures.iter().map(|p| i64::from(p.duration)));
    let stts = durations.into_iter().map(|(sample_count, delta)| SttsEntry {
        sample_count,
        sample_delta: u32::try_from(delta).unwrap_or_default(),
    });
    let offsets = runs(pictures.iter().map(|p| p.pts - p.dts));
    let ctts = offsets
        .into_iter()
        .map(|(sample_count, sample_offset)| CttsEntry { sample_count, sample_offset });
    let reordered = pictures.iter().any(|p| p.pts != p.dts);
    let keys = (1..).zip(pictures).filter(|(_, p)| p.key).map(|(number, _)| number);
    let sizes = pictures.iter().map(|p| p.bytes).collect();
    Stbl {
        stsd: Stsd { codecs: vec![index.entry.clone()] },
        stts: Stts { entries: stts.collect() },
        ctts: reordered.then(|| Ctts { entries: ctts.collect() }),
        stss: Some(Stss { entries: keys.collect() }),
        stsz: Stsz { samples: StszSamples::Different { sizes } },
        ..Stbl::default()
    }
}

/// Equal values that follow each other, counted.
fn runs(values: impl Iterator<Item = i64>) -> Vec<(u32, i64)> {
    let mut runs: Vec<(u32, i64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some(last) if last.1 == value => last.0 += 1,
            _ => runs.push((1, value)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::read::tests::{file, read};
    use super::{ClipError, Part, Source, plan};
    use crate::clock::UnixMs;

    /// Plans over files that begin at these times and hold pictures of 40 ms each; gives the clip's
    /// contents by the byte of each picture, and its parts.
    fn clip(files: &[(i64, &str)], from: i64, to: i64) -> Result<(String, Vec<Part>), ClipError> {
        let bytes: Vec<Vec<u8>> = files.iter().map(|(_, words)| file(640, &[words])).collect();
        let indexes: Vec<_> = bytes.iter().map(|bytes| read(bytes).unwrap()).collect();
        let sources: Vec<Source<'_>> = files
            .iter()
            .zip(&indexes)
            .map(|((started, _), index)| Source { started: UnixMs(*started), ended: None, index })
            .collect();
        let clip = plan(&sources, UnixMs(from), UnixMs(to))?;
        let mut media = Vec::new();
        for stretch in &clip.stretches {
            let at = usize::try_from(stretch.at).unwrap();
            let count = usize::try_from(stretch.bytes).unwrap();
            media.extend_from_slice(&bytes[stretch.source][at..at + count]);
        }
        assert_eq!(clip.bytes, (clip.head.len() + media.len()) as u64);
        let told: Vec<String> = media.chunks(7).map(|picture| picture[5].to_string()).collect();
        Ok((told.join(" "), clip.parts))
    }

    fn part(plays_ms: i64, from: i64, to: i64) -> Part {
        Part { plays_ms, from: UnixMs(from), to: UnixMs(to) }
    }

    #[track_caller]
    fn check(files: &[(i64, &str)], (from, to): (i64, i64), pictures: &str, parts: &[Part]) {
        let found = clip(files, from, to).unwrap();
        assert_eq!((found.0.as_str(), found.1.as_slice()), (pictures, parts));
    }

    #[test]
    fn a_clip_begins_with_the_key_frame_before_and_shows_exactly_what_was_asked() {
        let one = [(1000, "k1 p2 p3 k4 p5 p6")];
        check(&one, (1000, 1240), "1 2 3 4 5 6", &[part(0, 1000, 1240)]);
        check(&one, (1050, 1090), "1 2 3", &[part(0, 1050, 1090)]);
        check(&one, (1130, 1170), "4 5", &[part(0, 1130, 1170)]);
        check(&one, (0, 9000), "1 2 3 4 5 6", &[part(0, 1000, 1240)]);
    }

    #[test]
    fn files_that_follow_each_other_are_one_part_and_a_gap_makes_two() {
        let close = [(1000, "k1 p2"), (1080, "k3 p4")];
        check(&close, (1050, 1130), "1 2 3 4", &[part(0, 1050, 1130)]);
        let apart = [(1000, "k1 p2"), (5000, "k3 p4")];
        check(&apart, (1040, 5040), "1 2 3", &[part(0, 1040, 1080), part(40, 5000, 5040)]);
    }

    #[test]
    fn a_clock_set_back_shows_no_time_twice() {
        let twice = [(1000, "k1 p2 k3 p4"), (1080, "k5 p6 k7 p8")];
        let (pictures, _) = clip(&twice, 1000, 2000).unwrap();
        assert_eq!(pictures, "1 2 3 4 7 8");
    }

    #[test]
    fn a_time_without_pictures_is_no_clip() {
        assert_eq!(clip(&[(1000, "k1 p2")], 1080, 2000), Err(ClipError::Nothing));
        assert_eq!(clip(&[(1000, "k1 p2")], 0, 1000), Err(ClipError::Nothing));
        assert_eq!(clip(&[], 0, 1000), Err(ClipError::Nothing));
    }

    #[test]
    fn a_change_of_format_is_told_with_its_time() {
        let (one, other) = (file(640, &["k1"]), file(320, &["k2"]));
        let (one, other) = (read(&one).unwrap(), read(&other).unwrap());
        let source = |started, index| Source { started: UnixMs(started), ended: None, index };
        let sources = [source(1000, &one), source(1040, &other)];
        let changed = ClipError::FormatChanged { at: UnixMs(1040) };
        assert_eq!(plan(&sources, UnixMs(0), UnixMs(2000)), Err(changed));
        assert!(plan(&sources, UnixMs(0), UnixMs(1040)).is_ok());
    }
}
