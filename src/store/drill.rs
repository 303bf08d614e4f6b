//! Drills: every way to every member is tried, and who was reached when is kept.

use super::call::NewCall;
use super::outbox::Outgoing;
use super::row::{get, time, time_or_none};
use super::{Error, Store};
use crate::clock::UnixMs;

/// A drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// UUIDv7.
    pub id: String,
    pub at: UnixMs,
    /// Who is not reached until then, is not.
    pub until: UnixMs,
    pub by: String,
    pub text: String,
}

/// Who is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Members on the patrol line now.
    OnShift,
    /// Every active member.
    Everybody,
}

/// A drill that somebody wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub by: String,
    pub text: String,
    /// Time to answer, ms.
    pub within_ms: i64,
    pub whom: Whom,
}

/// A member of a drill, with the ways to him.
#[derive(Clone, Debug)]
pub struct Tried {
    pub member: String,
    pub message: Outgoing,
    /// None without a second channel.
    pub call: Option<NewCall>,
}

/// Who was reached when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub member: String,
    pub display: String,
    /// The broker has the message.
    pub published: Option<UnixMs>,
    /// The phone has it.
    pub received: Option<UnixMs>,
    /// The person has seen it.
    pub acked: Option<UnixMs>,
    /// `waiting`, `done`, `given_up`, or none without a second channel.
    pub call: Option<&'static str>,
    pub called: Option<UnixMs>,
}

impl Store {
    /// Begins a drill: the row, each member's message and call, together.
    ///
    /// # Errors
    /// What the database said; then nobody is asked.
    pub async fn begin_drill(&self, drill: &Drill, members: &[Tried]) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into drill (id, at_ms, until_ms, by_account, text)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(&drill.id)
        .bind(drill.at.0)
        .bind(drill.until.0)
        .bind(&drill.by)
        .bind(&drill.text)
        .execute(&mut *write.tx)
        .await?;
        for tried in members {
            let outbox = write.send(&tried.message, drill.at).await?;
            sqlx::query("insert into drill_member (drill, member, outbox) values ($1, $2, $3)")
                .bind(&drill.id)
                .bind(&tried.member)
                .bind(outbox)
                .execute(&mut *write.tx)
                .await?;
            if let Some(call) = &tried.call {
                write.call(call, drill.at).await?;
            }
        }
        write.commit().await
    }

    /// A member's phone, or the member, has answered a drill. False when it is no drill of his.
    ///
    /// # Errors
    /// What the database said.
    pub async fn answer_drill(
        &self,
        (drill, member): (&str, &str),
        acked: Option<UnixMs>,
        now: UnixMs,
    ) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update drill_member set received_ms = coalesce(received_ms, $3),
               acked_ms = coalesce(acked_ms, $4)
             where drill = $1 and member = $2",
        )
        .bind(drill)
        .bind(member)
        .bind(now.0)
        .bind(acked.map(|at| at.0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The latest drills, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn drills(&self, most: i64) -> Result<Vec<Drill>, Error> {
        let rows = sqlx::query(
            "select id, at_ms, until_ms, by_account, text from drill order by at_ms desc limit $1",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let drill = |row| {
            Ok(Drill {
                id: get(row, "id")?,
                at: time(row, "at_ms")?,
                until: time(row, "until_ms")?,
                by: get(row, "by_account")?,
                text: get(row, "text")?,
            })
        };
        rows.iter().map(drill).collect()
    }

    /// Who was reached by a drill, by name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn reached(&self, drill: &str) -> Result<Vec<Reached>, Error> {
        let rows = sqlx::query(
            "select drill_member.member as name, account.display as display, outbox.published_ms,
               drill_member.received_ms, drill_member.acked_ms, call.id as call, call.done_ms,
               call.given_up_ms
             from drill_member
             join account on account.name = drill_member.member
             left join outbox on outbox.id = drill_member.outbox
             left join call on call.kind = 'drill' and call.about = drill_member.drill
               and call.member = drill_member.member
             where drill_member.drill = $1
             order by drill_member.member",
        )
        .bind(drill)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(reached).collect()
    }
}

fn reached(row: &sqlx::any::AnyRow) -> Result<Reached, Error> {
    let called = time_or_none(row, "done_ms")?;
    let given_up = time_or_none(row, "given_up_ms")?;
    let call = get::<Option<String>>(row, "call")?.map(|_| match (called, given_up) {
        (Some(_), _) => "done",
        (None, Some(_)) => "given_up",
        (None, None) => "waiting",
    });
    Ok(Reached {
        member: get(row, "name")?,
        display: get(row, "display")?,
        published: time_or_none(row, "published_ms")?,
        received: time_or_none(row, "received_ms")?,
        acked: time_or_none(row, "acked_ms")?,
        call,
        called,
    })
}
