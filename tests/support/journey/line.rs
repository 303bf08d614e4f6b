//! One line of a scenario: when, who, what, and what comes of it.

use gengfu::config::codes::REVIEW_ITEMS;
use gengfu::ticket::act::Verdict;
use gengfu::ticket::ladder::{Deadline, Level};
use gengfu::ticket::pause::Wish;
use gengfu::ticket::{Act, Class, ClockName, Severity, Standing};

/// A line as it is written: `23:10:20  li claims T1  -> verifying`.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// Seconds since midnight of the first day; the next day's hours go on with 24.
    pub(super) at_s: i64,
    pub(super) fact: &'a str,
    /// `at once`: before the desk's next pass over due times.
    pub(super) before_any_pass: bool,
    /// What is expected, when the line says so.
    pub(super) outcome: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// `None` for empty lines and remarks.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let (time, rest) = text.split_once(' ').expect("a line begins with a time");
        let at_s = seconds(time);
        let (fact, outcome) = match rest.split_once("->") {
            Some((fact, outcome)) => (fact.trim(), Some(outcome.trim())),
            None => (rest.trim(), None),
        };
        let (fact, before_any_pass) = match fact.strip_suffix(" at once") {
            Some(fact) => (fact, true),
            None => (fact, false),
        };
        Some(Self { text, at_s, fact, before_any_pass, outcome })
    }
}

/// What somebody does with a ticket: `li classifies T1 as intrusion S2 at 东门岗亭`.
#[derive(Debug)]
pub(super) struct Deed<'a> {
    pub(super) name: &'a str,
    pub(super) verb: &'a str,
    pub(super) number: i64,
    /// What stands behind the ticket.
    pub(super) rest: &'a str,
    /// `having seen version N`: what an old screen shows.
    pub(super) seen: Option<i64>,
    /// `again`: the phone sends the same message once more.
    pub(super) again: bool,
}

impl<'a> Deed<'a> {
    pub(super) fn parse(fact: &'a str) -> Self {
        let (fact, seen) = match fact.split_once(" having seen version ") {
            Some((fact, seen)) => (fact, Some(seen.parse().expect("a version"))),
            None => (fact, None),
        };
        let (fact, again) = match fact.strip_suffix(" again") {
            Some(fact) => (fact, true),
            None => (fact, false),
        };
        let mut words = fact.splitn(4, ' ');
        let mut word = || words.next().unwrap_or("");
        let (name, verb, ticket) = (word(), word(), word());
        Self { name, verb, number: number(ticket), rest: word(), seen, again }
    }

    /// The act; `offer` is the order that the member's phone shows.
    pub(super) fn act(&self, offer: String) -> Act {
        let words = |prefix: &str| {
            let rest = self.rest.strip_prefix(prefix).unwrap_or_else(|| panic!("{self:?}"));
            rest.trim().to_owned()
        };
        let note = String::new();
        match self.verb {
            "claims" => Act::Claim,
            "separates" => Act::Separate { event: format!("event-{:0>3}", words("firing")) },
            // The desk counts the evidence and looks up the shift; what stands here is not used.
            "confirms" => Act::confirm(99),
            "dismisses" => Act::FalseAlarm { reason: words("as"), note },
            "tests" => Act::TestAlarm { note },
            "leaves" => Act::Undetermined { note: self.rest.to_owned() },
            "classifies" => classify(&words("as")),
            "dispatches" => {
                Act::Dispatch { offer, member: words("to"), standing: Standing::OnShift }
            }
            "calls" => {
                let member = words("").split(' ').next().unwrap_or_default().to_owned();
                Act::Support { offer, member, standing: Standing::OnShift }
            }
            "alerts" => ahead(offer, &words("to")),
            "withdraws" => Act::Withdraw { reason: words("because") },
            "stores" => Act::Received { offer },
            "acks" => Act::Ack { offer },
            "refuses" => Act::Refuse { offer, reason: words("as") },
            "reaches" => Act::OnScene { offer },
            "answers" => reply(offer, self.rest),
            "passes" => Act::CheckPass { note },
            "returns" => Act::CheckReturn { reason: words("because") },
            "reviews" => review(self.rest),
            "reopens" => Act::Reopen { reason: words("because") },
            "corrects" => correct(self.rest),
            "asks" => ask(self.rest),
            "grants" => Act::Grant,
            "denies" => Act::Deny { reason: words("because") },
            "resumes" => Act::Resume { reason: words("because") },
            "knows" => knows(&words("of")),
            verb => panic!("nobody knows how somebody '{verb}' a ticket"),
        }
    }

    /// What phones say; everything else is said at a console.
    pub(super) fn is_answer(&self) -> bool {
        ["stores", "acks", "refuses", "reaches", "answers"].contains(&self.verb)
    }
}

/// `T3` is 3.
pub(super) fn number(ticket: &str) -> i64 {
    let digits = ticket.strip_prefix('T').unwrap_or_else(|| panic!("no ticket: '{ticket}'"));
    digits.parse().expect("a number behind the T")
}

