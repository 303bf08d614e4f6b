//! What time a camera has, by its RTCP sender reports (RFC 3550, 6.4.1).
//!
//! Only told, never used to stamp footage: cameras step their clocks as they like. Pure.

use crate::clock::UnixMs;

/// Seconds from the beginning of NTP's count in 1900 to that of Unix in 1970.
const NTP_TO_UNIX_S: i64 = 2_208_988_800;
/// Packet type of a sender report, which stands first in a packet.
const SENDER_REPORT: u8 = 200;

/// The camera's clock when it sent this packet; None when it is no sender report or the camera
/// says that it has no clock.
#[must_use]
pub(super) fn sent_at(packet: &[u8]) -> Option<UnixMs> {
    let is_report = packet.first()? >> 6 == 2 && *packet.get(1)? == SENDER_REPORT;
    let stamp = packet.get(8..16)?;
    let ntp = u64::from_be_bytes(stamp.try_into().ok()?);
    if !is_report || ntp == 0 {
        return None;
    }
    let seconds = i64::try_from(ntp >> 32).ok()?;
    let ms = i64::try_from(((ntp & 0xffff_ffff) * 1_000) >> 32).ok()?;
    Some(UnixMs((seconds - NTP_TO_UNIX_S) * 1_000 + ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_report_tells_the_cameras_time() {
        let mut packet = vec![0x80, 200, 0, 6, 1, 2, 3, 4];
        let half_past = ((2_208_988_800_u64 + 1_000) << 32) | 0x8000_0000;
        packet.extend(half_past.to_be_bytes());
        packet.extend([0; 12]);
        assert_eq!(sent_at(&packet), Some(UnixMs(1_000_500)));
        packet[1] = 201;
        assert_eq!(sent_at(&packet), None);
        assert_eq!(sent_at(&[0x80, 200, 0, 6, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(sent_at(&[0x80, 200, 0]), None);
    }
}
