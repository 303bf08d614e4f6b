//! What the daemon says: orders and what follows them, states, the public feed.
//!
//! Only serialised here. Texts that the screens translate (category, severity, codes) travel as
//! codes, never as sentences.

use serde::Serialize;
use utoipa::ToSchema;

/// A body that knows its word in `type`.
pub trait Body: Serialize {
    const TYPE: &'static str;
}

/// A message on its way down.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Envelope<'a, B> {
    pub v: u64,
    /// UUIDv7; the key by which doubles are dropped.
    pub id: &'a str,
    /// Gap-free per topic, from 1.
    pub seq: i64,
    /// When it was said, RFC 3339 in UTC with milliseconds.
    pub at: String,
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The ticket's id; null for what belongs to none.
    pub ticket: Option<&'a str>,
    pub body: B,
}

impl<B: Serialize> Envelope<'_, B> {
    /// The bytes to publish.
    ///
    /// # Panics
    /// Never: wire structs have text keys and finite numbers or null.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("wire structs have text keys and finite numbers or null")
    }
}

/// Why the rule fired, in facts that the phone puts into words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ReasonNote {
    /// The kind of the rule, such as `zone_object`, or `manual`.
    pub kind: String,
    /// Id of the zone or line.
    pub zone: Option<String>,
    pub zone_name: Option<String>,
    /// `person`, `bicycle`, `vehicle`, `animal`, `bag`.
    pub class: Option<String>,
    /// 0..1.
    pub score: Option<f32>,
    pub dwell_ms: Option<i64>,
    /// Armed hours as configured.
    pub armed: Option<String>,
    /// What only this kind has to tell: numbers and words by name.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// An operator's own words.
    pub text: Option<String>,
}

/// Somebody is asked to go.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Order {
    /// Names this offer in every answer to it.
    pub offer: String,
    /// The ticket's number as people say it.
    pub number: i64,
    pub category: String,
    /// S1 to S4.
    pub severity: String,
    pub place: String,
    pub camera_name: String,
    pub reason: ReasonNote,
    /// `owner`: this member answers for it; `support`: comes besides the owner.
    pub part: &'static str,
    /// Account of the one who answers for it.
    pub owner: Option<String>,
    /// Sent out before the verdict: nobody has confirmed it yet.
    pub unverified: bool,
    /// When the acknowledgement is due, UTC ms.
    pub ack_due_ms: i64,
    /// Evidence id of the still.
    pub still: Option<String>,
    /// What the centre says about this category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// What is to be ticked in the reply, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
}

/// A test of the way to this member: the phone says `received`, the person `ack`, as to an order.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Drill {
    /// Names the drill in the answers.
    pub offer: String,
    pub text: String,
    /// Who has not answered by then counts as not reached, UTC ms.
    pub until_ms: i64,
}

/// The offer is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Withdraw {
    pub offer: String,
    pub reason: String,
}

/// Where an accepted offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Accepted,
    OnScene,
    Handled,
    Returned,
    /// Its clocks stand still until `due_ms`.
    Suspended,
    Closed,
}

/// The centre's word on where the offer stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StateNote {
    pub offer: String,
    pub state: OrderState,
    /// When the running clock ends, UTC ms.
    pub due_ms: Option<i64>,
    /// verify, dispatch, ack, arrive, reply or close.
    pub clock: Option<String>,
    pub reason: Option<String>,
    /// Accounts of members who come besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supports: Vec<String>,
}

/// A clock of the member's has run for a share of its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reminder {
    pub offer: String,
    /// ack, arrive or reply.
    pub clock: String,
    /// Share of the clock that has passed.
    pub percent: u32,
    /// When it ends, UTC ms.
    pub due_ms: i64,
}

/// Somebody of the centre is told that a clock ran out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EscalationNote {
    pub number: i64,
    pub severity: String,
    pub category: Option<String>,
    pub place: String,
    pub clock: String,
    /// A step of the ladder, such as `shift_leader`.
    pub level: String,
    /// Share of the clock that has passed.
    pub percent: u32,
    /// When the clock ended, UTC ms.
    pub due_ms: i64,
    /// Accounts that are told.
    pub to: Vec<String>,
}

