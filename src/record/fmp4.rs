//! Fragmented MP4 out of encoded pictures: one head, then fragments that each stand for themselves.
//!
//! A file that is cut off anywhere plays up to its last whole fragment, which is why both the disk
//! and the browser get this form. Boxes: ISO/IEC 14496-12; how H.264 and H.265 lie in them:
//! ISO/IEC 14496-15. Pictures are copied; only start codes become lengths, and parameter sets in
//! front of key frames move into the head. Pure: bytes in, bytes out.

use mp4_atom::{
    Avc1, Avcc, Codec as SampleEntry, Dinf, Dref, Encode as _, Ftyp, Hdlr, Hev1, HvcCArray, Hvcc,
    Mdhd, Mdia, Mfhd, Minf, Moof, Moov, Mvex, Mvhd, Stbl, Stsd, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex,
    Trun, TrunEntry, Url, Visual, Vmhd,
};

use crate::camera::nal::{self, Part};
use crate::camera::{AccessUnit, Codec, StreamFormat};

/// Ticks a second in all times here: the clock of RTP video, so that nothing is rounded.
pub const TIMESCALE: u32 = 90_000;
/// The only track of a file.
const TRACK: u32 = 1;
/// Flags of a picture that others depend on and that depends on none (14496-12, 8.8.3.1).
const KEY_FLAGS: u32 = 0x0200_0000;
/// Flags of a picture that depends on others.
const DELTA_FLAGS: u32 = 0x0101_0000;
/// Bytes of a length in front of a part.
const LENGTH_BYTES: u8 = 4;

/// Why a stretch of video has no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("the camera has sent no parameter sets, without which nobody can decode its video")]
    NoSets,
    #[error("the camera's parameter sets are cut off")]
    TornSets,
}

/// One picture with its times, in ticks of [`TIMESCALE`].
#[derive(Clone, Debug)]
pub struct Sample {
    pub unit: AccessUnit,
    /// When it is decoded; rises strictly within a file, and begins near 0.
    pub dts: u64,
    /// Shown so much later than decoded; below zero where pictures are reordered.
    pub cts: i32,
    /// Until the next one is decoded.
    pub duration: u32,
}

/// The head of a file or live stream: `ftyp` and `moov`.
///
/// # Errors
/// The format lacks what a decoder needs.
pub fn head(format: &StreamFormat) -> Result<Vec<u8>, FormatError> {
    let entry = sample_entry(format)?;
    let mut bytes = Vec::with_capacity(1024);
    let ftyp = Ftyp {
        major_brand: b"iso6".into(),
        minor_version: 1,
        compatible_brands: vec![b"iso6".into(), b"mp41".into()],
    };
    ftyp.encode(&mut bytes).expect("a box in memory can be written");
    moov(format, entry).encode(&mut bytes).expect("a box in memory can be written");
    Ok(bytes)
}

