//! What of a file of footage can be read, after a crash or when nobody knows it.
//!
//! Boxes are walked from the beginning: a head, then fragments of which each stands for itself.
//! The file is good up to the end of its last whole fragment; what follows was torn by the crash.
//! Pure: bytes in, facts out.

use mp4_atom::{Codec as SampleEntry, Decode as _, Moof, Moov, ReadFrom as _};

use super::fmp4::TIMESCALE;
use crate::camera::Codec;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    pub codec: Codec,
    pub width_px: u32,
    pub height_px: u32,
    /// Bytes up to the end of the last whole fragment.
    pub good_bytes: usize,
    pub units: i64,
    pub key_frames: i64,
    /// Length of the media.
    pub media_ms: i64,
}

/// Flag of a picture that depends on another one (ISO/IEC 14496-12, 8.8.3.1).
const IS_DELTA: u32 = 0x0001_0000;

/// Reads a file; None when it has no head of ours.
#[must_use]
pub fn scan(bytes: &[u8]) -> Option<Scanned> {
    let mut scanned = None;
    let mut at = 0;
    let mut fragment = None;
    while let Some((kind, end)) = next_box(bytes, at) {
        match (&kind, scanned.as_mut()) {
            (b"moov", None) => scanned = Some(head(bytes.get(at..end)?, end)?),
            (b"moof", Some(_)) => fragment = read_fragment(bytes.get(at..end)?),
            (b"mdat", Some(scanned)) => match fragment.take() {
                Some(read) => add(scanned, read, end),
                None => break,
            },
            _ => {}
        }
        at = end;
    }
    scanned
}

/// Kind and end of the box that begins here, if all of it is there.
fn next_box(bytes: &[u8], at: usize) -> Option<([u8; 4], usize)> {
    let head = bytes.get(at..at.checked_add(8)?)?;
    let length = u32::from_be_bytes(head.get(..4)?.try_into().ok()?);
    let kind: [u8; 4] = head.get(4..)?.try_into().ok()?;
    let end = at.checked_add(usize::try_from(length).ok()?)?;
    (length >= 8 && end <= bytes.len()).then_some((kind, end))
}

fn head(mut bytes: &[u8], end: usize) -> Option<Scanned> {
    let moov = Moov::read_from(&mut bytes).ok()?;
    let entry = moov.trak.first()?.mdia.minf.stbl.stsd.codecs.first()?;
    let (codec, visual) = match entry {
        SampleEntry::Avc1(entry) => (Codec::H264, &entry.visual),
        SampleEntry::Hev1(entry) => (Codec::H265, &entry.visual),
        SampleEntry::Hvc1(entry) => (Codec::H265, &entry.visual),
        _ => return None,
    };
    let (width_px, height_px) = (visual.width.into(), visual.height.into());
    let (units, key_frames, media_ms) = (0, 0, 0);
    Some(Scanned { codec, width_px, height_px, good_bytes: end, units, key_frames, media_ms })
}

/// Pictures, key frames and the end of a fragment in ticks.
fn read_fragment(mut bytes: &[u8]) -> Option<(i64, i64, u64)> {
    let moof = Moof::decode(&mut bytes).ok()?;
    let traf = moof.traf.first()?;
    let mut end = traf.tfdt.as_ref()?.base_media_decode_time;
    let (mut units, mut keys) = (0, 0);
    for entry in traf.trun.iter().flat_map(|trun| trun.samples.iter()) {
        units += 1;
        keys += i64::from(entry.flags.is_some_and(|flags| flags & IS_DELTA == 0));
        end += u64::from(entry.duration.unwrap_or_default());
    }
    Some((units, keys, end))
}

fn add(scanned: &mut Scanned, (units, keys, end): (i64, i64, u64), good_bytes: usize) {
    scanned.units += units;
    scanned.key_frames += keys;
    scanned.media_ms = i64::try_from(end * 1_000 / u64::from(TIMESCALE)).unwrap_or(i64::MAX);
    scanned.good_bytes = good_bytes;
}
