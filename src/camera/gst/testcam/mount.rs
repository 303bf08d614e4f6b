//! One test camera at work: who looks, what ails it, and the thread that sends its pictures.
//!
//! Pictures go out at their own pace from the first one on as soon as somebody looks, and stop
//! when nobody does; all who look get the same packets, made once for the film and stamped once
//! for a picture. A camera waits for no other: each has its own thread and its own lock.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::fault::{Effects, Fault};
use super::film::{Film, Picture};
use super::line::{Line, Way};
use super::packet::{Packets, Stamp, report, stamp};
use crate::camera::Codec;
use crate::clock::{Clock, RealClock};

/// A camera that can be looked at.
pub(super) struct Camera {
    pub(super) name: String,
    /// None: it has sound only.
    pub(super) film: Option<Arc<Film>>,
    /// Shown in place of `film` while the size is another one.
    pub(super) smaller: Option<Arc<Film>>,
    pub(super) clock: Arc<RealClock>,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

/// What changes while a camera is at work.
#[derive(Default)]
pub(super) struct State {
    viewers: Vec<Viewer>,
    faults: Vec<Fault>,
    /// When the first request came.
    begun: Option<Duration>,
    frozen: bool,
    stopped: bool,
}

/// Somebody who looks.
#[derive(Clone)]
pub(super) struct Viewer {
    pub(super) line: Arc<Line>,
    pub(super) way: Way,
}

/// Time from one sender report to the next, as RFC 3550 (6.2) has it for few members.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long a session lasts whose nonce changes; as Tapo cameras have it, see field-notes 7.1.
pub(super) const SHORT_SESSION: Duration = Duration::from_secs(10);
/// Later than this a picture is not made up for: the machine was asleep. Guess, revisit.
const LATE_MAX: Duration = Duration::from_secs(1);
/// Ticks of a video stamp in a second.
const TICKS_PER_S: f64 = 90_000.0;
/// 0.3 ms in ticks.
const REGRESS_TICKS: u32 = 27;

impl Camera {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic happens while a camera's state is held")
    }

    /// What is wrong now. The first question starts the faults' time.
    pub(super) fn effects(&self) -> Effects {
        let now = self.clock.elapsed();
        let mut state = self.held();
        let begun = *state.begun.get_or_insert(now);
        let mut effects = Effects::at(now.saturating_sub(begun), &state.faults);
        effects.silence |= state.frozen;
        effects
    }

