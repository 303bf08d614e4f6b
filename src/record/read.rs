//! Footage read back: where each picture of a file lies, without reading the pictures.
//!
//! Only boxes that describe are read, a few kB a minute of video. A file that a crash or a full
//! disk has cut off counts up to its last whole fragment; so does one that is still written. Pure:
//! whoever calls gives a way to read bytes of the file.

use std::io;

use mp4_atom::{Any, Buf, Codec as SampleEntry, DecodeMaybe as _, Header, Moof, Moov, Traf};

/// A box that describes is never larger; what is, is garbage. A moof of an hour-long fragment at
/// 60 fps has 3.5 MB.
const DESCRIPTION_MAX: usize = 16 * 1024 * 1024;
/// The longest head of a box (ISO/IEC 14496-12, 4.2).
const BOX_HEAD: usize = 16;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("the file is no footage: {0}")]
    Strange(&'static str),
}

/// One picture of a file, in order of decoding. Times in ticks of the file's timescale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Where its bytes begin in the file.
    pub at: u64,
    pub bytes: u32,
    pub dts: i64,
    /// When it is shown.
    pub pts: i64,
    pub duration: u32,
    pub key: bool,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// Codec and parameter sets.
    pub entry: SampleEntry,
    pub width_px: u32,
    pub height_px: u32,
    /// Ticks a second.
    pub timescale: u32,
    pub pictures: Vec<Picture>,
    /// Where the last whole fragment ends; what comes behind is cut off.
    pub whole: u64,
}

/// Reads `bytes` bytes of the file from a place on; fewer only at its end.
pub type ReadAt<'a> = dyn FnMut(u64, usize) -> io::Result<Vec<u8>> + 'a;

/// Reads what a file of this length holds.
///
/// # Errors
/// The file cannot be read, or has no head.
pub fn index(length: u64, read: &mut ReadAt<'_>) -> Result<Index, ReadError> {
    let mut found: Option<Index> = None;
    let mut waiting: Vec<Picture> = Vec::new();
    let mut at = 0;
    while let Some((head, body)) = next_box(at, length, read)? {
        let size = head.size.map_or(length - body, |size| size as u64);
        let end = body.saturating_add(size);
        if end > length {
            break;
        }
        match (head.kind.as_ref(), &mut found) {
            (b"moov", None) => found = Some(of_moov(description(&head, body, read)?)?),
            (b"moof", Some(index)) => {
                let Some(Any::Moof(moof)) = description(&head, body, read)? else { break };
                let Some(pictures) = of_moof(&moof, at, index) else { break };
                waiting = pictures;
            }
            (b"mdat", Some(index)) => {
                let inside = |p: &Picture| p.at >= body && p.at + u64::from(p.bytes) <= end;
                if !waiting.iter().all(inside) {
                    break;
                }
                index.pictures.append(&mut waiting);
                index.whole = end;
            }
            _ => {}
        }
        at = end;
    }
    found.ok_or(ReadError::Strange("it has no head"))
}

/// The head of the box at a place and where its body begins; none at the end or in torn bytes.
fn next_box(
    at: u64,
    length: u64,
    read: &mut ReadAt<'_>,
) -> Result<Option<(Header, u64)>, ReadError> {
    if at >= length {
        return Ok(None);
    }
    let bytes = read(at, BOX_HEAD)?;
    let mut rest = bytes.as_slice();
    // Garbage in place of a head ends the file as a cut does.
    let Ok(Some(head)) = Header::decode_maybe(&mut rest) else { return Ok(None) };
    let taken = bytes.len() - rest.remaining();
    Ok(Some((head, at + taken as u64)))
}

/// The box, unless its bytes make no sense.
fn description(head: &Header, body: u64, read: &mut ReadAt<'_>) -> Result<Option<Any>, ReadError> {
    let Some(size) = head.size.filter(|size| *size <= DESCRIPTION_MAX) else { return Ok(None) };
    let bytes = read(body, size)?;
    let mut rest = bytes.as_slice();
    Ok(mp4_atom::DecodeAtom::decode_atom(head, &mut rest).ok())
}

fn of_moov(found: Option<Any>) -> Result<Index, ReadError> {
    let Some(Any::Moov(Moov { trak, .. })) = found else {
        return Err(ReadError::Strange("its head cannot be read"));
    };
    let track = trak.first().ok_or(ReadError::Strange("it has no track"))?;
    let entry = track.mdia.minf.stbl.stsd.codecs.first();
    let entry = entry.cloned().ok_or(ReadError::Strange("its head names no codec"))?;
    let (width_px, height_px) = match &entry {
        SampleEntry::Avc1(avc1) => (avc1.visual.width, avc1.visual.height),
        SampleEntry::Hev1(hev1) => (hev1.visual.width, hev1.visual.height),
        _ => return Err(ReadError::Strange("its codec is not H.264 or H.265")),
    };
    Ok(Index {
        entry,
        width_px: width_px.into(),
        height_px: height_px.into(),
        timescale: track.mdia.mdhd.timescale.max(1),
        pictures: Vec::new(),
        whole: 0,
    })
}

