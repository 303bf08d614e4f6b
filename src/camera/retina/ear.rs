//! Hears that a camera refuses a session that is at work.
//!
//! The crate `retina` keeps a session alive with the nonce of its beginning. A camera that has
//! taken a new one since answers 401 and stops its video when the session's time is up, or at once;
//! the crate says so in its log and nowhere else, and signs nothing anew. So its log is listened
//! to while it works on a session, and only then: whoever polls a receiver has this ear on. All
//! else that is said goes where it always went. Where the log is set to leave out warnings nothing
//! is heard, and the camera comes back by the watchdog, some seconds late.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Dispatch, Event, Level, Metadata};

/// Who says it, and what: the answer's code stands in the sentence (retina 0.4.21).
const SPEAKER: &str = "retina";
const SENTENCE: &str = "keepalive failed";
/// Not signed as the camera wants it now; no such session any more (axis#18).
const CODES: [&str; 2] = ["401", "454"];

/// Listens for one session.
pub(super) struct Ear {
    refused: Arc<AtomicBool>,
    on: Dispatch,
}

/// What a session's words go through.
struct Canal {
    refused: Arc<AtomicBool>,
    /// Where everything goes otherwise.
    log: Dispatch,
    level: LevelFilter,
}

impl Ear {
    pub(super) fn new() -> Self {
        let refused = Arc::new(AtomicBool::new(false));
        let log = tracing::dispatcher::get_default(Clone::clone);
        let level = LevelFilter::current().max(LevelFilter::WARN);
        let canal = Canal { refused: Arc::clone(&refused), log, level };
        Self { refused, on: Dispatch::new(canal) }
    }

    /// What the session is polled with.
    pub(super) const fn on(&self) -> &Dispatch {
        &self.on
    }

    /// Whether a refusal was heard since the last time.
    pub(super) fn heard(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }
}

impl Subscriber for Canal {
    fn register_callsite(&self, of: &'static Metadata<'static>) -> Interest {
        if *of.level() == Level::WARN {
            Interest::sometimes()
        } else {
            self.log.register_callsite(of)
        }
    }

    fn enabled(&self, of: &Metadata<'_>) -> bool {
        let speaks = of.target().starts_with(SPEAKER) && *of.level() == Level::WARN;
        speaks || self.log.enabled(of)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.log.new_span(span)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.log.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.log.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        let mut heard = Heard::default();
        event.record(&mut heard);
        if heard.is_refusal() {
            self.refused.store(true, Ordering::Relaxed);
        } else {
            self.log.event(event);
        }
    }

    fn enter(&self, span: &Id) {
        self.log.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.log.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.log.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.log.try_close(span)
    }
}

/// What of an event matters: who says it (records of `log` name their target in a field), and
/// whether it is the sentence.
#[derive(Default)]
struct Heard {
    speaks: bool,
    says: bool,
}

impl Heard {
    const fn is_refusal(&self) -> bool {
        self.speaks && self.says
    }
}

impl Visit for Heard {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.speaks |= field.name() == "log.target" && value.starts_with(SPEAKER);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let text = format!("{value:?}");
            let code = CODES.iter().any(|code| text.contains(code));
            self.says = text.starts_with(SENTENCE) && code;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard of a sentence that this one says.
    fn check(target: &str, sentence: &str, expect: bool) {
        let ear = Ear::new();
        tracing::dispatcher::with_default(ear.on(), || {
            tracing::warn!(target: "retina", { log.target = target }, "{sentence}");
        });
        assert_eq!(ear.heard(), expect, "{target}: {sentence}");
        assert!(!ear.heard(), "told twice");
    }

    #[test]
    fn only_a_refused_session_is_heard() {
        check("retina::client", "keepalive failed with StatusCode(401)", true);
        check("retina::client", "keepalive failed with StatusCode(454)", true);
        // Does not know the request: the session goes on.
        check("retina::client", "keepalive failed with StatusCode(400)", false);
        check("retina::client", "Unable to parse OPTIONS response: 401", false);
        check("somebody", "keepalive failed with StatusCode(401)", false);
    }
}
