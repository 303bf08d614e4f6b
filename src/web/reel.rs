//! A camera's pictures as messages for one viewer's browser: heads, then one fragment a picture.
//!
//! The browser's timeline is that of shown pictures: it has no holes, because a browser stops at a
//! hole. Silence, jumps and repeated stamps of the camera take no time there; the true time of
//! every picture travels beside it. Nothing waits for the next picture to know how long this one
//! lasts: the length is foretold from the last group and mended with the next. Pure.

use serde::Serialize;

use crate::camera::{AccessUnit, Role, StreamFormat};
use crate::record::fmp4::{self, FormatError, Sample, TIMESCALE};

/// First byte of a head, and of a picture.
const HEAD: u8 = 1;
const PICTURE: u8 = 2;
/// Bits of a picture's second byte: decoding can begin here; a key frame with the same bits as one
/// of the two before it (encoders count their key frames in turn, so every second may be equal).
const KEY: u8 = 1;
const REPEATED: u8 = 2;
/// Where the timeline begins: pictures that are shown earlier than decoded must stay above 0.
const START: u64 = 10 * TIMESCALE as u64;
/// Length of a picture before anything is known: 25 a second, the usual rate.
const USUAL: i64 = TIMESCALE as i64 / 25;
/// Shortest and longest foretold length: 120 a second, and one every two seconds.
const SHORTEST: i64 = TIMESCALE as i64 / 120;
const LONGEST: i64 = 2 * TIMESCALE as i64;
/// Stamps this far from the timeline belong to another time (reordering moves them by a few
/// pictures only). Guess, revisit.
const ASTRAY: i64 = TIMESCALE as i64;
/// Stamps closer than this are the same: 1 ms, above the 0.3 ms by which cameras go backwards.
const SAME: i64 = TIMESCALE as i64 / 1_000;

/// What goes to the browser.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// What a browser has to know before a head.
#[derive(Serialize)]
struct Head<'a> {
    role: &'a str,
    codec: String,
    width_px: u32,
    height_px: u32,
}

/// The messages of one viewer.
#[derive(Debug)]
pub struct Reel {
    role: Role,
    format: Option<StreamFormat>,
    session: u64,
    last_seq: Option<u64>,
    /// Pictures are left out until a key frame.
    torn: bool,
    number: u32,
    pace: Pace,
    keys: [u64; 2],
}

impl Reel {
    /// Nothing has gone out yet.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            format: None,
            session: 0,
            last_seq: None,
            torn: true,
            number: 0,
            pace: Pace::new(),
            keys: [0; 2],
        }
    }

    /// Number of the newest unit that was taken.
    #[must_use]
    pub const fn last_seq(&self) -> Option<u64> {
        self.last_seq
    }

    /// The viewer missed pictures: nothing until the next key frame.
    pub const fn tear(&mut self) {
        self.torn = true;
    }

    /// Learns the pace from pictures that lie ready, before the first of them is taken.
    pub fn learn(&mut self, group: &[AccessUnit]) {
        let stamps = group.iter().map(|unit| ticks(unit.pts_us));
        if let (Some(least), Some(most)) = (stamps.clone().min(), stamps.max()) {
            self.pace.learn(most.saturating_sub(least), group.len() as i64 - 1);
        }
    }

    /// The messages of the next unit; none for one that nobody could decode.
    ///
    /// # Errors
    /// The camera does not send what a decoder needs.
    pub fn take(&mut self, unit: &AccessUnit) -> Result<Vec<Message>, FormatError> {
        if self.last_seq.is_some_and(|last| unit.seq <= last) {
            return Ok(Vec::new());
        }
        let hole = self.last_seq.is_some_and(|last| unit.seq != last + 1);
        self.torn |= hole || unit.session != self.session;
        self.last_seq = Some(unit.seq);
        if self.torn && !unit.key {
            return Ok(Vec::new());
        }
        (self.torn, self.session) = (false, unit.session);
        let mut messages = Vec::new();
        if unit.key && self.format.as_ref() != Some(&unit.format) {
            messages.extend(head(self.role, &unit.format)?);
            self.format = Some(unit.format.as_ref().clone());
        }
        messages.push(self.picture(unit));
        Ok(messages)
    }

    fn picture(&mut self, unit: &AccessUnit) -> Message {
        let repeated = unit.key && self.is_repeated(unit);
        if unit.key {
            self.pace.begin(ticks(unit.pts_us));
        }
        let (dts, cts, duration) = self.pace.place(ticks(unit.pts_us));
        self.number = self.number.wrapping_add(1);
        let shown = dts.saturating_add_signed(i64::from(cts));
        let sample = Sample { unit: unit.clone(), dts, cts, duration };
        let fragment = fmp4::fragment(self.number, &[sample]);
        let mut bytes = Vec::with_capacity(22 + fragment.len());
        bytes.push(PICTURE);
        bytes.push(u8::from(unit.key) * KEY + u8::from(repeated) * REPEATED);
        bytes.extend_from_slice(&unit.seen_at.0.to_be_bytes());
        bytes.extend_from_slice(&shown.to_be_bytes());
        bytes.extend_from_slice(&duration.to_be_bytes());
        bytes.extend_from_slice(&fragment);
        Message::Binary(bytes)
    }

    fn is_repeated(&mut self, unit: &AccessUnit) -> bool {
        let print = fingerprint(&unit.bytes);
        let repeated = self.keys.contains(&print);
        self.keys = [self.keys[1], print];
        repeated
    }
}

