//! What a scenario says of duty: signing on and off, and what the pass over duty does.

use std::sync::Arc;

use gengfu::clock::Clock;
use gengfu::config;
use gengfu::duty::attendance::{Attendance, SignOn, sign_off, sign_on};
use gengfu::duty::task::{Duty, DutyTask};
use gengfu::duty::unattended::Alarm;
use gengfu::duty::{Line, Span};
use gengfu::mqtt::outgoing;

use super::{MIDNIGHT, Room, person, topics};

impl Room {
    /// Plays a line about duty, if it is one: `li signs on`, `sun signs on to duty because li is
    /// ill`, `li signs off`, `duty looks`.
    pub(super) async fn duty(&mut self, fact: &str) -> Option<String> {
        if fact == "duty looks" {
            return Some(self.look().await);
        }
        let (name, rest) = fact.split_once(" signs ")?;
        let (rest, reason) = rest.split_once(" because ").unwrap_or((rest, ""));
        Some(match rest.strip_prefix("on") {
            Some(line) => self.on(name, line.strip_prefix(" to "), reason).await,
            None => self.off(name, reason).await,
        })
    }

    async fn on(&self, name: &str, line: Option<&str>, reason: &str) -> String {
        let now = self.clock.now();
        let around = Span { from: now.plus_ms(-1), until: now.plus_ms(3_600_000) };
        let turns = self.store.turns(around).await.unwrap();
        let present = self.store.signed_on().await.unwrap();
        let open = present.iter().find(|row| row.account == name);
        let ask = SignOn {
            account: None,
            line: line.map(|word| Line::parse(word).expect("a line")),
            reason: reason.into(),
            via: "console".into(),
        };
        match sign_on(&person(name), &ask, (&turns, open), now) {
            Ok(Some(row)) => {
                let told = format!("on {}", row.line.as_str());
                let id = format!("{name} {now}");
                assert!(self.store.sign_on(&Attendance { id, ..row }).await.unwrap());
                told
            }
            Ok(None) => "nothing".into(),
            Err(refused) => format!("refused {}", refused.code()),
        }
    }

    async fn off(&self, name: &str, reason: &str) -> String {
        let present = self.store.signed_on().await.unwrap();
        let open = present.iter().find(|row| row.account == name);
        let of_line = |row: &&Attendance| open.is_some_and(|open| open.line == row.line);
        let others = present.iter().filter(of_line).count().saturating_sub(1);
        match sign_off(&person(name), (None, reason), (open, others), self.clock.now()) {
            Ok(off) => {
                assert!(self.store.sign_off(&open.unwrap().id, &off).await.unwrap());
                "off".into()
            }
            Err(refused) => format!("refused {}", refused.code()),
        }
    }

    /// One pass over duty: whom it told of what, whom it asked, who did not answer.
    async fn look(&self) -> String {
        let topics = topics();
        let task = DutyTask {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            rhythm: (&config::Duty::default()).into(),
            encode: Arc::new(move |alarm: &Alarm| vec![outgoing::of_unattended(&topics, alarm)]),
            duty: Duty::default(),
            outbox: Arc::default(),
        };
        let before = self.duty_told().await;
        task.pass().await.unwrap();
        let after = self.duty_told().await;
        let mut old = before;
        let mut is_new = |told: &String| match old.iter().position(|one| one == told) {
            Some(at) => {
                old.swap_remove(at);
                false
            }
            None => true,
        };
        let new: Vec<String> = after.into_iter().filter(|told| is_new(told)).collect();
        if new.is_empty() { "nothing".into() } else { new.join(", ") }
    }

    /// Everything that passes have done so far, in words.
    async fn duty_told(&self) -> Vec<String> {
        let ever = Span { from: MIDNIGHT, until: self.clock.now().plus_ms(1) };
        let mut told = Vec::new();
        for message in self.store.waiting(0, 10_000).await.unwrap() {
            if message.kind != "unattended" {
                continue;
            }
            let list = |name: &str| message.body[name].as_array().unwrap().clone();
            let whom: Vec<String> =
                list("told").iter().map(|one| one.as_str().unwrap().to_owned()).collect();
            let what: Vec<String> =
                list("observations").iter().map(|one| format!("T{}", one["number"])).collect();
            told.push(format!("{} is told of {}", whom.join(" and "), what.join(" and ")));
        }
        for check in self.store.presence_checks(ever).await.unwrap() {
            let what = match check.ended {
                None => "is asked",
                Some((_, outcome)) => outcome.as_str(),
            };
            told.push(format!("{} {what}", check.account));
        }
        for row in self.store.attendance(ever).await.unwrap() {
            if let Some(off) = row.off.filter(|off| off.by == "gengfu") {
                told.push(format!("{} forgot to sign off, gone since {}", row.account, off.at));
            }
        }
        told
    }
}
