//! The parts (NAL units) of an encoded picture: where each begins and what it is.
//!
//! Only headers are read, never contents, so that a strange camera costs nothing more than an
//! unknown part. Annex B of H.264 and of H.265: three-byte start codes, a zero before one belongs
//! to no part. Types: table 7-1 of H.264, table 7-1 of H.265.

use super::units::Codec;

/// What a part is, as far as anybody here cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Coded picture data.
    Slice,
    /// VPS, SPS or PPS.
    ParameterSet,
    /// Padding that keeps a constant bit rate.
    Filler,
    /// Access unit delimiter, SEI, end of sequence and whatever is unknown.
    Other,
}

/// The parts of an Annex-B byte stream, in order, without start codes. Bytes before the first
/// start code are no part.
pub fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(bytes);
    std::iter::from_fn(move || {
        loop {
            let now = rest?;
            let end = find_start_code(now);
            rest = end.map(|at| &now[at + 3..]);
            let part = &now[..end.unwrap_or(now.len())];
            let zeros = part.iter().rev().take_while(|byte| **byte == 0).count();
            let part = &part[..part.len() - zeros];
            if !part.is_empty() {
                return Some(part);
            }
        }
    })
}

/// What a part is by its header.
#[must_use]
pub fn kind(codec: Codec, part: &[u8]) -> Part {
    let Some(&first) = part.first() else {
        return Part::Other;
    };
    match (codec, first & 0x1f, first >> 1 & 0x3f) {
        (Codec::H264, 1..=5, _) | (Codec::H265, _, 0..=31) => Part::Slice,
        (Codec::H264, 7 | 8 | 13, _) | (Codec::H265, _, 32..=34) => Part::ParameterSet,
        (Codec::H264, 12, _) | (Codec::H265, _, 38) => Part::Filler,
        (Codec::H264 | Codec::H265, _, _) => Part::Other,
    }
}

/// The parameter sets that stand in an encoded picture.
#[must_use]
pub fn parameter_sets(codec: Codec, bytes: &[u8]) -> Vec<Vec<u8>> {
    // Sets stand in front of the picture, whose data is long: it is not searched.
    parts(bytes)
        .take_while(|part| kind(codec, part) != Part::Slice)
        .filter(|part| kind(codec, part) == Part::ParameterSet)
        .map(<[u8]>::to_vec)
        .collect()
}

/// Bytes of padding in an encoded picture.
#[must_use]
pub fn filler_bytes(codec: Codec, bytes: &[u8]) -> usize {
    parts(bytes).filter(|part| kind(codec, part) == Part::Filler).map(<[u8]>::len).sum()
}

/// Whether an encoded picture can be left out without harm to any other: none refers to it.
///
/// H.264: `nal_ref_idc` is 0 (7.4.1). H.265: a sub-layer non-reference picture (even types up to
/// 14, table 7-1) of the highest sub-layer that the parameter sets (`sets`) allow; in a lower one
/// pictures of a higher one may refer to it.
#[must_use]
pub fn is_disposable(codec: Codec, sets: &[Vec<u8>], bytes: &[u8]) -> bool {
    let Some(slice) = parts(bytes).find(|part| kind(codec, part) == Part::Slice) else {
        return false;
    };
    match (codec, slice) {
        (Codec::H264, &[header, ..]) => header >> 5 & 3 == 0,
        (Codec::H265, &[first, second, ..]) => {
            let (of_type, layer) = (first >> 1 & 0x3f, (second & 7).saturating_sub(1));
            of_type <= 14 && of_type % 2 == 0 && Some(layer) == highest_layer(sets)
        }
        (Codec::H264 | Codec::H265, _) => false,
    }
}

/// `sps_max_sub_layers_minus1` of an H.265 stream: three bits behind the header of two bytes and
/// four bits of the VPS's number (7.3.2.2).
fn highest_layer(sets: &[Vec<u8>]) -> Option<u8> {
    let sps = sets.iter().find(|set| set.first().is_some_and(|first| first >> 1 & 0x3f == 33))?;
    sps.get(2).map(|byte| byte >> 1 & 7)
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    find_start_code(bytes).map(|at| &bytes[at + 3..])
}

fn find_start_code(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, &[0, 0, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expect: &[&[u8]]) {
        assert_eq!(parts(bytes).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn parts_stand_between_start_codes_of_three_or_four_bytes() {
        check(&[0, 0, 0, 1, 9, 16, 0, 0, 1, 0x65, 7, 7], &[&[9, 16], &[0x65, 7, 7]]);
        check(&[5, 5, 0, 0, 1, 0x41, 1, 0, 0, 0, 1, 0x41, 2], &[&[0x41, 1], &[0x41, 2]]);
        check(&[0, 0, 1, 0, 0, 1], &[]);
        check(&[1, 2, 3], &[]);
        check(&[], &[]);
    }

    #[test]
    fn headers_tell_what_a_part_is() {
        let check = |codec, first, expect| assert_eq!(kind(codec, &[first, 0]), expect);
        check(Codec::H264, 0x65, Part::Slice);
        check(Codec::H264, 0x41, Part::Slice);
        check(Codec::H264, 0x67, Part::ParameterSet);
        check(Codec::H264, 0x0c, Part::Filler);
        check(Codec::H264, 0x06, Part::Other);
        check(Codec::H265, 0x26, Part::Slice);
        check(Codec::H265, 0x42, Part::ParameterSet);
        check(Codec::H265, 38 << 1, Part::Filler);
        check(Codec::H265, 35 << 1, Part::Other);
        assert_eq!(kind(Codec::H264, &[]), Part::Other);
    }

    #[test]
    fn pictures_that_no_other_refers_to_are_disposable() {
        let check = |codec, sets: &[u8], slice: [u8; 2], expect| {
            let bytes = [&[0, 0, 1, 0x4e, 9, 0, 0, 1][..], &slice, &[7]].concat();
            assert_eq!(is_disposable(codec, &[sets.to_vec()], &bytes), expect, "{slice:?}");
        };
        let nothing: &[u8] = &[];
        check(Codec::H264, nothing, [0x65, 0], false);
        check(Codec::H264, nothing, [0x41, 0], false);
        check(Codec::H264, nothing, [0x21, 0], false);
        check(Codec::H264, nothing, [0x01, 0], true);
        // TRAIL_N and TRAIL_R of the only sub-layer, then of the lower and higher one of two.
        let (one, two) = (&[33 << 1, 1, 0b0000_0001][..], &[33 << 1, 1, 0b0000_0011][..]);
        check(Codec::H265, one, [0, 1], true);
        check(Codec::H265, one, [1 << 1, 1], false);
        check(Codec::H265, one, [19 << 1, 1], false);
        check(Codec::H265, two, [0, 1], false);
        check(Codec::H265, two, [0, 2], true);
        check(Codec::H265, nothing, [0, 1], false);
        assert!(!is_disposable(Codec::H264, &[], &[0, 0, 1, 9, 16]));
    }

    #[test]
    fn parameter_sets_are_taken_from_the_front() {
        let bytes = [0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3, 0, 0, 1, 0x68, 9];
        assert_eq!(parameter_sets(Codec::H264, &bytes), [vec![0x67, 1], vec![0x68, 2]]);
        assert_eq!(filler_bytes(Codec::H264, &[0, 0, 1, 0x41, 9, 0, 0, 1, 12, 255, 255, 128]), 4);
        assert_eq!(filler_bytes(Codec::H264, &bytes), 0);
    }
}
