//! Encoded pictures as RTP packets, made once and sent many times.
//!
//! A packet is kept as it goes over TCP, with its four bytes in front (RFC 2326, 10.12); what
//! changes from round to round (sequence number, stamp) is written over it when it is sent. Large
//! NAL units are cut as RFC 6184 (H.264) and RFC 7798 (H.265) say. Pure.

use crate::camera::Codec;
use crate::camera::nal::{self, Part};

/// Where a packet lies, and what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// A parameter set, which a camera may fail to send.
    pub(super) is_set: bool,
}

/// Largest payload in bytes: with all headers below an Ethernet frame's 1500.
const PAYLOAD_MAX: usize = 1_400;
/// The number that the description gives the encoding.
pub(super) const PAYLOAD_TYPE: u8 = 96;

/// Packets one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Packets {
    pub(super) bytes: Vec<u8>,
    pub(super) list: Vec<Packet>,
}

impl Packets {
    /// All packets of an encoded picture.
    pub(super) fn of(codec: Codec, picture: &[u8]) -> Self {
        let mut all = Self::default();
        for part in nal::parts(picture) {
            all.add(codec, part);
        }
        if let Some(last) = all.list.last() {
            all.bytes[last.begin + 5] |= 0x80;
        }
        all
    }

    /// One NAL unit behind the others.
    pub(super) fn add(&mut self, codec: Codec, part: &[u8]) {
        let before = self.list.len();
        self.cut(codec, part);
        let is_set = nal::kind(codec, part) == Part::ParameterSet;
        self.list[before..].iter_mut().for_each(|packet| packet.is_set = is_set);
    }

    fn cut(&mut self, codec: Codec, part: &[u8]) {
        let head = match codec {
            Codec::H264 => 1,
            Codec::H265 => 2,
        };
        if part.len() <= PAYLOAD_MAX.max(head) {
            self.push(&[], part);
            return;
        }
        let count = (part.len() - head).div_ceil(PAYLOAD_MAX);
        for (at, piece) in part[head..].chunks(PAYLOAD_MAX).enumerate() {
            let ends = u8::from(at == 0) << 7 | u8::from(at + 1 == count) << 6;
            match codec {
                Codec::H264 => {
                    self.push(&[part[0] & 0xe0 | 28, ends | part[0] & 0x1f], piece);
                }
                Codec::H265 => {
                    let kind = part[0] >> 1 & 0x3f;
                    self.push(&[part[0] & 0x81 | 49 << 1, part[1], ends | kind], piece);
                }
            }
        }
    }

    fn push(&mut self, fragment: &[u8], payload: &[u8]) {
        let begin = self.bytes.len();
        let length = 12 + fragment.len() + payload.len();
        let length = u16::try_from(length).expect("a payload is far below 64 KiB").to_be_bytes();
        self.bytes.extend([b'$', 0, length[0], length[1], 0x80, PAYLOAD_TYPE]);
        self.bytes.extend([0; 10]);
        self.bytes.extend(fragment);
        self.bytes.extend(payload);
        self.list.push(Packet { begin, end: self.bytes.len(), is_set: false });
    }
}

/// What is new in a packet each time that it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) sequence: u16,
    pub(super) time: u32,
    pub(super) source: u32,
}

/// Writes `stamp` over a packet.
pub(super) fn stamp(packet: &mut [u8], stamp: Stamp) {
    packet[6..8].copy_from_slice(&stamp.sequence.to_be_bytes());
    packet[8..12].copy_from_slice(&stamp.time.to_be_bytes());
    packet[12..16].copy_from_slice(&stamp.source.to_be_bytes());
}

/// A sender report (RFC 3550, 6.4.1) with the name that must go with it, as it goes over TCP.
/// `unix_s`: the camera's clock.
pub(super) fn report(unix_s: f64, stamp: Stamp, sent: (u32, u32)) -> Vec<u8> {
    /// Seconds from 1900 to 1970.
    const NTP_EPOCH_S: f64 = 2_208_988_800.0;
    let ntp = ((unix_s + NTP_EPOCH_S) * 65_536.0) as u64;
    let mut bytes = vec![b'$', 1, 0, 0, 0x80, 200, 0, 6];
    bytes.extend(stamp.source.to_be_bytes());
    bytes.extend((ntp << 16).to_be_bytes());
    for word in [stamp.time, sent.0, sent.1] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend([0x81, 202, 0, 4]);
    bytes.extend(stamp.source.to_be_bytes());
    bytes.extend([1, 7]);
    bytes.extend(b"testcam");
    bytes.extend([0; 3]);
    let length = u16::try_from(bytes.len() - 4).expect("a report is short").to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes in front of the payload: `$`, channel, length, and RTP's twelve.
    const HEAD: usize = 16;

    fn payloads(packets: &Packets) -> Vec<&[u8]> {
        packets.list.iter().map(|p| &packets.bytes[p.begin + HEAD..p.end]).collect()
    }

    #[test]
    fn small_units_go_whole_and_only_the_last_packet_ends_the_picture() {
        let picture = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x65, 3, 4];
        let packets = Packets::of(Codec::H264, &picture);
        assert_eq!(payloads(&packets), [&[0x67, 1, 2][..], &[0x65, 3, 4]]);
        let marks: Vec<u8> = packets.list.iter().map(|p| packets.bytes[p.begin + 5]).collect();
        assert_eq!(marks, [96, 96 | 0x80]);
        let sets: Vec<bool> = packets.list.iter().map(|p| p.is_set).collect();
        assert_eq!(sets, [true, false]);
        assert_eq!(packets.bytes[..4], [b'$', 0, 0, 15]);
    }

    #[test]
    fn a_large_unit_is_cut_and_its_header_goes_into_each_piece() {
        let mut picture = vec![0, 0, 1, 0x65];
        picture.extend([7; 3_000]);
        let packets = Packets::of(Codec::H264, &picture);
        let heads: Vec<&[u8]> = payloads(&packets).iter().map(|p| &p[..2]).collect();
        assert_eq!(heads, [[0x7c, 0x85], [0x7c, 0x05], [0x7c, 0x45]]);
        assert_eq!(payloads(&packets).iter().map(|p| p.len() - 2).sum::<usize>(), 3_000);
        let mut picture = vec![0, 0, 1, 0x26, 0x01];
        picture.extend([7; 2_000]);
        let packets = Packets::of(Codec::H265, &picture);
        let heads: Vec<&[u8]> = payloads(&packets).iter().map(|p| &p[..3]).collect();
        assert_eq!(heads, [[0x62, 1, 0x93], [0x62, 1, 0x53]]);
    }

    #[test]
    fn a_report_carries_the_camera_clock() {
        let stamp = Stamp { sequence: 0, time: 5, source: 9 };
        let bytes = report(1.5, stamp, (3, 4));
        assert_eq!(usize::from(bytes[3]) + 4, bytes.len());
        assert_eq!(bytes[12..20], [0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0]);
        assert_eq!(bytes[20..24], [0, 0, 0, 5]);
        assert_eq!((bytes.len() - 4) % 4, 0);
    }
}
