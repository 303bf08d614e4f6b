//! What can be wrong with a test camera: the kinds, how they are written, when they hold.
//!
//! Seconds count from the first request that a camera hears, so that it does not matter how long
//! whoever watches takes to start. Pure: which faults hold at a moment is arithmetic.

use std::time::Duration;

use super::variant::Variant;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    Unauthorised,
    Nonce,
    Basic,
    HalfOpen,
    Silence,
    Restart,
    Hang,
    /// Percent of packets.
    Loss(f64),
    /// Seconds.
    Jump(f64),
    EqualStamps,
    Regress,
    /// Parts per million.
    Drift(f64),
    /// Seconds.
    Clock(f64),
    NoSets,
    Garbage,
    Resize,
    Sound,
    /// How the encoder works, which cannot come and go.
    Encoder(Variant),
}

/// What is wrong, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    pub from: Duration,
    /// None: for ever.
    pub until: Option<Duration>,
}

/// Every kind as it is written, and what it does.
const KINDS: [(&str, &str); 22] = [
    ("unauthorised", "every request is answered 401, a running stream stops"),
    ("nonce", "the digest's nonce lasts 5 s; who does not sign in anew in 10 s gets nothing more"),
    ("basic", "asks for the password by Basic in place of Digest"),
    ("half-open", "connections, also new ones, stay open and say nothing for ever"),
    ("silence", "no video, while requests are answered"),
    ("restart", "all connections break, new ones are closed at once; give it a duration"),
    ("hang", "TEARDOWN is never answered"),
    ("loss=PERCENT", "so many of the video's packets never leave"),
    ("jump=SECONDS", "the video's stamps jump by so much, such as 37600 or -9800, and back"),
    ("equal-stamps", "every second picture has the stamp of the one before"),
    ("regress", "every second picture's stamp lies 0.3 ms before the one before"),
    ("drift=PPM", "the camera's clock runs fast by so many millionths"),
    ("clock=SECONDS", "the camera's clock, in its sender reports, is ahead by so much"),
    ("no-sets", "parameter sets are sent neither with the video nor in the description"),
    ("garbage", "random NAL units between the pictures"),
    ("resize", "another size of picture while it holds"),
    ("long-group[=SECONDS]", "a key frame only every 5 minutes, or so many seconds"),
    ("b-frames", "three reordered pictures between others"),
    ("h265", "H.265"),
    ("all-intra", "key frames only"),
    ("constant", "a constant bit rate, filled up with padding"),
    ("sound", "offers a stream of sound beside the video"),
];

/// The kinds as a text for people who ask how to write them.
#[must_use]
pub fn kinds_told() -> String {
    let line = |(kind, what): &(&str, &str)| format!("  {kind:<21} {what}");
    KINDS.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl std::str::FromStr for Fault {
    type Err = String;

    /// Reads `KIND[=VALUE][@SECONDS[+DURATION]]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (what, when) = text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
        let kind = kind_of(what)?;
        let (from, lasts) = match when.map(|when| when.split_once('+').unwrap_or((when, ""))) {
            None => (0.0, None),
            Some((from, "")) => (number(from)?, None),
            Some((from, lasts)) => (number(from)?, Some(number(lasts)?)),
        };
        let time = |s: f64| {
            Duration::try_from_secs_f64(s).map_err(|_| format!("'{s}' is no time in seconds"))
        };
        if matches!(kind, FaultKind::Encoder(_)) && when.is_some() {
            return Err(format!(
                "'{what}' is how the camera encodes and has no time; leave it out"
            ));
        }
        let from = time(from)?;
        let until = lasts.map(time).transpose()?.map(|lasts| from + lasts);
        Ok(Self { kind, from, until })
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("'{text}' is no number"))
}

fn kind_of(text: &str) -> Result<FaultKind, String> {
    let (name, value) = text.split_once('=').map_or((text, None), |(a, b)| (a, Some(b)));
    let value = value.map(number).transpose()?;
    let simple = match name {
        "unauthorised" => FaultKind::Unauthorised,
        "nonce" => FaultKind::Nonce,
        "basic" => FaultKind::Basic,
        "half-open" => FaultKind::HalfOpen,
        "silence" => FaultKind::Silence,
        "restart" => FaultKind::Restart,
        "hang" => FaultKind::Hang,
        "equal-stamps" => FaultKind::EqualStamps,
        "regress" => FaultKind::Regress,
        "no-sets" => FaultKind::NoSets,
        "garbage" => FaultKind::Garbage,
        "resize" => FaultKind::Resize,
        "b-frames" => FaultKind::Encoder(Variant::BFrames),
        "h265" => FaultKind::Encoder(Variant::H265),
        "all-intra" => FaultKind::Encoder(Variant::AllIntra),
        "constant" => FaultKind::Encoder(Variant::Constant),
        "sound" => FaultKind::Sound,
        _ => return valued(name, value),
    };
    match value {
        None => Ok(simple),
        Some(_) => Err(format!("'{name}' takes no value")),
    }
}

