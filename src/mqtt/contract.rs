//! The MQTT contract as AsyncAPI 3: topics, who says what there, and the schema of every message,
//! generated from the wire types. Pure.

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::topic::{QOS, SiteTopics};
use super::wire::{
    Available, Body, CameraHealth, Drill, Duty, EventNote, OfferBody, Order, PositionBody,
    RefuseBody, Refused, ReplyBody, StateNote, Unattended, VERSION, Withdraw,
};

/// Schemas by name, as the messages refer to them.
#[derive(Default)]
struct Schemas(Map<String, Value>);

impl Schemas {
    /// Adds a type with everything that it refers to; where it stands then.
    fn add<T: ToSchema + PartialSchema>(&mut self) -> Value {
        let mut all: Vec<(String, RefOr<Schema>)> =
            vec![(T::name().into_owned(), <T as PartialSchema>::schema())];
        T::schemas(&mut all);
        for (name, schema) in all {
            let schema = serde_json::to_value(schema).expect("a schema is JSON");
            self.0.insert(name, schema);
        }
        json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
    }
}

/// One kind of message.
struct Message {
    kind: &'static str,
    summary: &'static str,
    payload: Value,
}

/// The envelope around a body.
fn enveloped(kind: &'static str, body: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["v", "id", "seq", "at", "type", "ticket", "body"],
        "properties": {
            "v": { "type": "integer", "const": VERSION },
            "id": {
                "type": "string", "format": "uuid",
                "description": "UUIDv7; the key by which doubles are dropped"
            },
            "seq": {
                "type": "integer", "minimum": 0,
                "description": "Down: gap-free per topic, from 1. Up: the phone's own counter, \
                                which never goes back"
            },
            "at": { "type": "string", "format": "date-time" },
            "type": { "type": "string", "const": kind },
            "ticket": { "type": ["string", "null"] },
            "body": body
        }
    })
}

fn down<B: Body + ToSchema>(schemas: &mut Schemas, summary: &'static str) -> Message {
    let body = schemas.add::<B>();
    Message { kind: B::TYPE, summary, payload: enveloped(B::TYPE, &body) }
}

fn up<B: ToSchema>(schemas: &mut Schemas, kind: &'static str, summary: &'static str) -> Message {
    let body = schemas.add::<B>();
    let mut payload = enveloped(kind, &body);
    payload["properties"]["device"] = json!({
        "type": "string", "maxLength": 64,
        "description": "What the phone calls itself, where a member has several; each counts alone"
    });
    Message { kind, summary, payload }
}

/// A topic with what is said there.
struct Channel {
    name: &'static str,
    address: String,
    /// `send` or `receive`, as the daemon does.
    action: &'static str,
    retain: bool,
    messages: Vec<Message>,
}

fn channels(topics: &SiteTopics, schemas: &mut Schemas) -> Vec<Channel> {
    let at = |below: &str| format!("{}{below}", topics.prefix());
    let orders = vec![
        down::<Order>(schemas, "Somebody is asked to go."),
        down::<Withdraw>(schemas, "The order is taken back."),
        down::<StateNote>(
            schemas,
            "How an accepted order stands; told again after a doubled answer.",
        ),
        down::<Refused>(schemas, "An answer was not taken, and why."),
        down::<Drill>(schemas, "A test of the way to this member."),
    ];
    let answers = vec![
        up::<OfferBody>(schemas, "received", "The phone has stored the order or drill."),
        up::<OfferBody>(schemas, "ack", "The person goes, or has seen the drill."),
        up::<RefuseBody>(schemas, "refuse", "The person cannot go."),
        up::<OfferBody>(schemas, "on_scene", "The person is there."),
        up::<ReplyBody>(schemas, "reply", "What was found and done."),
        up::<PositionBody>(schemas, "position", "Where the person is, from ack to reply."),
    ];
    let available = schemas.add::<Available>();
    let available =
        Message { kind: "available", summary: "Whether the daemon is there.", payload: available };
    let channel = |name, address, retain, messages| Channel {
        name,
        address,
        action: "send",
        retain,
        messages,
    };
    vec![
        channel("order", at("patrol/{member}/order"), false, orders),
        Channel {
            action: "receive",
            ..channel("answer", at("patrol/{member}/answer"), false, answers)
        },
        channel(
            "duty",
            at("patrol/{member}/duty"),
            true,
            vec![down::<Duty>(schemas, "Whether the member is on duty.")],
        ),
        channel(
            "camera_health",
            at("camera/{camera}/health"),
            true,
            vec![down::<CameraHealth>(schemas, "How a camera is.")],
        ),
        channel(
            "event",
            at("event"),
            false,
            vec![down::<EventNote>(schemas, "A new observation, for integrators.")],
        ),
        channel(
            "unattended",
            at("unattended"),
            false,
            vec![down::<Unattended>(schemas, "Nobody is on duty and observations wait.")],
        ),
        channel("available", at("available"), true, vec![available]),
    ]
}

/// The whole document.
#[must_use]
pub fn asyncapi(topics: &SiteTopics, version: &str) -> Value {
    let mut schemas = Schemas::default();
    let channels = channels(topics, &mut schemas);
    let (mut by_name, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for channel in channels {
        let mut own = Map::new();
        for message in channel.messages {
            let name = format!("{}.{}", channel.name, message.kind);
            own.insert(
                message.kind.to_owned(),
                json!({ "$ref": format!("#/components/messages/{name}") }),
            );
            let told = json!({
                "name": message.kind,
                "summary": message.summary,
                "contentType": "application/json",
                "payload": message.payload,
            });
            messages.insert(name, told);
        }
        operations.insert(
            format!("{}_{}", channel.action, channel.name),
            json!({
                "action": channel.action,
                "channel": { "$ref": format!("#/channels/{}", channel.name) },
                "bindings": { "mqtt": { "qos": QOS, "retain": channel.retain } },
            }),
        );
        let mut told = json!({ "address": channel.address, "messages": own });
        for (name, what) in
            [("member", "Account of the patrol member"), ("camera", "Id of the camera")]
        {
            if channel.address.contains(&format!("{{{name}}}")) {
                told["parameters"][name] = json!({ "description": what });
            }
        }
        by_name.insert(channel.name.to_owned(), told);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gengfu (更夫) over MQTT",
            "version": version,
            "description": "Orders to patrol members and their answers, states, and the public feed. \
                            Consumers are idempotent by id and see gaps by seq. Publishing is no \
                            proof: an order is open until the member answers.",
        },
        "defaultContentType": "application/json",
        "channels": by_name,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas.0 },
    })
}