    /// From now on this is wrong with it; nothing with an empty list.
    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        self.held().faults = faults;
        self.changed.notify_all();
    }

    /// A fault whose time counts from now.
    pub(super) fn add_fault(&self, mut fault: Fault) {
        let now = self.clock.elapsed();
        let mut state = self.held();
        let begun = *state.begun.get_or_insert(now);
        let since = now.saturating_sub(begun);
        fault.from += since;
        fault.until = fault.until.map(|until| until + since);
        state.faults.push(fault);
    }

    pub(super) fn has_fault(&self, kind: impl Fn(&Fault) -> bool) -> Option<()> {
        self.held().faults.iter().any(kind).then_some(())
    }

    pub(super) fn freeze(&self) {
        self.held().frozen = true;
    }

    pub(super) fn stop(&self) {
        self.held().stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn admit(&self, viewer: Viewer) {
        self.held().viewers.push(viewer);
        self.changed.notify_all();
    }

    pub(super) fn dismiss(&self, line: &Arc<Line>) {
        self.held().viewers.retain(|viewer| !Arc::ptr_eq(&viewer.line, line));
        self.changed.notify_all();
    }

    /// Sends whenever somebody looks, until the camera is stopped.
    pub(super) fn run(&self) {
        let Some(film) = &self.film else {
            return;
        };
        loop {
            let mut state = self.held();
            while state.viewers.is_empty() && !state.stopped {
                state = self.changed.wait(state).expect("no panic happens while it is held");
            }
            if state.stopped {
                return;
            }
            drop(state);
            self.show(film);
        }
    }

    /// Plays the film round and round for as long as somebody looks.
    fn show(&self, film: &Arc<Film>) {
        let mut reel = Reel::new(Arc::clone(film));
        let mut sender = Sender::new(self.clock.now().0);
        let mut start = self.clock.elapsed();
        loop {
            let due = start + Duration::from_nanos(reel.now_ns());
            if !self.rest(due) {
                return;
            }
            if self.clock.elapsed().saturating_sub(due) > LATE_MAX {
                start += self.clock.elapsed().saturating_sub(due);
            }
            let effects = self.effects();
            reel.change_to(self.smaller.as_ref().filter(|_| effects.resized).unwrap_or(film));
            let viewers = self.who_gets(effects);
            sender.send(&reel, effects, (&viewers, &*self.clock));
            reel.next();
        }
    }

    /// Waits until `due`; false when nobody looks any more.
    fn rest(&self, due: Duration) -> bool {
        let mut state = self.held();
        loop {
            if state.stopped || state.viewers.is_empty() {
                return false;
            }
            let left = due.saturating_sub(self.clock.elapsed());
            if left.is_zero() {
                return true;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.expect("no panic happens while it is held").0;
        }
    }

    /// Those who get the next picture; connections that break or fall silent are left here.
    fn who_gets(&self, effects: Effects) -> Vec<Viewer> {
        let now = self.clock.elapsed();
        let mut state = self.held();
        if effects.away {
            state.viewers.iter().for_each(|viewer| viewer.line.cut());
            state.viewers.clear();
        }
        if effects.half_open {
            state.viewers.iter().for_each(|viewer| viewer.line.mute());
        }
        if effects.unauthorised {
            state.viewers.iter().for_each(|viewer| viewer.line.end_session());
        }
        if effects.nonce_is_short {
            let quiet = |viewer: &&Viewer| viewer.line.unheard(now) > SHORT_SESSION;
            state.viewers.iter().filter(quiet).for_each(|viewer| viewer.line.end_session());
        }
        state.viewers.retain(|viewer| !viewer.line.is_broken());
        let looking = state.viewers.iter().filter(|viewer| viewer.line.is_served());
        looking.cloned().collect()
    }
}

/// Where in which film a camera is.
struct Reel {
    film: Arc<Film>,
    at: usize,
    /// Time of the film's beginning in this round, ns.
    round_ns: u64,
}

impl Reel {
    const fn new(film: Arc<Film>) -> Self {
        Self { film, at: 0, round_ns: 0 }
    }

    fn picture(&self) -> &Picture {
        &self.film.pictures[self.at]
    }

    fn now_ns(&self) -> u64 {
        self.round_ns + self.picture().sent_ns
    }

    /// Goes on with the beginning of another film, if it is another one.
    fn change_to(&mut self, film: &Arc<Film>) {
        if !Arc::ptr_eq(&self.film, film) {
            *self = Self { round_ns: self.now_ns(), film: Arc::clone(film), at: 0 };
        }
    }

    fn next(&mut self) {
        self.at += 1;
        if self.at == self.film.pictures.len() {
            self.round_ns += self.film.length_ns;
            self.at = 0;
        }
    }
}

/// Stamps and counts of a running stream.
struct Sender {
    source: u32,
    sequence: u16,
    base: u32,
    /// Stamp of the picture before.
    before: u32,
    pictures: u64,
    sent: (u32, u32),
    /// When the last report went, and to how many.
    reported: Option<(Duration, usize)>,
    chance: Chance,
    scratch: Vec<u8>,
}

impl Sender {
    /// A stream whose numbers begin somewhere, as RFC 3550 wants it.
    fn new(seed: i64) -> Self {
        let mut chance = Chance(seed.unsigned_abs() | 1);
        let (source, base) = (chance.next() as u32, chance.next() as u32);
        Self {
            source,
            sequence: chance.next() as u16,
            base,
            before: base,
            pictures: 0,
            sent: (0, 0),
            reported: None,
            chance,
            scratch: Vec::new(),
        }
    }

    fn send(&mut self, reel: &Reel, effects: Effects, (viewers, clock): (&[Viewer], &RealClock)) {
        if effects.silence || viewers.is_empty() {
            return;
        }
        let picture = reel.picture();
        let shown_s = (reel.round_ns + picture.shown_ns) as f64 / 1e9 + effects.stamps_s;
        let time = self.stamp_of(shown_s, effects);
        self.report(time, effects, (viewers, clock));
        self.scratch.clear();
        let mut ends = Vec::with_capacity(picture.packets.list.len());
        if effects.garbage {
            let garbage = self.garbage(reel.film.codec);
            self.put(&garbage, (time, effects), &mut ends);
        }
        self.put(&picture.packets, (time, effects), &mut ends);
        for viewer in viewers {
            viewer.line.send(&mut self.scratch, &ends, &viewer.way);
        }
    }

    fn stamp_of(&mut self, shown_s: f64, effects: Effects) -> u32 {
        let ticks = (shown_s * TICKS_PER_S).round() as i64;
        // The stamp of RTP goes round every 13 hours; so does this.
        let mut time = self.base.wrapping_add(ticks as u32);
        self.pictures += 1;
        if self.pictures.is_multiple_of(2) {
            if effects.equal {
                time = self.before;
            } else if effects.regress {
                time = self.before.wrapping_sub(REGRESS_TICKS);
            }
        }
        self.before = time;
        time
    }

    /// Puts packets with fresh numbers into the scratch, without those that get lost.
    fn put(&mut self, packets: &Packets, (time, effects): (u32, Effects), ends: &mut Vec<usize>) {
        for packet in &packets.list {
            if packet.is_set && effects.no_sets {
                continue;
            }
            self.sequence = self.sequence.wrapping_add(1);
            if effects.loss > 0.0 && self.chance.fraction() < effects.loss {
                continue;
            }
            let begin = self.scratch.len();
            self.scratch.extend_from_slice(&packets.bytes[packet.begin..packet.end]);
            let fresh = Stamp { sequence: self.sequence, time, source: self.source };
            stamp(&mut self.scratch[begin..], fresh);
            ends.push(self.scratch.len());
            let bytes = u32::try_from(packet.end - packet.begin).unwrap_or(u32::MAX);
            self.sent = (self.sent.0.wrapping_add(1), self.sent.1.wrapping_add(bytes));
        }
    }

    /// Tells the camera's clock from time to time, and at once to whoever is new.
    fn report(&mut self, time: u32, effects: Effects, (viewers, clock): (&[Viewer], &RealClock)) {
        let now = clock.elapsed();
        let is_due = self
            .reported
            .is_none_or(|(at, to)| viewers.len() > to || now.saturating_sub(at) >= REPORT_EVERY);
        if !is_due {
            return;
        }
        self.reported = Some((now, viewers.len()));
        let unix_s = clock.now().0 as f64 / 1e3 + effects.clock_s;
        let stamp = Stamp { sequence: 0, time, source: self.source };
        let bytes = report(unix_s, stamp, self.sent);
        for viewer in viewers {
            viewer.line.send_report(bytes.clone(), &viewer.way);
        }
    }

    /// NAL units of kinds that a decoder does not know, and of such that it does.
    fn garbage(&mut self, codec: Codec) -> Packets {
        let mut all = Packets::default();
        let kinds: &[u8] = match codec {
            // Unspecified, message, reserved, reserved for packets; a slice now and then.
            Codec::H264 => &[0, 6, 22, 23, 31, 30, 1],
            Codec::H265 => &[41 << 1, 39 << 1, 47 << 1, 63 << 1, 1 << 1],
        };
        let kind = kinds[self.chance.next() as usize % kinds.len()];
        let length = 3 + self.chance.next() as usize % 60;
        let mut part = vec![kind, 1];
        part.extend((0..length).map(|_| self.chance.next() as u8));
        all.add(codec, &part);
        all
    }
}

/// Chance that is the same in every run with the same seed (xorshift, Marsaglia).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    fn fraction(&mut self) -> f64 {
        (self.next() & 0xffff_ffff) as f64 / 4_294_967_296.0
    }
}