/// An answer was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Refused {
    /// Id of the refused answer.
    pub answer: String,
    pub code: String,
    pub message: String,
}

/// Whether the member is on duty (retained).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Duty {
    pub on: bool,
    pub until_ms: Option<i64>,
}

/// A camera's health (retained).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CameraHealth {
    pub id: String,
    pub name: String,
    pub place: String,
    /// connecting, live or down.
    pub state: String,
    pub since_ms: i64,
    pub code: Option<String>,
    pub message: Option<String>,
    pub fps: f32,
    pub frame_at_ms: Option<i64>,
    pub frames_dropped: u64,
}

/// A confirmed event on the public feed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventNote {
    pub camera: String,
    pub rule: String,
    pub at_ms: i64,
    pub ticket: String,
    pub number: i64,
    pub severity: String,
    pub reason: ReasonNote,
}

/// Nobody is signed on to duty and observations wait, on the public feed: for a pager or a gateway.
/// Each observation is in one such message of a time without anybody.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Unattended {
    /// When the last one signed off; null: nobody ever signed on.
    pub since_ms: Option<i64>,
    /// Accounts of the shift leaders, or of the director.
    pub told: Vec<String>,
    pub observations: Vec<UnattendedTicket>,
}

/// One of them, with as little as is needed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct UnattendedTicket {
    pub ticket: String,
    pub number: i64,
    pub severity: String,
    pub place: String,
    /// When it was seen, UTC ms.
    pub at_ms: i64,
}

/// Whether the daemon is there (retained, no envelope: a last will cannot know its time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Available {
    pub online: bool,
}

impl Available {
    /// The bytes to publish.
    #[must_use]
    pub fn to_json(self) -> Vec<u8> {
        serde_json::to_vec(&self).expect("one boolean is always JSON")
    }
}

impl Body for Order {
    const TYPE: &'static str = "order";
}

impl Body for Drill {
    const TYPE: &'static str = "drill";
}

impl Body for Withdraw {
    const TYPE: &'static str = "withdraw";
}

impl Body for StateNote {
    const TYPE: &'static str = "state";
}

impl Body for Reminder {
    const TYPE: &'static str = "reminder";
}

impl Body for EscalationNote {
    const TYPE: &'static str = "escalation";
}

impl Body for Refused {
    const TYPE: &'static str = "refused";
}

impl Body for Duty {
    const TYPE: &'static str = "duty";
}

impl Body for CameraHealth {
    const TYPE: &'static str = "camera_health";
}

impl Body for Unattended {
    const TYPE: &'static str = "unattended";
}

impl Body for EventNote {
    const TYPE: &'static str = "event";
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clock::UnixMs;
    use crate::mqtt::wire::VERSION;

    const ID: Uuid = Uuid::from_u128(0x0193_4f6a_7c00_7000_8000_0000_0000_0001);

    fn shown<B: Body>(body: B) -> String {
        let note = Envelope {
            v: VERSION,
            id: &ID.to_string(),
            seq: 7,
            at: UnixMs(1_763_900_000_123).rfc3339(),
            kind: B::TYPE,
            ticket: Some("T1"),
            body,
        };
        String::from_utf8(note.to_json()).unwrap()
    }

    fn reason() -> ReasonNote {
        ReasonNote {
            kind: "zone_object".into(),
            zone: Some("gate".into()),
            zone_name: Some("东门".into()),
            class: Some("person".into()),
            score: Some(0.75),
            dwell_ms: Some(4_000),
            armed: Some("22:00-06:00".into()),
            facts: serde_json::Map::new(),
            text: None,
        }
    }

