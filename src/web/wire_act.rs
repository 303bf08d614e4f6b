//! Acts as the screens send them, and the right that each needs.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::Error;
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::ticket::act::Verdict;
use crate::ticket::ladder::{Deadline, Level};
use crate::ticket::pause::Wish;
use crate::ticket::{Act, Class, ClockName, Severity, Standing};

/// An act on the version that the person saw.
#[derive(Deserialize, ToSchema)]
pub struct Wanted {
    pub version: i64,
    pub act: WireAct,
}

/// What a person at a screen can do to a ticket.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WireAct {
    /// A firing that joined becomes an observation of its own.
    Separate {
        /// Id of the event, as the line of the log names it.
        event: String,
    },
    Claim,
    Confirm,
    FalseAlarm {
        reason: String,
        #[serde(default)]
        note: String,
    },
    Undetermined {
        #[serde(default)]
        note: String,
    },
    TestAlarm {
        #[serde(default)]
        note: String,
    },
    Classify {
        category: String,
        severity: String,
        place: String,
        #[serde(default)]
        reason: String,
    },
    Dispatch {
        member: String,
    },
    /// An emergency goes out before the verdict.
    DispatchAhead {
        member: String,
        category: String,
        severity: String,
        place: String,
    },
    /// A second member is asked to come; without a name the first of the ranking.
    Support {
        #[serde(default)]
        member: String,
    },
    /// A supporting member is called off.
    CallOff {
        offer: String,
        reason: String,
    },
    Withdraw {
        reason: String,
    },
    CheckPass {
        #[serde(default)]
        note: String,
    },
    CheckReturn {
        reason: String,
    },
    Review {
        items: BTreeMap<String, String>,
        #[serde(default)]
        note: String,
    },
    /// A verdict was wrong; `named` is its line of the log.
    Correct {
        named: i64,
        /// confirm, false_alarm or test_alarm.
        verdict: String,
        /// Of a false alarm.
        #[serde(default)]
        code: String,
        reason: String,
    },
    Reopen {
        reason: String,
    },
    AskSuspend {
        minutes: i64,
        reason: String,
        #[serde(default)]
        note: String,
    },
    AskPark {
        reason: String,
        note: String,
    },
    AskExtend {
        /// A clock that runs.
        clock: String,
        minutes: i64,
        reason: String,
    },
    Grant,
    Deny {
        reason: String,
    },
    Resume {
        reason: String,
    },
    /// "I know of it"; the step as the ticket lists it.
    Acknowledge {
        clock: String,
        from_ms: i64,
        level: String,
    },
}

impl TryFrom<WireAct> for Act {
    type Error = Error;

    #[allow(clippy::wildcard_enum_match_arm, reason = "the others are read below")]
    fn try_from(wire: WireAct) -> Result<Self, Error> {
        Ok(match wire {
            WireAct::Separate { event } => Self::Separate { event },
            WireAct::Claim => Self::Claim,
            // The desk counts the evidence, makes the order's id and looks at the shift.
            WireAct::Confirm => Self::confirm(0),
            WireAct::Dispatch { member } => {
                Self::Dispatch { offer: String::new(), member, standing: Standing::Unknown }
            }
            WireAct::DispatchAhead { member, category, severity, place } => Self::DispatchAhead {
                offer: String::new(),
                member,
                standing: Standing::Unknown,
                class: Class { category, severity: parse_severity(&severity)?, place },
                permitted: false,
            },
            WireAct::Support { member } => {
                Self::Support { offer: String::new(), member, standing: Standing::Unknown }
            }
            WireAct::CallOff { offer, reason } => Self::CallOff { offer, reason },
            WireAct::FalseAlarm { reason, note } => Self::FalseAlarm { reason, note },
            WireAct::Undetermined { note } => Self::Undetermined { note },
            WireAct::TestAlarm { note } => Self::TestAlarm { note },
            WireAct::Classify { category, severity, place, reason } => {
                Self::Classify { category, severity: parse_severity(&severity)?, place, reason }
            }
            WireAct::Withdraw { reason } => Self::Withdraw { reason },
            WireAct::CheckPass { note } => Self::CheckPass { note },
            WireAct::CheckReturn { reason } => Self::CheckReturn { reason },
            WireAct::Review { items, note } => {
                Self::Review { items: items.into_iter().collect(), note }
            }
            later => return supervision(later),
        })
    }
}