fn head(role: Role, format: &StreamFormat) -> Result<[Message; 2], FormatError> {
    let said = Head {
        role: role.word(),
        codec: fmp4::codec_string(format)?,
        width_px: format.width_px,
        height_px: format.height_px,
    };
    let text = serde_json::to_string(&said).expect("four plain values are JSON");
    let mut bytes = vec![HEAD];
    bytes.extend_from_slice(&fmp4::head(format)?);
    Ok([Message::Text(text), Message::Binary(bytes)])
}

/// FNV-1a: only equality with the key frames just before is asked, by nobody hostile.
fn fingerprint(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The camera's microseconds in ticks.
const fn ticks(us: i64) -> i64 {
    us.saturating_mul(9) / 100
}

/// Places stamps on the viewer's timeline.
#[derive(Debug)]
struct Pace {
    /// When the next picture is decoded.
    next: u64,
    /// Timeline minus the camera's stamps; None before the first picture.
    shift: Option<i64>,
    last_stamp: i64,
    /// Usual length of a picture.
    step: i64,
    /// The last key frame's stamp, and pictures since.
    group: Option<(i64, i64)>,
}

impl Pace {
    const fn new() -> Self {
        Self { next: START, shift: None, last_stamp: 0, step: USUAL, group: None }
    }

    /// `steps` pictures took `span` ticks.
    fn learn(&mut self, span: i64, steps: i64) {
        if steps > 0 && (SHORTEST..=LONGEST).contains(&(span / steps)) {
            self.step = span / steps;
        }
    }

    /// A key frame comes next: learns from the group that is over.
    fn begin(&mut self, stamp: i64) {
        if let Some((begun, pictures)) = self.group {
            self.learn(stamp.saturating_sub(begun), pictures);
        }
        self.group = Some((stamp, 0));
    }

    /// When the picture is decoded, how much later it is shown, and how long it lasts.
    fn place(&mut self, stamp: i64) -> (u64, i32, u32) {
        if let Some((_, pictures)) = &mut self.group {
            *pictures += 1;
        }
        let now = i64::try_from(self.next).unwrap_or(i64::MAX);
        let standing = self.shift.is_some() && stamp.saturating_sub(self.last_stamp).abs() < SAME;
        let mut off = self.shift.map_or(0, |shift| stamp.saturating_add(shift).saturating_sub(now));
        if self.shift.is_none() || standing || off.abs() > ASTRAY.max(4 * self.step) {
            self.shift = Some(now.saturating_sub(stamp));
            off = 0;
        }
        self.last_stamp = stamp;
        // An eighth of the way back each time: reordering pulls both ways and cancels out.
        let duration = (self.step + off / 8).clamp(self.step / 2, self.step * 2);
        let dts = self.next;
        self.next += duration.unsigned_abs();
        (dts, i32::try_from(off).unwrap_or(0), u32::try_from(duration).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Codec;
    use crate::clock::UnixMs;
    use std::sync::Arc;
    use std::time::Duration;

    fn unit(seq: u64, word: &str) -> AccessUnit {
        let sets = vec![vec![0x67, 0x64, 0, 0x28, 1], vec![0x68, 1]];
        let format = StreamFormat { codec: Codec::H264, width_px: 64, height_px: 36, sets };
        let key = word.starts_with('k');
        let kind = if key { 0x65 } else { 0x41 };
        let stamp: i64 = word[1..].parse().unwrap();
        AccessUnit {
            seq,
            session: 0,
            key,
            pts_us: stamp * 1_000,
            seen_at: UnixMs(stamp),
            at: Duration::ZERO,
            format: Arc::new(format),
            bytes: Arc::from([0, 0, 0, 1, kind, u8::try_from(seq % 250).unwrap()]),
        }
    }

    /// Places `k0 p40 ...` (stamps in ms); expects where they are shown, in ms after the first.
    #[track_caller]
    fn shown(words: &str, expect: &[i64]) {
        let mut pace = Pace::new();
        let (mut found, mut end) = (Vec::new(), START);
        for word in words.split_whitespace() {
            let stamp: i64 = word[1..].parse().unwrap();
            if word.starts_with('k') {
                pace.begin(stamp * 90);
            }
            let (dts, cts, duration) = pace.place(stamp * 90);
            assert_eq!(dts, end, "the timeline has no hole");
            end = dts + u64::from(duration);
            let at = dts.saturating_add_signed(i64::from(cts)) - START;
            found.push(i64::try_from(at).unwrap() / 90);
        }
        assert_eq!(found, expect, "{words}");
    }

    #[test]
    fn even_stamps_stay_even() {
        shown("k0 p40 p80 k120", &[0, 40, 80, 120]);
        shown("k5000 p5040 p5080", &[0, 40, 80]);
    }

    #[test]
    fn reordered_pictures_keep_their_order() {
        shown("k0 p120 p40 p80 k240 p160 p200", &[0, 120, 40, 80, 240, 160, 200]);
    }

    #[test]
    fn jumps_and_silence_take_no_time() {
        // Forward 37,600 s, back 9,800 s: the next picture follows the one before.
        shown("k0 p40 p37600080 p37600120", &[0, 40, 80, 120]);
        shown("k9800000 p9800040 p80 p120", &[0, 40, 80, 120]);
        shown("k0 p0 p0 p0", &[0, 40, 80, 120]);
    }

    #[test]
    fn the_pace_is_learnt_from_the_group_before() {
        let mut pace = Pace::new();
        pace.begin(0);
        for stamp in [0, 18_000, 36_000] {
            pace.place(stamp);
        }
        pace.begin(54_000);
        assert_eq!(pace.step, 18_000);
    }

    /// Takes `k0 p1 ...` with these numbers; expects how many messages each gives.
    #[track_caller]
    fn counts(reel: &mut Reel, units: &[(u64, &str)], expect: &[usize]) {
        let count = |(seq, word): &(u64, &str)| reel.take(&unit(*seq, word)).unwrap().len();
        assert_eq!(units.iter().map(count).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn a_head_comes_first_and_a_hole_ends_at_a_key_frame() {
        let mut reel = Reel::new(Role::Main);
        counts(&mut reel, &[(7, "p0"), (8, "k40"), (9, "p80"), (9, "p80")], &[0, 3, 1, 0]);
        counts(&mut reel, &[(11, "p160"), (12, "p200"), (13, "k240")], &[0, 0, 1]);
        reel.tear();
        counts(&mut reel, &[(14, "p280"), (15, "k320")], &[0, 1]);
    }

    #[test]
    fn a_message_says_when_its_picture_was_seen() {
        let mut reel = Reel::new(Role::Sub);
        let said = reel.take(&unit(0, "k1234")).unwrap();
        let Message::Text(head) = &said[0] else { panic!("{said:?}") };
        assert_eq!(head, r#"{"role":"sub","codec":"avc1.640028","width_px":64,"height_px":36}"#);
        let Message::Binary(picture) = &said[2] else { panic!("{said:?}") };
        assert_eq!(picture[..2], [PICTURE, KEY]);
        assert_eq!(picture[2..10], 1_234_i64.to_be_bytes());
        assert_eq!(picture[10..18], START.to_be_bytes());
        assert_eq!(picture[26..30], *b"moof");
    }

    #[test]
    fn equal_key_frames_are_marked_as_repeated() {
        let mut reel = Reel::new(Role::Main);
        let mut marked = Vec::new();
        for (seq, content) in [(0, 1), (1, 2), (2, 1), (3, 2), (4, 3)] {
            let mut key = unit(seq, "k0");
            key.bytes = Arc::from([0, 0, 0, 1, 0x65, content]);
            let Some(Message::Binary(bytes)) = reel.take(&key).unwrap().pop() else { panic!() };
            marked.push(bytes[1] & REPEATED != 0);
        }
        assert_eq!(marked, [false, false, true, true, false]);
    }

    #[test]
    fn without_parameter_sets_there_is_no_head() {
        let mut bare = unit(0, "k0");
        let format = StreamFormat { sets: Vec::new(), ..bare.format.as_ref().clone() };
        bare.format = Arc::new(format);
        assert_eq!(Reel::new(Role::Main).take(&bare), Err(FormatError::NoSets));
    }
}