fn valued(name: &str, value: Option<f64>) -> Result<FaultKind, String> {
    match (name, value) {
        ("loss", Some(percent)) if (0.0..=100.0).contains(&percent) => Ok(FaultKind::Loss(percent)),
        ("jump", Some(seconds)) => Ok(FaultKind::Jump(seconds)),
        ("drift", Some(ppm)) => Ok(FaultKind::Drift(ppm)),
        ("clock", Some(seconds)) => Ok(FaultKind::Clock(seconds)),
        ("long-group", None) => Ok(FaultKind::Encoder(Variant::LongGroup(300.0))),
        // Encoding a longer one would keep the start waiting for minutes.
        ("long-group", Some(s)) if (1.0..=900.0).contains(&s) => {
            Ok(FaultKind::Encoder(Variant::LongGroup(s)))
        }
        ("loss" | "jump" | "drift" | "clock" | "long-group", _) => {
            Err(format!("'{name}' has no value that can be used; write it like this:\n{}", {
                kinds_told()
            }))
        }
        _ => Err(format!("'{name}' is no kind of fault; there are:\n{}", kinds_told())),
    }
}

/// All that holds at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Effects {
    pub(super) unauthorised: bool,
    /// Changes whenever the nonce does.
    pub(super) nonce: u64,
    pub(super) nonce_is_short: bool,
    pub(super) basic: bool,
    pub(super) half_open: bool,
    pub(super) silence: bool,
    pub(super) away: bool,
    pub(super) hang: bool,
    pub(super) loss: f64,
    /// How far the stamps are off, s.
    pub(super) stamps_s: f64,
    pub(super) equal: bool,
    pub(super) regress: bool,
    /// How far the sender reports' clock is off, s.
    pub(super) clock_s: f64,
    pub(super) no_sets: bool,
    pub(super) garbage: bool,
    pub(super) resized: bool,
    pub(super) sound: bool,
}

/// How long a nonce lasts where it changes, s: several change while a session lasts.
const NONCE_S: u64 = 5;

impl Effects {
    /// What of `faults` holds `now` after the first request.
    pub(super) fn at(now: Duration, faults: &[Fault]) -> Self {
        let mut all = Self::default();
        let hold = |fault: &&Fault| fault.from <= now && fault.until.is_none_or(|end| now < end);
        for fault in faults.iter().filter(hold) {
            all.add(fault.kind, now - fault.from);
        }
        all
    }

    fn add(&mut self, kind: FaultKind, since: Duration) {
        match kind {
            FaultKind::Unauthorised => self.unauthorised = true,
            FaultKind::Nonce => {
                self.nonce = 1 + since.as_secs() / NONCE_S;
                self.nonce_is_short = true;
            }
            FaultKind::Basic => self.basic = true,
            FaultKind::HalfOpen => self.half_open = true,
            FaultKind::Silence => self.silence = true,
            FaultKind::Restart => self.away = true,
            FaultKind::Hang => self.hang = true,
            FaultKind::Loss(percent) => self.loss = percent / 100.0,
            FaultKind::Jump(seconds) => self.stamps_s += seconds,
            FaultKind::EqualStamps => self.equal = true,
            FaultKind::Regress => self.regress = true,
            FaultKind::Drift(ppm) => {
                let ahead = since.as_secs_f64() * ppm / 1e6;
                self.stamps_s += ahead;
                self.clock_s += ahead;
            }
            FaultKind::Clock(seconds) => self.clock_s += seconds,
            FaultKind::NoSets => self.no_sets = true,
            FaultKind::Garbage => self.garbage = true,
            FaultKind::Resize => self.resized = true,
            FaultKind::Sound => self.sound = true,
            FaultKind::Encoder(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<(FaultKind, u64, Option<u64>), &str>) {
        let found = text.parse::<Fault>();
        match (found, expect) {
            (Ok(found), Ok((kind, from, until))) => {
                let s = Duration::from_secs;
                assert_eq!(found, Fault { kind, from: s(from), until: until.map(s) });
            }
            (Err(found), Err(words)) => assert!(found.contains(words), "{found}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }

    #[test]
    fn a_fault_is_a_kind_with_a_value_and_a_time() {
        check("silence", Ok((FaultKind::Silence, 0, None)));
        check("loss=5", Ok((FaultKind::Loss(5.0), 0, None)));
        check("jump=-9800@10+5", Ok((FaultKind::Jump(-9800.0), 10, Some(15))));
        check("restart@3", Ok((FaultKind::Restart, 3, None)));
        check("long-group", Ok((FaultKind::Encoder(Variant::LongGroup(300.0)), 0, None)));
        check("rain", Err("half-open"));
        check("loss", Err("loss=PERCENT"));
        check("loss=101", Err("loss=PERCENT"));
        check("silence=3", Err("takes no value"));
        check("silence@x", Err("'x' is no number"));
        check("silence@-1", Err("no time"));
        check("h265@3", Err("has no time"));
    }

    #[test]
    fn every_kind_in_the_list_can_be_written() {
        for (kind, _) in KINDS {
            let text = kind.split('[').next().unwrap();
            let text =
                text.split_once('=').map_or(text.to_owned(), |(name, _)| format!("{name}=7"));
            assert!(text.parse::<Fault>().is_ok(), "{kind}");
        }
    }

    #[test]
    fn faults_hold_in_their_time_and_add_up() {
        let faults: Vec<Fault> =
            ["jump=5@10+10", "drift=1000@0", "nonce@20"].map(|f| f.parse().unwrap()).into();
        let at = |s| Effects::at(Duration::from_secs(s), &faults);
        assert_eq!((at(9).stamps_s * 1e3).round(), 9.0);
        assert_eq!((at(10).stamps_s * 1e3).round(), 5010.0);
        assert_eq!((at(20).stamps_s * 1e3).round(), 20.0);
        assert_eq!((at(19).nonce, at(20).nonce, at(26).nonce), (0, 1, 2));
    }
}