/// The pictures of a fragment whose `moof` begins at `start`; none when it does not say enough.
fn of_moof(moof: &Moof, start: u64, index: &Index) -> Option<Vec<Picture>> {
    let traf: &Traf = moof.traf.first()?;
    let mut dts = i64::try_from(traf.tfdt.as_ref()?.base_media_decode_time).ok()?;
    let mut pictures = Vec::new();
    for run in &traf.trun {
        let mut at = start.checked_add_signed(run.data_offset?.into())?;
        for entry in run.samples.iter() {
            let duration = entry.duration.or(traf.tfhd.default_sample_duration)?;
            let bytes = entry.size.or(traf.tfhd.default_sample_size)?;
            let flags = entry.flags.or(traf.tfhd.default_sample_flags).unwrap_or_default();
            // Bit 16: depends on others (14496-12, 8.8.3.1).
            let key = flags & 0x0001_0000 == 0;
            let pts = dts + entry.cts.unwrap_or_default();
            pictures.push(Picture { at, bytes, dts, pts, duration, key });
            at += u64::from(bytes);
            dts += i64::from(duration);
        }
    }
    // A file that goes back in time is not ours.
    let last = index.pictures.last().map_or(i64::MIN, |picture| picture.dts);
    pictures.first().is_some_and(|first| first.dts >= last).then_some(pictures)
}

impl Index {
    /// When the first picture is shown, in ticks.
    #[must_use]
    pub fn first_pts(&self) -> i64 {
        self.pictures.iter().map(|picture| picture.pts).min().unwrap_or_default()
    }

    /// How long all pictures are shown, in ticks.
    #[must_use]
    pub fn length(&self) -> i64 {
        let end = self.pictures.iter().map(|p| p.pts + i64::from(p.duration)).max();
        end.unwrap_or_default() - self.first_pts()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Index, Picture, ReadError, index};
    use crate::camera::{AccessUnit, Codec, StreamFormat};
    use crate::clock::UnixMs;
    use crate::record::fmp4::{self, Sample};

    pub(crate) fn format(width_px: u32) -> Arc<StreamFormat> {
        let sets = vec![vec![0x67, 0x64, 0, 0x28, 1], vec![0x68, 2]];
        Arc::new(StreamFormat { codec: Codec::H264, width_px, height_px: 360, sets })
    }

    /// A picture 40 ms long: `k7` a key frame whose content is the byte 7, `p8` another.
    fn sample(number: u64, word: &str, format: &Arc<StreamFormat>) -> Sample {
        let (key, byte) = (word.starts_with('k'), word[1..].parse::<u8>().unwrap());
        let bytes = [0, 0, 1, if key { 0x65 } else { 0x41 }, byte, 0x80];
        let unit = AccessUnit {
            seq: number,
            session: 0,
            key,
            pts_us: 0,
            seen_at: UnixMs(0),
            at: Duration::ZERO,
            format: Arc::clone(format),
            bytes: Arc::from(bytes),
        };
        Sample { unit, dts: number * 3600, cts: 0, duration: 3600 }
    }

    /// A file with these fragments of pictures.
    pub(crate) fn file(width_px: u32, fragments: &[&str]) -> Vec<u8> {
        let format = format(width_px);
        let mut bytes = fmp4::head(&format).unwrap();
        let (mut number, mut count) = (0, 0);
        for words in fragments {
            let mut samples = Vec::new();
            for word in words.split_whitespace() {
                samples.push(sample(number, word, &format));
                number += 1;
            }
            count += 1;
            bytes.extend(fmp4::fragment(count, &samples));
        }
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Index, ReadError> {
        index(bytes.len() as u64, &mut |at, count| {
            let at = usize::try_from(at).unwrap();
            Ok(bytes[at..(at + count).min(bytes.len())].to_vec())
        })
    }

    /// The pictures in words, each with the byte that stands where the index says.
    fn words(index: &Index, bytes: &[u8]) -> String {
        let word = |p: &Picture| {
            let at = usize::try_from(p.at).unwrap();
            format!("{}{}@{}", if p.key { 'k' } else { 'p' }, bytes[at + 5], p.pts / 3600)
        };
        index.pictures.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_picture_is_found_where_it_lies() {
        let bytes = file(640, &["k1 p2", "p3 p4", "k5"]);
        let index = read(&bytes).unwrap();
        assert_eq!(words(&index, &bytes), "k1@0 p2@1 p3@2 p4@3 k5@4");
        assert_eq!((index.width_px, index.height_px, index.timescale), (640, 360, 90_000));
        assert_eq!((index.whole, index.length()), (bytes.len() as u64, 5 * 3600));
    }

    #[test]
    fn a_file_cut_anywhere_counts_up_to_its_last_whole_fragment() {
        let whole = file(640, &["k1 p2", "p3 p4"]);
        let head = file(640, &[]).len();
        let first = file(640, &["k1 p2"]).len();
        for cut in 0..=whole.len() {
            match read(&whole[..cut]) {
                Err(_) => assert!(cut < head, "the head is whole at {cut}"),
                Ok(index) => {
                    let expect =
                        [0, 2, 4][usize::from(cut >= first) + usize::from(cut == whole.len())];
                    assert_eq!(index.pictures.len(), expect, "cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn garbage_ends_a_file_and_never_more() {
        let good = file(640, &["k1 p2"]);
        let behind = |garbage: &[u8]| {
            let bytes = [good.as_slice(), garbage].concat();
            read(&bytes).unwrap().pictures.len()
        };
        assert_eq!(behind(&[0xff; 40]), 2);
        assert_eq!(behind(&[0; 40]), 2);
        assert_eq!(behind(b"\0\0\0\x10moof\0\0\0\x08mfhd"), 2);
        assert!(read(&[7; 100]).is_err());
        assert!(read(&[]).is_err());
    }
}
