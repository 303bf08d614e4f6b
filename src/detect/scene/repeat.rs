//! Pictures that were shown before: a camera that hangs, or a film of it in its place.
//!
//! Every sensor has noise, so that no two pictures are the same bit by bit. The same picture again
//! and again is a frozen one; a row of pictures that differ among each other, each the same as one
//! some time ago, is a film that began anew. A film that is encoded anew on its way has new noise
//! and is not noticed. Pure.

use std::collections::{HashMap, VecDeque};

use crate::clock::UnixMs;

/// Pictures remembered: 13 minutes at 5 fps, over two hours of key frames.
const REMEMBERED: usize = 4096;
/// Share of dots that a frozen picture may change: the time written into it is half a hundredth
/// (measured on a text of 12 digits in 160 x 90 dots).
const FROZEN_CHANGES: f32 = 0.015;
/// Shortest film that is looked for, ms: what is shorter may be an encoder that repeats pictures.
const LOOP_MIN_MS: i64 = 2_000;
/// How exactly the pictures of a film come back, ms: one look at 5 fps and the network's delay.
const LOOP_JITTER_MS: i64 = 300;
/// Repeated pictures that prove a film, and how many of them do when they lie this far apart, ms.
const LOOP_PICTURES: usize = 3;
const LOOP_KEY_PICTURES: usize = 2;
const LOOP_KEY_APART_MS: i64 = 1_500;
/// How long a repeated picture counts, ms: nothing repeated for so long ends it.
const LOOP_LASTS_MS: i64 = 10_000;
/// A camera that of itself shows the same picture for so long is frozen after this many times as
/// long, ...
const STILL_TIMES: i64 = 3;
/// ... and after this time whatever it showed before, ms (both guesses, revisit).
const STILL_MAX_MS: i64 = 60_000;

/// What the newest picture has in common with earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Since when the same picture is shown; `None` when it changes, or has only just stopped.
    pub same_since: Option<UnixMs>,
    /// The length of the film that is being shown, ms.
    pub film_ms: Option<i64>,
}

/// The pictures of one camera.
#[derive(Clone, Debug, Default)]
pub struct Repeat {
    last: Vec<u8>,
    same_since: Option<UnixMs>,
    /// When the last picture was seen.
    last_at: Option<UnixMs>,
    /// The longest time in which the same picture was shown and then another one.
    stood_ms: i64,
    seen: VecDeque<(u64, UnixMs)>,
    newest: HashMap<u64, UnixMs>,
    /// Repeated pictures of the last seconds: when, and how long after the first time.
    again: VecDeque<(UnixMs, i64)>,
}

impl Repeat {
    /// Takes the next picture in.
    pub fn take(&mut self, grey: &[u8], at: UnixMs) -> Repeats {
        if self.last_at.is_some_and(|last| at < last) {
            // The clock was set back: times of before mean nothing.
            *self = Self::default();
        }
        let same = is_same(&self.last, grey);
        if same {
            self.same_since = self.same_since.or(self.last_at);
        } else {
            if let Some((since, last)) = self.same_since.take().zip(self.last_at) {
                self.stood_ms = self.stood_ms.max(last.since_ms(since));
            }
            self.remember(hash(grey), at);
        }
        self.last.clear();
        self.last.extend_from_slice(grey);
        self.last_at = Some(at);
        let usual_ms = (self.stood_ms * STILL_TIMES).min(STILL_MAX_MS);
        let same_since = self.same_since.filter(|since| at.since_ms(*since) >= usual_ms);
        Repeats { same_since, film_ms: self.film_ms(at) }
    }

    /// Passes over a picture that is no scene at all: it says nothing about repeats.
    pub fn pass_over(&mut self, at: UnixMs) -> Repeats {
        self.same_since = None;
        self.last.clear();
        self.last_at = Some(at);
        Repeats { same_since: None, film_ms: self.film_ms(at) }
    }

    fn remember(&mut self, hash: u64, at: UnixMs) {
        let before = self.newest.insert(hash, at);
        if let Some(lag_ms) = before.map(|before| at.since_ms(before))
            && lag_ms >= LOOP_MIN_MS
        {
            self.again.push_back((at, lag_ms));
        }
        self.seen.push_back((hash, at));
        if self.seen.len() > REMEMBERED
            && let Some((oldest, seen_at)) = self.seen.pop_front()
            && self.newest.get(&oldest) == Some(&seen_at)
        {
            self.newest.remove(&oldest);
        }
    }

