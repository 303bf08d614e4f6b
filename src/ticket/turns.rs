//! Lines of the log that hold a case up, turn it back: suspension and parking, more
//! time, a new class, corrected verdicts, reopening. Part of `history.rs`.

use super::history::{Case, End, Stage, Verdict, ms, text};
use super::ladder::Level;
use super::log::LogEntry;
use super::{ClockName, Severity};

impl Case {
    /// Whether the line was one of these.
    pub(super) fn turn(&mut self, line: &LogEntry) -> bool {
        self.stand(ms(&line.detail, "stood_ms").map_or(0, |stood| stood.0));
        match line.input.as_str() {
            "grant" | "resume" | "pause_over" => self.retime(line),
            "correct" => self.correct(line),
            "reopen" => {
                (self.stage, self.closed) = (Stage::Confirmed, None);
                self.reopened += 1;
                self.start(&line.detail);
            }
            "remind" | "escalate" => {
                self.levels.extend(Level::parse(&text(&line.detail, "level")));
            }
            "acknowledge" | "archive" | "deny" | "ask_suspend" | "ask_park" | "ask_extend" => {}
            _ => return false,
        }
        true
    }

    /// The clock stood still for so long: it is nobody's time, and kept apart.
    fn stand(&mut self, stood_ms: i64) {
        self.stood_ms += stood_ms;
        if let Some(run) = self.running() {
            run.due = run.due.plus_ms(stood_ms);
            run.stood_ms += stood_ms;
        }
    }

    /// The due time of the clock that goes on; that of a pause is nobody's limit.
    fn retime(&mut self, line: &LogEntry) {
        let clock = ClockName::parse(&text(&line.detail, "clock"));
        let due = ms(&line.detail, "due_ms");
        if let Some(run) = self.running()
            && Some(run.clock) == clock
        {
            run.due = due.unwrap_or(run.due);
        }
    }

    fn correct(&mut self, line: &LogEntry) {
        let (by, at) = (line.actor.clone(), line.at);
        let reason = text(&line.detail, "code");
        self.end(End::CalledOff(at));
        (self.stage, self.verdict) = match text(&line.detail, "verdict").as_str() {
            "confirm" => (Stage::Confirmed, Verdict::Confirmed { by, at }),
            "false_alarm" => (Stage::Dismissed, Verdict::FalseAlarm { reason, by, at }),
            _ => (Stage::Dismissed, Verdict::Test { by, at }),
        };
        self.start(&line.detail);
    }

    /// A new class moves the due time of the clock that runs; it is the same run.
    pub(super) fn classify(&mut self, detail: &serde_json::Value) {
        self.category = text(detail, "category");
        self.place = text(detail, "place");
        self.severity = Severity::parse(&text(detail, "severity")).unwrap_or(self.severity);
        let severity = self.severity;
        if let Some(run) = self.running() {
            run.severity = severity;
            run.due = ms(detail, "due_ms").unwrap_or(run.due);
        }
    }
}
