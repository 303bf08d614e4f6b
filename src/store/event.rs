//! Events: the first thing that is durable.

use super::row::{get, json, needed, time, word};
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::config::RuleKind;
use crate::detect::{Box01, Class};
use crate::event::facts::{self, Facts};
use crate::event::{Fired, Proposal, Reason, Severity};
use crate::ticket::TicketId;

/// A firing with what the desk needs to file it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// UUIDv7.
    pub id: String,
    pub fired: Fired,
    pub camera_name: String,
    pub rule_name: String,
    pub proposal: Proposal,
    pub coalesce_ms: i64,
    /// The ticket it was filed in.
    pub ticket: Option<String>,
}

pub(super) const COLUMNS: &str =
    "id, camera, camera_name, place, rule, rule_name, kind, zone, class, score,
    dwell_ms, armed, track, x0, y0, x1, y1, severity, category, coalesce_ms, at_ms, ticket,
    facts";

pub(super) fn event(row: &sqlx::any::AnyRow) -> Result<Event, Error> {
    Ok(Event {
        id: get(row, "id")?,
        fired: fired(row)?,
        camera_name: get(row, "camera_name")?,
        rule_name: get(row, "rule_name")?,
        proposal: Proposal {
            severity: word(&get::<String>(row, "severity")?, "event.severity", Severity::parse)?,
            category: get(row, "category")?,
            place: get(row, "place")?,
        },
        coalesce_ms: get(row, "coalesce_ms")?,
        ticket: get(row, "ticket")?,
    })
}

/// What fired, of an event's row.
pub(super) fn fired(row: &sqlx::any::AnyRow) -> Result<Fired, Error> {
    let class = get::<Option<String>>(row, "class")?
        .map(|text| word(&text, "event.class", Class::parse))
        .transpose()?;
    let camera = CameraId::try_from(get::<String>(row, "camera")?.as_str())
        .map_err(|value| Error::Decode { what: "event.camera", value })?;
    Ok(Fired {
        camera,
        reason: Reason {
            rule: get(row, "rule")?,
            zone: get(row, "zone")?,
            kind: word(&get::<String>(row, "kind")?, "event.kind", RuleKind::parse)?,
            class,
            score: small(get(row, "score")?),
            dwell_ms: get(row, "dwell_ms")?,
            armed: get(row, "armed")?,
            facts: facts(row)?,
        },
        track: get::<Option<i64>>(row, "track")?.and_then(|id| u64::try_from(id).ok()),
        area: area(row)?,
        at: time(row, "at_ms")?,
    })
}

/// Events from before there were facts have none.
fn facts(row: &sqlx::any::AnyRow) -> Result<Facts, Error> {
    let Some(text) = get::<Option<String>>(row, "facts")? else { return Ok(Facts::default()) };
    let value = json(&text, "event.facts")?;
    Ok(value.as_object().map(facts::of_json).unwrap_or_default())
}

fn area(row: &sqlx::any::AnyRow) -> Result<Option<Box01>, Error> {
    let Some(x0) = get::<Option<f64>>(row, "x0")? else { return Ok(None) };
    let side = |name| Ok::<_, Error>(small(needed(get::<Option<f64>>(row, name)?, "event.area")?));
    Ok(Some(Box01 { x0: small(x0), y0: side("y0")?, x1: side("x1")?, y1: side("y1")? }))
}

#[allow(clippy::cast_possible_truncation, reason = "a fraction that was an f32 when written")]
const fn small(value: f64) -> f32 {
    value as f32
}

impl Store {
    /// Writes an event. From here on nothing about it is only in memory. Written again, because the
    /// answer of the database was lost, it is still one event. A firing of a rule that was shelved
    /// when it was seen is marked in the same transaction; which request it was is answered.
    ///
    /// # Errors
    /// What the database said.
    pub async fn save_event(&self, event: &Event, now: UnixMs) -> Result<Option<String>, Error> {
        let (fired, reason) = (&event.fired, &event.fired.reason);
        let side = |of: fn(Box01) -> f32| fired.area.map(|area| f64::from(of(area)));
        let mut write = self.write().await?;
        let shelf = write.shelf_of(fired).await?;
        sqlx::query(
            "insert into event (id, camera, camera_name, place, rule, rule_name, kind, zone, class,
               score, dwell_ms, armed, track, x0, y0, x1, y1, severity, category, coalesce_ms,
               at_ms, created_ms, facts, shelf)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
               $18, $19, $20, $21, $22, $23, $24)
             on conflict (id) do nothing",
        )
        // Prepared anew each time: sqlx's Any driver tells PostgreSQL the wrong size for a missing
        // double (0.9), and a remembered statement would then refuse the next one that is there.
        .persistent(false)
        .bind(&event.id)
        .bind(fired.camera.as_str())
        .bind(&event.camera_name)
        .bind(&event.proposal.place)
        .bind(&reason.rule)
        .bind(&event.rule_name)
        .bind(reason.kind.as_str())
        .bind(&reason.zone)
        .bind(reason.class.map(Class::as_str))
        .bind(f64::from(reason.score))
        .bind(reason.dwell_ms)
        .bind(&reason.armed)
        .bind(fired.track.and_then(|id| i64::try_from(id).ok()))
        .bind(side(|a| a.x0))
        .bind(side(|a| a.y0))
        .bind(side(|a| a.x1))
        .bind(side(|a| a.y1))
        .bind(event.proposal.severity.as_str())
        .bind(&event.proposal.category)
        .bind(event.coalesce_ms)
        .bind(fired.at.0)
        .bind(now.0)
        .bind(serde_json::Value::Object(facts::to_json(&reason.facts)).to_string())
        .bind(&shelf)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(shelf)
    }

    /// Events that the desk has not filed yet, oldest first; those of shelved rules never are.
    ///
    /// # Errors
    /// What the database said.
    pub async fn unfiled_events(&self) -> Result<Vec<Event>, Error> {
        let sql = format!(
            "select {COLUMNS} from event where ticket is null and shelf is null order by at_ms, id"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(event)
            .collect()
    }

    /// One event.
    ///
    /// # Errors
    /// What the database said.
    pub async fn event(&self, id: &str) -> Result<Option<Event>, Error> {
        let sql = format!("select {COLUMNS} from event where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(event)
            .transpose()
    }

    /// The latest thirty firings of a ticket, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn latest_firings(&self, ticket: &TicketId) -> Result<Vec<Fired>, Error> {
        let sql = format!(
            "select {COLUMNS} from event where ticket = $1 order by at_ms desc, id desc limit 30"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&ticket.0);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().rev().map(|row| event(row).map(|event| event.fired)).collect()
    }

    /// An event that has joined this ticket; none when it is another's, or the ticket's first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn joined_event(&self, id: &str, ticket: &TicketId) -> Result<Option<Event>, Error> {
        let sql = format!(
            "select {COLUMNS} from event where id = $1 and ticket = $2 and joined is not null"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).bind(&ticket.0);
        query.fetch_optional(&self.pool).await?.as_ref().map(event).transpose()
    }

    /// Events after `after`, and before `before`, that have no clip; oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn events_without_clip(
        &self,
        (after, before): ((UnixMs, &str), UnixMs),
        limit: i64,
    ) -> Result<Vec<Event>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from event
             where (at_ms > $1 or (at_ms = $1 and id > $2)) and at_ms < $3
               and not exists (
                 select 1 from evidence where evidence.event = event.id and evidence.kind = 'clip'
               )
             order by at_ms, id
             limit $4"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after.0.0).bind(after.1);
        let rows = query.bind(before.0).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(event).collect()
    }
}