/// A fragment (`moof` and `mdat`) of at least one picture. `number` counts the fragments of a file
/// from 1.
#[must_use]
pub fn fragment(number: u32, samples: &[Sample]) -> Vec<u8> {
    let media: Vec<Vec<u8>> = samples.iter().map(|sample| lengths(&sample.unit)).collect();
    let entries = samples.iter().zip(&media).map(|(sample, bytes)| TrunEntry {
        duration: Some(sample.duration),
        size: Some(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
        flags: Some(if sample.unit.key { KEY_FLAGS } else { DELTA_FLAGS }),
        cts: Some(i64::from(sample.cts)),
    });
    let entries: Vec<TrunEntry> = entries.collect();
    let start = samples.first().map_or(0, |sample| sample.dts);
    let mut bytes = Vec::new();
    // The data begin behind this box and the next one's head, whose place does not change its size.
    let measured = moof(number, start, (entries.clone(), 0));
    measured.encode(&mut bytes).expect("a box in memory can be written");
    let offset = i32::try_from(bytes.len() + 8).unwrap_or(i32::MAX);
    bytes.clear();
    let placed = moof(number, start, (entries, offset));
    placed.encode(&mut bytes).expect("a box in memory can be written");
    let length: usize = media.iter().map(Vec::len).sum();
    bytes.reserve(length + 8);
    bytes.extend_from_slice(&u32::try_from(length + 8).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(b"mdat");
    media.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// The codec's name for a browser (RFC 6381), such as `avc1.640028`.
///
/// # Errors
/// The format lacks what a decoder needs.
pub fn codec_string(format: &StreamFormat) -> Result<String, FormatError> {
    match format.codec {
        Codec::H264 => {
            let sps = sets_of(format, |part| part[0] & 0x1f == 7)?;
            let profile = sps[0].get(1..4).ok_or(FormatError::TornSets)?;
            Ok(format!("avc1.{:02x}{:02x}{:02x}", profile[0], profile[1], profile[2]))
        }
        Codec::H265 => {
            let hvcc = hvcc(format)?;
            let tier = if hvcc.general_tier_flag { 'H' } else { 'L' };
            let flags = u32::from_be_bytes(hvcc.general_profile_compatibility_flags).reverse_bits();
            let mut constraints: Vec<String> =
                hvcc.general_constraint_indicator_flags.iter().map(|b| format!(".{b:x}")).collect();
            while constraints.last().is_some_and(|last| last == ".0") {
                constraints.pop();
            }
            let profile = hvcc.general_profile_idc;
            let level = hvcc.general_level_idc;
            Ok(format!("hev1.{profile}.{flags:x}.{tier}{level}{}", constraints.concat()))
        }
    }
}

/// A picture with lengths in place of start codes; what stands in the head is left out.
fn lengths(unit: &AccessUnit) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(unit.bytes.len() + 16);
    for part in nal::parts(&unit.bytes) {
        let in_head = nal::kind(unit.format.codec, part) == Part::ParameterSet
            && unit.format.sets.iter().any(|set| set == part);
        if !in_head {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

fn sets_of(
    format: &StreamFormat,
    wanted: impl Fn(&[u8]) -> bool,
) -> Result<Vec<Vec<u8>>, FormatError> {
    let sets: Vec<Vec<u8>> =
        format.sets.iter().filter(|set| !set.is_empty() && wanted(set)).cloned().collect();
    if sets.is_empty() { Err(FormatError::NoSets) } else { Ok(sets) }
}

fn sample_entry(format: &StreamFormat) -> Result<SampleEntry, FormatError> {
    let visual = Visual {
        data_reference_index: 1,
        width: u16::try_from(format.width_px).unwrap_or(u16::MAX),
        height: u16::try_from(format.height_px).unwrap_or(u16::MAX),
        horizresolution: 0x48.into(),
        vertresolution: 0x48.into(),
        frame_count: 1,
        compressor: "".into(),
        depth: 24,
    };
    Ok(match format.codec {
        Codec::H264 => Avc1 { visual, avcc: avcc(format)?, ..Avc1::default() }.into(),
        // hev1 and not hvc1: a camera may put parameter sets in front of later pictures too.
        Codec::H265 => Hev1 { visual, hvcc: hvcc(format)?, ..Hev1::default() }.into(),
    })
}

fn avcc(format: &StreamFormat) -> Result<Avcc, FormatError> {
    let sps = sets_of(format, |part| part[0] & 0x1f == 7)?;
    let pps = sets_of(format, |part| part[0] & 0x1f == 8)?;
    let profile = sps[0].get(1..4).ok_or(FormatError::TornSets)?;
    Ok(Avcc {
        configuration_version: 1,
        avc_profile_indication: profile[0],
        profile_compatibility: profile[1],
        avc_level_indication: profile[2],
        length_size: LENGTH_BYTES,
        sequence_parameter_sets: sps,
        picture_parameter_sets: pps,
        ext: None,
    })
}

fn hvcc(format: &StreamFormat) -> Result<Hvcc, FormatError> {
    let of_type = |wanted: u8| sets_of(format, move |part| part[0] >> 1 & 0x3f == wanted);
    let sps = of_type(33)?;
    let plain = without_emulation(&sps[0]);
    // Two bytes of NAL header, four bits of id, three of layers, one of nesting; then the profile
    // (H.265, 7.3.2.2 and 7.3.3).
    let layers = plain.get(2).ok_or(FormatError::TornSets)?;
    let profile: &[u8; 12] =
        plain.get(3..15).and_then(|p| p.try_into().ok()).ok_or(FormatError::TornSets)?;
    let array = |nal_unit_type, nalus| HvcCArray { completeness: false, nal_unit_type, nalus };
    Ok(Hvcc {
        general_profile_space: profile[0] >> 6,
        general_tier_flag: profile[0] & 0x20 != 0,
        general_profile_idc: profile[0] & 0x1f,
        general_profile_compatibility_flags: [profile[1], profile[2], profile[3], profile[4]],
        general_constraint_indicator_flags: [
            profile[5],
            profile[6],
            profile[7],
            profile[8],
            profile[9],
            profile[10],
        ],
        general_level_idc: profile[11],
        // 4:2:0 with 8 bits, which every camera of this kind sends; decoders read the SPS.
        chroma_format_idc: 1,
        num_temporal_layers: (layers >> 1 & 7) + 1,
        temporal_id_nested: layers & 1 != 0,
        length_size_minus_one: LENGTH_BYTES - 1,
        arrays: vec![array(32, of_type(32)?), array(33, sps), array(34, of_type(34)?)],
        ..Hvcc::new()
    })
}

/// The first bytes of a part without the bytes that keep start codes out of it (H.265, 7.3.1.1).
fn without_emulation(part: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(part.len());
    for &byte in part {
        if !(byte == 3 && plain.ends_with(&[0, 0])) {
            plain.push(byte);
        }
    }
    plain
}

fn moov(format: &StreamFormat, entry: SampleEntry) -> Moov {
    let size = |px: u32| u16::try_from(px).unwrap_or(u16::MAX).into();
    let tkhd = Tkhd {
        track_id: TRACK,
        enabled: true,
        in_movie: true,
        width: size(format.width_px),
        height: size(format.height_px),
        ..Tkhd::default()
    };
    let stbl = Stbl { stsd: Stsd { codecs: vec![entry] }, ..Stbl::default() };
    let dinf = Dinf { dref: Dref { entries: vec![Url { location: String::new() }.into()] } };
    let minf = Minf { vmhd: Some(Vmhd::default()), dinf, stbl, ..Minf::default() };
    let mdia = Mdia {
        mdhd: Mdhd { timescale: TIMESCALE, language: "und".into(), ..Mdhd::default() },
        hdlr: Hdlr { handler: b"vide".into(), name: "video".into() },
        minf,
    };
    let trex = Trex { track_id: TRACK, default_sample_description_index: 1, ..Trex::default() };
    Moov {
        mvhd: Mvhd {
            timescale: TIMESCALE,
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: TRACK + 1,
            ..Mvhd::default()
        },
        trak: vec![Trak { tkhd, mdia, ..Trak::default() }],
        mvex: Some(Mvex { trex: vec![trex], ..Mvex::default() }),
        ..Moov::default()
    }
}

fn moof(number: u32, start: u64, (entries, offset): (Vec<TrunEntry>, i32)) -> Moof {
    let tfhd = Tfhd { track_id: TRACK, default_base_is_moof: true, ..Tfhd::default() };
    let trun = Trun { data_offset: Some(offset), samples: entries.into() };
    let traf = Traf {
        tfhd,
        tfdt: Some(Tfdt { base_media_decode_time: start }),
        trun: vec![trun],
        ..Traf::default()
    };
    Moof { mfhd: Mfhd { sequence_number: number }, traf: vec![traf] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMs;
    use mp4_atom::Decode as _;
    use std::sync::Arc;
    use std::time::Duration;

    const SPS: [u8; 5] = [0x67, 0x64, 0x00, 0x28, 0xac];
    const PPS: [u8; 3] = [0x68, 0xee, 0x3c];

    fn format() -> StreamFormat {
        let sets = vec![SPS.to_vec(), PPS.to_vec()];
        StreamFormat { codec: Codec::H264, width_px: 1920, height_px: 1080, sets }
    }

    fn sample(dts: u64, key: bool, parts: &[&[u8]]) -> Sample {
        let bytes: Vec<u8> = parts.iter().flat_map(|p| [&[0, 0, 0, 1], *p].concat()).collect();
        let unit = AccessUnit {
            seq: 0,
            session: 0,
            key,
            pts_us: 0,
            seen_at: UnixMs(0),
            at: Duration::ZERO,
            format: Arc::new(format()),
            bytes: bytes.into(),
        };
        Sample { unit, dts, cts: -7, duration: 3_600 }
    }

    #[test]
    fn the_head_tells_size_and_parameter_sets() {
        let bytes = head(&format()).unwrap();
        let mut rest = bytes.as_slice();
        assert_eq!(Ftyp::decode(&mut rest).unwrap().major_brand, b"iso6".into());
        let moov = Moov::decode(&mut rest).unwrap();
        let SampleEntry::Avc1(entry) = &moov.trak[0].mdia.minf.stbl.stsd.codecs[0] else {
            panic!("no avc1");
        };
        assert_eq!((entry.visual.width, entry.visual.height), (1920, 1080));
        assert_eq!(entry.avcc.sequence_parameter_sets, [SPS]);
        assert_eq!(entry.avcc.picture_parameter_sets, [PPS]);
        assert_eq!(codec_string(&format()).unwrap(), "avc1.640028");
        let bare = StreamFormat { sets: Vec::new(), ..format() };
        assert_eq!(head(&bare), Err(FormatError::NoSets));
    }

    #[test]
    fn a_fragment_names_where_each_picture_lies() {
        let key = sample(90_000, true, &[&SPS, &PPS, &[0x65, 1, 2, 3]]);
        let delta = sample(93_600, false, &[&[0x06, 9], &[0x41, 4]]);
        let bytes = fragment(3, &[key, delta]);
        let mut rest = bytes.as_slice();
        let moof = Moof::decode(&mut rest).unwrap();
        let traf = &moof.traf[0];
        assert_eq!(moof.mfhd.sequence_number, 3);
        assert_eq!(traf.tfdt.as_ref().unwrap().base_media_decode_time, 90_000);
        let entries: Vec<TrunEntry> = traf.trun[0].samples.iter().collect();
        let sizes: Vec<u32> = entries.iter().map(|entry| entry.size.unwrap()).collect();
        // Parameter sets stand in the head; each other part has four bytes of length.
        assert_eq!(sizes, [8, 12]);
        assert_eq!(entries[0].flags, Some(KEY_FLAGS));
        assert_eq!(entries[1].flags, Some(DELTA_FLAGS));
        assert_eq!(entries[1].cts, Some(-7));
        let start = usize::try_from(traf.trun[0].data_offset.unwrap()).unwrap();
        assert_eq!(bytes[start..start + 8], [0, 0, 0, 4, 0x65, 1, 2, 3]);
        assert_eq!(bytes.len(), start + 20);
    }
}
