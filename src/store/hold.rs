//! Holds on footage: those that people place, and those that open tickets are.

use sqlx::any::AnyRow;

use super::row::{get, time, time_or_none, word};
use super::segment::camera;
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::record::hold::{Hold, HoldKind};

/// How far the footage of a ticket reaches before and after what was seen, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolls {
    pub before_ms: i64,
    pub after_ms: i64,
}

impl Rolls {
    /// Those of the configuration.
    #[must_use]
    pub fn of(event: &crate::config::Event) -> Self {
        let ms = |seconds: u32| i64::from(seconds) * 1000;
        Self { before_ms: ms(event.pre_roll_s), after_ms: ms(event.post_roll_s) }
    }
}

/// Who holds footage when no person does.
const ITSELF: &str = "gengfu";

impl Store {
    /// Writes a hold that a person places.
    ///
    /// # Errors
    /// What the database said.
    pub async fn place_hold(&self, hold: &Hold) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into hold (id, camera, from_ms, to_ms, kind, ticket, reason, placed_by,
               placed_ms, until_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&hold.id)
        .bind(hold.camera.as_str())
        .bind(hold.from.0)
        .bind(hold.to.0)
        .bind(hold.kind.word())
        .bind(&hold.ticket)
        .bind(&hold.reason)
        .bind(&hold.placed_by)
        .bind(hold.placed.0)
        .bind(hold.until.map_or(i64::MAX, |until| until.0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Ends a hold that a person has placed. Whether there was one that lasted.
    ///
    /// # Errors
    /// What the database said.
    pub async fn release_hold(&self, id: &str, by: &str, now: UnixMs) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update hold
             set released_by = $2, released_ms = $3
             where id = $1 and released_ms is null and until_ms > $3",
        )
        .bind(id)
        .bind(by)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Every hold that lasts: placed ones before their review, then open tickets, then events that
    /// are not filed yet.
    ///
    /// # Errors
    /// What the database said.
    pub async fn holds(&self, rolls: Rolls, now: UnixMs) -> Result<Vec<Hold>, Error> {
        let placed = sqlx::query(
            "select id, camera, from_ms, to_ms, kind, ticket, reason, placed_by, placed_ms, until_ms
             from hold
             where released_ms is null and until_ms > $1
             order by camera, from_ms, id",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let open = sqlx::query(
            "select t.id, t.number, t.camera, t.seen_ms, t.last_fired_ms,
               coalesce((select min(e.at_ms - e.dwell_ms) from event e where e.ticket = t.id),
                 t.seen_ms) as began_ms
             from ticket t
             where t.state not in ('dismissed', 'closed', 'archived')
             order by t.number",
        )
        .fetch_all(&self.pool)
        .await?;
        let unfiled = sqlx::query(
            "select id, camera, at_ms, at_ms - dwell_ms as began_ms
             from event
             where ticket is null and shelf is null
             order by at_ms, id",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut holds = placed.iter().map(hold).collect::<Result<Vec<Hold>, Error>>()?;
        for row in &open {
            holds.push(of_ticket(row, rolls)?);
        }
        for row in &unfiled {
            holds.push(of_event(row, rolls)?);
        }
        Ok(holds)
    }
}

fn hold(row: &AnyRow) -> Result<Hold, Error> {
    Ok(Hold {
        id: get(row, "id")?,
        camera: camera(row, "hold.camera")?,
        from: time(row, "from_ms")?,
        to: time(row, "to_ms")?,
        kind: word(&get::<String>(row, "kind")?, "hold.kind", HoldKind::parse)?,
        ticket: get(row, "ticket")?,
        reason: get(row, "reason")?,
        placed_by: get(row, "placed_by")?,
        placed: time(row, "placed_ms")?,
        until: time_or_none(row, "until_ms")?,
    })
}

fn of_ticket(row: &AnyRow, rolls: Rolls) -> Result<Hold, Error> {
    let (id, number): (String, i64) = (get(row, "id")?, get(row, "number")?);
    let (seen, began) = (time(row, "seen_ms")?, time(row, "began_ms")?);
    Ok(Hold {
        camera: camera(row, "ticket.camera")?,
        from: began.min(seen).plus_ms(-rolls.before_ms),
        to: time(row, "last_fired_ms")?.max(seen).plus_ms(rolls.after_ms),
        kind: HoldKind::Ticket,
        ticket: Some(id.clone()),
        reason: format!("ticket {number} is open"),
        placed_by: ITSELF.into(),
        placed: seen,
        until: None,
        id,
    })
}

fn of_event(row: &AnyRow, rolls: Rolls) -> Result<Hold, Error> {
    let at = time(row, "at_ms")?;
    Ok(Hold {
        id: get(row, "id")?,
        camera: camera(row, "event.camera")?,
        from: time(row, "began_ms")?.plus_ms(-rolls.before_ms),
        to: at.plus_ms(rolls.after_ms),
        kind: HoldKind::Ticket,
        ticket: None,
        reason: "an event is not filed yet".into(),
        placed_by: ITSELF.into(),
        placed: at,
        until: None,
    })
}
