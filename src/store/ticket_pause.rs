//! The parts of a life that stand in a row as JSON: clocks, requests and pauses.

use serde_json::{Value, json};

use super::Error;
use crate::clock::UnixMs;
use crate::ticket::ClockName;
use crate::ticket::clocks::Running;
use crate::ticket::ladder::Fired;
use crate::ticket::life::State;
use crate::ticket::pause::{Kind, Paused, Request, Wish};

pub(super) fn clock_json(running: &Running) -> Value {
    json!({
        "clock": running.name.as_str(),
        "started_ms": running.started.0,
        "due_ms": running.due.0,
        "chain_ms": running.chain.0,
        "moved_ms": running.moved_ms,
        "fired": running.fired.to_row(),
    })
}

/// Reads the JSON of one column; what is missing or of another kind is named by the column.
pub(super) struct Column<'a> {
    pub(super) name: &'static str,
    pub(super) value: &'a Value,
}

impl<'a> Column<'a> {
    fn fault(&self) -> Error {
        Error::Decode { what: self.name, value: self.value.to_string() }
    }

    fn text(&self, key: &str) -> Result<&'a str, Error> {
        self.value.get(key).and_then(Value::as_str).ok_or_else(|| self.fault())
    }

    fn number(&self, key: &str) -> Result<i64, Error> {
        self.value.get(key).and_then(Value::as_i64).ok_or_else(|| self.fault())
    }

    fn below(&self, key: &str) -> Result<Self, Error> {
        let value = self.value.get(key).ok_or_else(|| self.fault())?;
        Ok(Column { name: self.name, value })
    }

    pub(super) fn clock(&self) -> Result<Running, Error> {
        let name = ClockName::parse(self.text("clock")?).ok_or_else(|| self.fault())?;
        Ok(Running {
            name,
            started: UnixMs(self.number("started_ms")?),
            due: UnixMs(self.number("due_ms")?),
            chain: UnixMs(self.number("chain_ms")?),
            moved_ms: self.number("moved_ms")?,
            fired: Fired::of_row(self.number("fired")?),
        })
    }

    pub(super) fn request(&self) -> Result<Request, Error> {
        let wish = match self.text("wish")? {
            "suspend" => Wish::Suspend { for_ms: self.number("for_ms")? },
            "park" => Wish::Park,
            "extend" => Wish::Extend {
                clock: ClockName::parse(self.text("clock")?).ok_or_else(|| self.fault())?,
                by_ms: self.number("for_ms")?,
            },
            _ => return Err(self.fault()),
        };
        Ok(Request {
            wish,
            reason: self.text("reason")?.to_owned(),
            note: self.text("note")?.to_owned(),
            by: self.text("by")?.to_owned(),
            at: UnixMs(self.number("at_ms")?),
        })
    }

    /// The pause; `inside` makes the state by its word and its clock, `clock` is the pause's own.
    pub(super) fn paused(
        &self,
        clock: Running,
        inside: impl Fn(&str, Running) -> Result<State, Error>,
    ) -> Result<Paused, Error> {
        let kind = match self.text("kind")? {
            "suspended" => Kind::Suspended,
            "parked" => Kind::Parked,
            _ => return Err(self.fault()),
        };
        let beside = self.value.get("beside").filter(|value| !value.is_null());
        let beside = beside.map(|value| Column { name: self.name, value }.clock()).transpose()?;
        Ok(Paused {
            kind,
            request: self.below("request")?.request()?,
            granted_by: self.text("granted_by")?.to_owned(),
            since: UnixMs(self.number("since_ms")?),
            inside: inside(self.text("inside")?, self.below("inside_clock")?.clock()?)?,
            beside,
            clock,
        })
    }
}

pub(super) fn request_json(request: &Request) -> Value {
    let (clock, for_ms) = match request.wish {
        Wish::Suspend { for_ms } => (None, Some(for_ms)),
        Wish::Park => (None, None),
        Wish::Extend { clock, by_ms } => (Some(clock.as_str()), Some(by_ms)),
    };
    json!({
        "wish": request.wish.as_str(),
        "clock": clock,
        "for_ms": for_ms,
        "reason": request.reason,
        "note": request.note,
        "by": request.by,
        "at_ms": request.at.0,
    })
}

pub(super) fn paused_json(paused: &Paused) -> Value {
    json!({
        "kind": paused.kind.as_str(),
        "request": request_json(&paused.request),
        "granted_by": paused.granted_by,
        "since_ms": paused.since.0,
        "inside": paused.inside.as_str(),
        "inside_clock": paused.inside.clock().map(|running| clock_json(&running)),
        "beside": paused.beside.map(|running| clock_json(&running)),
    })
}