/// `intrusion S2 at 东门岗亭`
fn classify(text: &str) -> Act {
    let (class, place) = text.split_once(" at ").unwrap_or((text.trim_end_matches(" at"), ""));
    let (category, severity) = class.split_once(' ').expect("category and severity");
    let severity = Severity::parse(severity).expect("S1 to S4");
    Act::Classify {
        category: category.into(),
        severity,
        place: place.into(),
        reason: String::new(),
    }
}

/// `chen as fire_smoke S1 at 东门岗亭`
fn ahead(offer: String, text: &str) -> Act {
    let (member, class) = text.split_once(" as ").expect("a member and a class");
    let Act::Classify { category, severity, place, .. } = classify(class) else { unreachable!() };
    let (member, standing) = (member.to_owned(), Standing::OnShift);
    let class = Class { category, severity, place };
    Act::DispatchAhead { offer, member, standing, class, permitted: true }
}

/// `advice_given: what was done, 1 photo`
fn reply(offer: String, text: &str) -> Act {
    let (disposition, text) = text.split_once(": ").expect("disposition and text");
    let (text, photos) = match text.strip_suffix(", 1 photo") {
        Some(text) => (text, vec!["photo-1".to_owned()]),
        None => (text, Vec::new()),
    };
    Act::Reply { offer, disposition: disposition.into(), text: text.into(), photos }
}

/// `line 3 to test because the installer was there`
fn correct(text: &str) -> Act {
    let (text, reason) = text.split_once(" because ").unwrap_or((text, ""));
    let (named, verdict) = text.split_once(" to ").expect("the old line and the new verdict");
    let named = named.trim_start_matches("line ").parse().expect("a line of the log");
    let verdict = match verdict {
        // The desk counts the evidence.
        "valid" => Verdict::Confirmed { evidence: 99 },
        "test" => Verdict::Test,
        reason => Verdict::FalseAlarm { reason: reason.into(), note: String::new() },
    };
    Act::Correct { named, last: None, verdict, reason: reason.into() }
}

/// `for 4 h of suspension as weather: words`, `for parking as needs_funds: words`,
/// `for 10 min more of reply because words`
fn ask(text: &str) -> Act {
    let text = text.strip_prefix("for ").expect("what is asked for");
    let text = &format!("{text} ");
    if let Some((more, reason)) = text.split_once(" because ") {
        let (minutes, clock) = more.split_once(" min more of ").expect("minutes and clock");
        let by_ms = minutes.parse::<i64>().expect("minutes") * 60_000;
        let wish = Wish::Extend { clock: ClockName::parse(clock).expect("a clock"), by_ms };
        return Act::Ask { wish, reason: reason.into(), note: String::new() };
    }
    let (what, why) = text.split_once(" as ").expect("a reason");
    let (reason, note) = why.split_once(": ").unwrap_or((why, ""));
    let wish = match what.split_once(" h of suspension") {
        Some((hours, _)) => {
            Wish::Suspend { for_ms: hours.parse::<i64>().expect("hours") * 3_600_000 }
        }
        None => Wish::Park,
    };
    Act::Ask { wish, reason: reason.trim().into(), note: note.trim().into() }
}

/// `shift_leader of ack since 23:10:31`
fn knows(text: &str) -> Act {
    let (level, clock) = text.split_once(" of ").expect("step and clock");
    let (clock, since) = clock.split_once(" since ").expect("since when");
    let from = super::MIDNIGHT.plus_ms(seconds(since) * 1000);
    let clock = ClockName::parse(clock).expect("a clock");
    let level = Level::parse(level).expect("a step");
    let deadline = Deadline { clock, from, level, percent: 0, due: from };
    Act::Acknowledge { deadline, to: Vec::new() }
}

/// Of `HH:MM:SS`.
fn seconds(time: &str) -> i64 {
    time.split(':').map(|part| part.parse::<i64>().expect("HH:MM:SS")).fold(0, |s, n| s * 60 + n)
}

/// `with 9 yes 1 no`: marks in the order of the form.
fn review(text: &str) -> Act {
    let words: Vec<&str> = text.split(' ').skip(1).collect();
    let mut marks = words.chunks(2).flat_map(|pair| {
        let times = pair[0].parse().expect("how many");
        std::iter::repeat_n(pair[1].to_owned(), times)
    });
    let item = |item: &&str| Some(((*item).to_owned(), marks.next()?));
    Act::Review { items: REVIEW_ITEMS.iter().map_while(item).collect(), note: String::new() }
}

/// The facts of a line with the random ids of orders hidden.
pub(super) fn without_ids(mut detail: serde_json::Value) -> serde_json::Value {
    for (key, words) in [
        ("offer", "(order)"),
        ("old_offer", "(order)"),
        ("new_ticket", "(ticket)"),
        ("old_ticket", "(ticket)"),
    ] {
        if let Some(id) = detail.get_mut(key) {
            *id = words.into();
        }
    }
    detail
}