/// Acts that correct, hold up or supervise.
#[allow(clippy::wildcard_enum_match_arm, reason = "every other act is the caller's")]
fn supervision(wire: WireAct) -> Result<Act, Error> {
    let ms = |minutes: i64| minutes.saturating_mul(60_000);
    Ok(match wire {
        WireAct::Correct { named, verdict, code, reason } => {
            Act::Correct { named, last: None, verdict: parse_verdict(&verdict, code)?, reason }
        }
        WireAct::Reopen { reason } => Act::Reopen { reason },
        WireAct::AskSuspend { minutes, reason, note } => {
            Act::Ask { wish: Wish::Suspend { for_ms: ms(minutes) }, reason, note }
        }
        WireAct::AskPark { reason, note } => Act::Ask { wish: Wish::Park, reason, note },
        WireAct::AskExtend { clock, minutes, reason } => {
            let wish = Wish::Extend { clock: parse_clock(&clock)?, by_ms: ms(minutes) };
            Act::Ask { wish, reason, note: String::new() }
        }
        WireAct::Grant => Act::Grant,
        WireAct::Deny { reason } => Act::Deny { reason },
        WireAct::Resume { reason } => Act::Resume { reason },
        WireAct::Acknowledge { clock, from_ms, level } => {
            let unknown = || Error::BadRequest(format!("there is no step {level}"));
            let level = Level::parse(&level).ok_or_else(unknown)?;
            let (clock, from) = (parse_clock(&clock)?, UnixMs(from_ms));
            // The desk looks up the rest of it.
            let deadline = Deadline { clock, from, level, percent: 0, due: from };
            Act::Acknowledge { deadline, to: Vec::new() }
        }
        _ => unreachable!("the caller has turned every other act"),
    })
}

fn parse_clock(word: &str) -> Result<ClockName, Error> {
    ClockName::parse(word).ok_or_else(|| Error::BadRequest(format!("there is no clock {word}")))
}

/// The desk counts the evidence of a confirmation.
fn parse_verdict(word: &str, code: String) -> Result<Verdict, Error> {
    match word {
        "confirm" => Ok(Verdict::Confirmed { evidence: 0 }),
        "false_alarm" => Ok(Verdict::FalseAlarm { reason: code, note: String::new() }),
        "test_alarm" => Ok(Verdict::Test),
        _ => Err(Error::BadRequest("verdict is confirm, false_alarm or test_alarm".into())),
    }
}

/// The severity with this word.
///
/// # Errors
/// `unknown_severity`.
pub fn parse_severity(word: &str) -> Result<Severity, Error> {
    Severity::parse(word).ok_or_else(|| Error::Invalid {
        code: "unknown_severity",
        message: "the severity is S1, S2, S3 or S4".into(),
    })
}