    fn film_ms(&mut self, at: UnixMs) -> Option<i64> {
        while self.again.front().is_some_and(|(seen, _)| at.since_ms(*seen) > LOOP_LASTS_MS) {
            self.again.pop_front();
        }
        let (newest, lag_ms) = *self.again.back()?;
        let like = |(_, lag): &&(UnixMs, i64)| (lag - lag_ms).abs() <= LOOP_JITTER_MS;
        let alike: Vec<UnixMs> = self.again.iter().filter(like).map(|(seen, _)| *seen).collect();
        let apart = alike.first().is_some_and(|first| newest.since_ms(*first) >= LOOP_KEY_APART_MS);
        let proven = alike.len() >= LOOP_PICTURES || (alike.len() >= LOOP_KEY_PICTURES && apart);
        proven.then_some(lag_ms)
    }
}

/// Whether all dots but a few are exactly the same.
fn is_same(before: &[u8], now: &[u8]) -> bool {
    let changed = || before.iter().zip(now).filter(|(a, b)| a != b).count();
    before.len() == now.len() && changed() as f32 <= FROZEN_CHANGES * now.len() as f32
}

/// FNV-1a over 64 bits (Fowler, Noll, Vo), eight bytes at a time.
fn hash(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let mixed = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
        mixed ^ (mixed >> 29)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture full of dots by its number.
    fn picture(number: u64) -> Vec<u8> {
        let dot =
            |at: u64| ((at + 1).wrapping_mul(number + 7).wrapping_mul(0x9e37_79b9) >> 16) as u8;
        (0..400).map(dot).collect()
    }

    fn run(pictures: impl Iterator<Item = (i64, u64)>) -> Repeats {
        let mut repeat = Repeat::default();
        let take = |(at, number)| repeat.take(&picture(number), UnixMs(at));
        pictures.map(take).last().unwrap()
    }

    #[test]
    fn a_live_picture_never_repeats() {
        assert_eq!(run((0..200).map(|n| (n * 200, n as u64))), Repeats::default());
    }

    #[test]
    fn the_same_picture_again_and_again_is_known_since_its_first_time() {
        let frozen = run((0..60).map(|n| (n * 200, n.min(20) as u64)));
        assert_eq!(frozen, Repeats { same_since: Some(UnixMs(4_000)), film_ms: None });
    }

    #[test]
    fn a_clock_in_a_frozen_picture_does_not_make_it_live() {
        let mut repeat = Repeat::default();
        let mut frozen = picture(1);
        for second in 0..10 {
            frozen[3] = second;
            frozen[4] = second * 3;
            repeat.take(&frozen, UnixMs(i64::from(second) * 1_000));
        }
        assert!(repeat.take(&frozen, UnixMs(10_000)).same_since.is_some());
    }

    #[test]
    fn a_camera_that_often_stands_still_has_to_stand_longer() {
        // Ten seconds of the same picture, then others, then the same again.
        let stands = |n: i64| if n < 100 { n / 50 } else { 2 + (n - 100) / 150 } as u64;
        let check = |until: i64, expect: bool| {
            let repeats = run((0..until).map(|n| (n * 200, stands(n))));
            assert_eq!(repeats.same_since.is_some(), expect, "{until}");
        };
        check(45, true);
        check(145, false);
        check(249, true);
    }

    #[test]
    fn a_film_that_begins_anew_is_known_by_its_length() {
        // Twelve seconds of film, looked at 5 times a second, and by key frames 4 s apart.
        let film = |n: i64| (n * 200, (n % 60) as u64);
        assert_eq!(run((0..62).map(film)).film_ms, None);
        assert_eq!(run((0..63).map(film)).film_ms, Some(12_000));
        let keys = |n: i64| (n * 4_000, (n % 3) as u64);
        assert_eq!(run((0..4).map(keys)).film_ms, None);
        assert_eq!(run((0..5).map(keys)).film_ms, Some(12_000));
    }

    #[test]
    fn a_film_is_over_when_nothing_repeats() {
        let film = (0..70).map(|n| (n * 200, (n % 60) as u64));
        let live = (70..160).map(|n| (n * 200, n as u64));
        assert_eq!(run(film.chain(live)).film_ms, None);
    }
}