    #[test]
    fn an_order_says_where_why_and_until_when() {
        insta::assert_snapshot!(shown(Order {
            offer: "O1".into(),
            number: 7,
            category: "intrusion".into(),
            severity: "S2".into(),
            place: "东门岗亭".into(),
            camera_name: "东门".into(),
            reason: reason(),
            part: "owner",
            owner: Some("li".into()),
            unverified: false,
            ack_due_ms: 1_763_900_120_123,
            still: Some("E1".into()),
            instruction: None,
            checks: Vec::new(),
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"order","ticket":"T1","body":{"offer":"O1","number":7,"category":"intrusion","severity":"S2","place":"东门岗亭","camera_name":"东门","reason":{"kind":"zone_object","zone":"gate","zone_name":"东门","class":"person","score":0.75,"dwell_ms":4000,"armed":"22:00-06:00","text":null},"part":"owner","owner":"li","unverified":false,"ack_due_ms":1763900120123,"still":"E1"}}"#);
    }

    #[test]
    fn what_follows_an_order() {
        insta::assert_snapshot!(
            shown(Withdraw { offer: "O1".into(), reason: "ack_late".into() }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"withdraw","ticket":"T1","body":{"offer":"O1","reason":"ack_late"}}"#);
        insta::assert_snapshot!(shown(StateNote {
            offer: "O1".into(),
            state: OrderState::OnScene,
            due_ms: Some(1_763_900_900_000),
            clock: Some("reply".into()),
            reason: None,
            supports: Vec::new(),
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"state","ticket":"T1","body":{"offer":"O1","state":"on_scene","due_ms":1763900900000,"clock":"reply","reason":null}}"#);
        insta::assert_snapshot!(shown(Refused {
            answer: ID.to_string(),
            code: "bad_body".into(),
            message: "body.reason: unknown reason".into(),
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"refused","ticket":"T1","body":{"answer":"01934f6a-7c00-7000-8000-000000000001","code":"bad_body","message":"body.reason: unknown reason"}}"#);
    }

    #[test]
    fn states_and_the_public_feed() {
        insta::assert_snapshot!(shown(Duty { on: true, until_ms: Some(1_763_928_000_000) }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"duty","ticket":"T1","body":{"on":true,"until_ms":1763928000000}}"#);
        insta::assert_snapshot!(shown(CameraHealth {
            id: "gate-1".into(),
            name: "东门".into(),
            place: "东门岗亭".into(),
            state: "live".into(),
            since_ms: 1_763_890_000_000,
            code: None,
            message: None,
            fps: 24.5,
            frame_at_ms: Some(1_763_900_000_000),
            frames_dropped: 3,
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"camera_health","ticket":"T1","body":{"id":"gate-1","name":"东门","place":"东门岗亭","state":"live","since_ms":1763890000000,"code":null,"message":null,"fps":24.5,"frame_at_ms":1763900000000,"frames_dropped":3}}"#);
        insta::assert_snapshot!(shown(EventNote {
            camera: "gate-1".into(),
            rule: "night".into(),
            at_ms: 1_763_900_000_000,
            ticket: "T1".into(),
            number: 7,
            severity: "S2".into(),
            reason: reason(),
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"event","ticket":"T1","body":{"camera":"gate-1","rule":"night","at_ms":1763900000000,"ticket":"T1","number":7,"severity":"S2","reason":{"kind":"zone_object","zone":"gate","zone_name":"东门","class":"person","score":0.75,"dwell_ms":4000,"armed":"22:00-06:00","text":null}}}"#);
        insta::assert_snapshot!(shown(Unattended {
            since_ms: Some(1_763_900_000_000),
            told: vec!["sun".into()],
            observations: vec![UnattendedTicket {
                ticket: "T1".into(),
                number: 7,
                severity: "S2".into(),
                place: "东门岗亭".into(),
                at_ms: 1_763_900_000_000,
            }],
        }), @r#"{"v":1,"id":"01934f6a-7c00-7000-8000-000000000001","seq":7,"at":"2025-11-23T12:13:20.123Z","type":"unattended","ticket":"T1","body":{"since_ms":1763900000000,"told":["sun"],"observations":[{"ticket":"T1","number":7,"severity":"S2","place":"东门岗亭","at_ms":1763900000000}]}}"#);
        let gone = Available { online: false }.to_json();
        insta::assert_snapshot!(String::from_utf8(gone).unwrap(), @r#"{"online":false}"#);
    }
}
