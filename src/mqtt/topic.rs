//! Topics as functions, with retain written beside them. Quality of service is 1 everywhere.
//!
//! Commands are never retained (an old order must not come back to life); states are. Names that
//! become part of a topic are newtypes, so no topic can be built that escapes its own level.

use std::fmt;

/// Quality of service of every message: at least once; doubles are dropped by id.
pub const QOS: u8 = 1;

/// A topic and how it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub name: String,
    /// True where a late subscriber must see the last state.
    pub retain: bool,
}

/// Longest name of a member or site in bytes; the broker's own limit for client ids is larger.
/// Guess, revisit.
const NAME_MAX_BYTES: usize = 64;

/// A name that cannot stand in a topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' cannot stand in a topic: use 1 to 64 bytes without / \\ + # $, blanks and control characters"
)]
pub struct BadName(pub String);

/// A patrol member's (or other account's) name as it stands in topics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member(String);

impl Member {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Member {
    type Error = BadName;

    fn try_from(text: &str) -> Result<Self, BadName> {
        checked(text).map(Self)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn checked(text: &str) -> Result<String, BadName> {
    let bad =
        |c: char| matches!(c, '/' | '\\' | '+' | '#' | '$') || c.is_whitespace() || c.is_control();
    let fits = (1..=NAME_MAX_BYTES).contains(&text.len());
    if fits && !text.chars().any(bad) && text != "." && text != ".." {
        return Ok(text.to_owned());
    }
    Err(BadName(text.to_owned()))
}

/// The topics of one site: everything below `gengfu/{site}/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteTopics {
    prefix: String,
}

impl SiteTopics {
    /// The topics of `site`.
    ///
    /// # Errors
    /// When the site's id cannot stand in a topic.
    pub fn new(site: &str) -> Result<Self, BadName> {
        Ok(Self { prefix: format!("gengfu/{}/", checked(site)?) })
    }

    /// `gengfu/{site}/`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Down: orders, withdrawals, states, refusals. Not retained: these are commands.
    #[must_use]
    pub fn order(&self, member: &Member) -> Topic {
        self.passing(&format!("patrol/{member}/order"))
    }

    /// Up: the member's answers. Not retained.
    #[must_use]
    pub fn answer(&self, member: &Member) -> Topic {
        self.passing(&format!("patrol/{member}/answer"))
    }

    /// Down: whether the member is on duty. Retained: a state.
    #[must_use]
    pub fn duty(&self, member: &Member) -> Topic {
        self.lasting(&format!("patrol/{member}/duty"))
    }

    /// Public: a camera's health. Retained: a state.
    #[must_use]
    pub fn camera_health(&self, camera: &crate::camera::CameraId) -> Topic {
        self.lasting(&format!("camera/{camera}/health"))
    }

    /// Public: the feed of events for integrators. Not retained.
    #[must_use]
    pub fn event(&self) -> Topic {
        self.passing("event")
    }

    /// Public: nobody is on duty and observations wait. Not retained: it is said once.
    #[must_use]
    pub fn unattended(&self) -> Topic {
        self.passing("unattended")
    }

    /// Inside the centre: who is told that a clock ran out. Not retained: it happens once.
    #[must_use]
    pub fn escalation(&self) -> Topic {
        self.passing("escalation")
    }

    /// Public: whether the daemon is connected; `false` is its last will. Retained: a state.
    #[must_use]
    pub fn available(&self) -> Topic {
        self.lasting("available")
    }

    /// The filter by which the daemon hears every answer.
    #[must_use]
    pub fn all_answers(&self) -> String {
        format!("{}patrol/+/answer", self.prefix)
    }

    /// Whose answer topic `topic` is, if it is one.
    #[must_use]
    pub fn answer_from(&self, topic: &str) -> Option<Member> {
        let name =
            topic.strip_prefix(&self.prefix)?.strip_prefix("patrol/")?.strip_suffix("/answer")?;
        Member::try_from(name).ok()
    }

    fn passing(&self, below: &str) -> Topic {
        Topic { name: format!("{}{below}", self.prefix), retain: false }
    }

    fn lasting(&self, below: &str) -> Topic {
        Topic { name: format!("{}{below}", self.prefix), retain: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(text: &str, expect: bool) {
        assert_eq!(Member::try_from(text).is_ok(), expect, "{text:?}");
    }

    #[test]
    fn a_name_cannot_leave_its_level_of_the_topic() {
        for good in ["li", "li-wei", "p-07", "李伟", "a.b", "m@x"] {
            check_name(good, true);
        }
        for bad in ["", "a/b", "+", "a+", "#", "a b", "a\tb", "a\u{3000}b", "a\0", "$share", ".."] {
            check_name(bad, false);
        }
        check_name(&"x".repeat(64), true);
        check_name(&"x".repeat(65), false);
    }

    #[test]
    fn commands_pass_and_states_last() {
        let topics = SiteTopics::new("centre").unwrap();
        let li = Member::try_from("li").unwrap();
        let camera = crate::camera::CameraId::try_from("gate-1").unwrap();
        let all = [
            (topics.order(&li), "gengfu/centre/patrol/li/order", false),
            (topics.answer(&li), "gengfu/centre/patrol/li/answer", false),
            (topics.duty(&li), "gengfu/centre/patrol/li/duty", true),
            (topics.camera_health(&camera), "gengfu/centre/camera/gate-1/health", true),
            (topics.event(), "gengfu/centre/event", false),
            (topics.unattended(), "gengfu/centre/unattended", false),
            (topics.escalation(), "gengfu/centre/escalation", false),
            (topics.available(), "gengfu/centre/available", true),
        ];
        for (topic, name, retain) in all {
            assert_eq!(topic, Topic { name: name.into(), retain });
        }
    }

    fn check_from(topic: &str, expect: Option<&str>) {
        let topics = SiteTopics::new("centre").unwrap();
        let member = topics.answer_from(topic);
        assert_eq!(member.as_ref().map(Member::as_str), expect, "{topic}");
    }

    #[test]
    fn the_topic_tells_whose_answer_it_is() {
        check_from("gengfu/centre/patrol/li/answer", Some("li"));
        check_from("gengfu/centre/patrol/li/order", None);
        check_from("gengfu/centre/patrol/li/x/answer", None);
        check_from("gengfu/centre/patrol//answer", None);
        check_from("gengfu/centre/patrol/answer", None);
        check_from("gengfu/other/patrol/li/answer", None);
        check_from("gengfu/centre/patrol/+/answer", None);
    }
}