/// The right that an act of the screens needs; `None` for what only phones and rules do.
#[must_use]
pub fn verb_of(act: &str) -> Option<Verb> {
    Some(match act {
        "claim" | "confirm" | "false_alarm" | "undetermined" | "test_alarm" | "separate" => {
            Verb::Verify
        }
        "classify" | "dispatch" | "dispatch_ahead" | "support" | "call_off" | "withdraw" => {
            Verb::Dispatch
        }
        "check_pass" | "check_return" => Verb::Check,
        "review" => Verb::Review,
        "correct" => Verb::Verify,
        "reopen" => Verb::Check,
        "ask_suspend" | "ask_park" | "ask_extend" | "resume" => Verb::Dispatch,
        // Who asked may take it back; `step` knows who asked.
        "deny" => Verb::Check,
        "grant" => Verb::Supervise,
        "acknowledge" => Verb::Acknowledge,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{WireAct, verb_of};
    use crate::ticket::Act;

    fn check(json: &str, expect: Option<&str>) {
        let wire: Result<WireAct, _> = serde_json::from_str(json);
        let word = wire.ok().and_then(|wire| Act::try_from(wire).ok()).map(|act| act.as_str());
        assert_eq!(word, expect, "{json}");
        assert_eq!(word.is_some(), word.and_then(verb_of).is_some(), "{json} needs a right");
    }

    #[test]
    fn every_act_of_the_screens_is_understood_and_needs_a_right() {
        check(r#"{"type":"separate","event":"e"}"#, Some("separate"));
        check(r#"{"type":"claim"}"#, Some("claim"));
        check(r#"{"type":"confirm"}"#, Some("confirm"));
        check(r#"{"type":"false_alarm","reason":"animal","note":""}"#, Some("false_alarm"));
        check(r#"{"type":"undetermined"}"#, Some("undetermined"));
        check(r#"{"type":"test_alarm","note":"x"}"#, Some("test_alarm"));
        check(
            r#"{"type":"classify","category":"fight","severity":"S2","place":"gate"}"#,
            Some("classify"),
        );
        check(r#"{"type":"dispatch","member":"li"}"#, Some("dispatch"));
        check(
            r#"{"type":"dispatch_ahead","member":"li","category":"fire_smoke","severity":"S1","place":"gate"}"#,
            Some("dispatch_ahead"),
        );
        check(r#"{"type":"support"}"#, Some("support"));
        check(r#"{"type":"call_off","offer":"o","reason":"r"}"#, Some("call_off"));
        check(r#"{"type":"withdraw","reason":"r"}"#, Some("withdraw"));
        check(r#"{"type":"check_pass","note":""}"#, Some("check_pass"));
        check(r#"{"type":"check_return","reason":"r"}"#, Some("check_return"));
        check(r#"{"type":"review","items":{},"note":""}"#, Some("review"));
        check(r#"{"type":"correct","named":2,"verdict":"confirm","reason":"r"}"#, Some("correct"));
        check(r#"{"type":"reopen","reason":"r"}"#, Some("reopen"));
        check(r#"{"type":"ask_suspend","minutes":60,"reason":"weather"}"#, Some("ask_suspend"));
        check(r#"{"type":"ask_park","reason":"needs_funds","note":"n"}"#, Some("ask_park"));
        check(
            r#"{"type":"ask_extend","clock":"reply","minutes":5,"reason":"r"}"#,
            Some("ask_extend"),
        );
        check(r#"{"type":"grant"}"#, Some("grant"));
        check(r#"{"type":"deny","reason":"r"}"#, Some("deny"));
        check(r#"{"type":"resume","reason":"r"}"#, Some("resume"));
        check(
            r#"{"type":"acknowledge","clock":"ack","from_ms":1,"level":"shift_leader"}"#,
            Some("acknowledge"),
        );
    }

    #[test]
    fn what_phones_and_rules_do_is_no_act_of_a_screen() {
        check(r#"{"type":"ack","offer":"o"}"#, None);
        check(r#"{"type":"join"}"#, None);
        check(r#"{"type":"classify","category":"fight","severity":"S9","place":"g"}"#, None);
        check(r#"{"type":"dispatch"}"#, None);
        check(r#"{"type":"due"}"#, None);
        check(r#"{"type":"ask_extend","clock":"tomorrow","minutes":5,"reason":"r"}"#, None);
        check(r#"{"type":"correct","named":2,"verdict":"guilty","reason":"r"}"#, None);
    }
}
