//! Offers from their beginning to their end, and the members they may go to.

use std::collections::HashMap;

use serde_json::Value;

use super::row::{get, json, time, time_or_none};
use super::ticket_row::{SELECT, ticket};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::ledger::{self, Entry};
use crate::ticket::log::LogEntry;
use crate::ticket::ranking::{Candidate, Tried};
use crate::ticket::{Ticket, TicketId};

/// How far back orders count for rest and fairness, ms: a week; before that is never (guess,
/// revisit).
const LATELY_MS: i64 = 7 * 24 * 3_600_000;

/// All patrol members with what dispatch needs to know of them at `$1`, orders since `$2`.
const CANDIDATE: &str = "
    select name, display,
      (select min(starts_ms) from shift
       where shift.account = account.name and line = 'patrol'
         and starts_ms <= $1 and ends_ms > $1) as turn_ms,
      (select count(*) from attendance
       where attendance.account = account.name and attendance.line = 'patrol'
         and on_ms <= $1 and off_ms is null) as signed_on,
      (select max(off_ms) from attendance
       where attendance.account = account.name and attendance.line = 'patrol'
         and off_ms <= $1) as gone_ms,
      (select count(*) from offer
       where member = account.name and ended_ms is null and replied_ms is null)
        as open_work,
      (select count(distinct offer.id) from offer
       join shift on shift.account = offer.member and line = 'patrol'
         and starts_ms <= $1 and ends_ms > $1
       where member = account.name and acked_ms >= starts_ms) as jobs,
      (select max(coalesce(replied_ms, ended_ms)) from offer
       where member = account.name and offered_ms >= $2 and acked_ms is not null)
        as last_job_ms,
      (select count(*) from suspension
       where suspension.account = account.name and since_ms <= $1
         and (until_ms is null or until_ms > $1)) as suspended
    from account
    where role = 'patrol_member' and active = 1";

/// An offer as it was, or is.
#[derive(Clone, Debug, PartialEq)]
pub struct Offered {
    pub id: String,
    pub member: String,
    /// `owner` or `support`.
    pub part: String,
    pub at: UnixMs,
    pub received: Option<UnixMs>,
    pub acked: Option<UnixMs>,
    pub on_scene: Option<UnixMs>,
    pub replied: Option<UnixMs>,
    pub ended: Option<UnixMs>,
    /// `done`, `refused`, `expired` or `withdrawn`.
    pub outcome: Option<String>,
    pub reason: Option<String>,
    /// All members as they were ranked, best first, with reasons.
    pub ranking: Option<Value>,
}

/// A member out of dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    pub account: String,
    pub since: UnixMs,
    pub until: Option<UnixMs>,
    pub reason: String,
    pub by: String,
}

impl Write<'_> {
    /// Writes the offers that a change has begun, moved or ended. The ranking stands in the line.
    pub(super) async fn keep_offers(
        &mut self,
        before: &Ticket,
        after: &Ticket,
        line: &LogEntry,
    ) -> Result<(), Error> {
        for entry in ledger::changes(&before.life, &after.life, line) {
            self.keep_offer(&after.id, &entry, line).await?;
        }
        Ok(())
    }

    async fn keep_offer(
        &mut self,
        ticket: &TicketId,
        entry: &Entry,
        line: &LogEntry,
    ) -> Result<(), Error> {
        let Entry { offer, part, replied, ended } = entry;
        let ms = |at: Option<UnixMs>| at.map(|at| at.0);
        let asked = line.detail["offer"].as_str() == Some(&offer.id);
        let ranking = line.detail.get("ranking").filter(|_| asked).map(Value::to_string);
        sqlx::query(
            "insert into offer (id, ticket, member, part, offered_ms, received_ms, acked_ms,
               on_scene_ms, replied_ms, ended_ms, outcome, reason, ranking)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (ticket, id) do update set received_ms = excluded.received_ms,
               acked_ms = excluded.acked_ms, on_scene_ms = excluded.on_scene_ms,
               replied_ms = excluded.replied_ms, ended_ms = excluded.ended_ms,
               outcome = excluded.outcome, reason = excluded.reason",
        )
        .bind(&offer.id)
        .bind(&ticket.0)
        .bind(&offer.member)
        .bind(part.as_str())
        .bind(offer.at.0)
        .bind(ms(offer.received))
        .bind(ms(offer.acked))
        .bind(ms(offer.on_scene))
        .bind(ms(*replied))
        .bind(ended.as_ref().map(|end| end.at.0))
        .bind(ended.as_ref().map(|end| end.outcome.as_str()))
        .bind(ended.as_ref().map(|end| end.reason.as_str()))
        .bind(ranking)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Every offer of a ticket, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn offers_of(&self, ticket: &TicketId) -> Result<Vec<Offered>, Error> {
        let rows = sqlx::query(
            "select id, member, part, offered_ms, received_ms, acked_ms, on_scene_ms, replied_ms,
               ended_ms, outcome, reason, ranking
             from offer
             where ticket = $1
             order by offered_ms, id",
        )
        .bind(&ticket.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(offered).collect()
    }

    /// The ticket that an order belongs, or belonged, to.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ticket_of_offer(&self, offer: &str) -> Result<Option<TicketId>, Error> {
        let row: Option<(String,)> =
            sqlx::query_as("select ticket from offer where id = $1 limit 1")
                .bind(offer)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(ticket,)| TicketId(ticket)))
    }

    /// All patrol members with what dispatch needs to know of them.
    ///
    /// # Errors
    /// What the database said.
    pub async fn candidates(&self, now: UnixMs) -> Result<Vec<Candidate>, Error> {
        let sql = format!("{CANDIDATE} order by name");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(now.plus_ms(-LATELY_MS).0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(candidate).collect()
    }

    /// The same of one member; none, if there is no such one any more.
    ///
    /// # Errors
    /// What the database said.
    pub async fn candidate(&self, name: &str, now: UnixMs) -> Result<Option<Candidate>, Error> {
        let sql = format!("{CANDIDATE} and name = $3");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.0)
            .bind(now.plus_ms(-LATELY_MS).0)
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(candidate).transpose()
    }

    /// What became of the latest offer of a ticket to each member.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tried(&self, ticket: &TicketId) -> Result<HashMap<String, Tried>, Error> {
        let mut tried = HashMap::new();
        for offer in self.offers_of(ticket).await? {
            let (member, outcome) = (offer.member, offer.outcome);
            match outcome.as_deref() {
                None => tried.insert(member, Tried::Asked),
                Some("refused") => tried.insert(member, Tried::Refused),
                Some("expired") => tried.insert(member, Tried::Expired),
                Some("withdrawn") => tried.insert(member, Tried::Withdrawn),
                // Who was done can be sent again, when the ticket is opened again.
                Some(_) => tried.remove(&member),
            };
        }
        Ok(tried)
    }

    /// Tickets for which somebody may have to be asked at `now`, most urgent and oldest first:
    /// those that wait for a member, those whose member does not answer, and emergencies whose
    /// member is on the way. That they are open is said for the sake of the index of open ones.
    ///
    /// # Errors
    /// What the database said.
    pub async fn wanting(&self, now: UnixMs) -> Result<Vec<Ticket>, Error> {
        let sql = format!(
            "{SELECT} where ticket.state not in ('dismissed', 'closed', 'archived')
               and ((ticket.state = 'confirmed' and ticket.category is not null)
                    or (ticket.state = 'offered' and clock_due_ms <= $1)
                    or ticket.state = 'accepted')
             order by ticket.severity, ticket.number
             limit 1000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0).fetch_all(&self.pool).await?;
        rows.iter().map(ticket).collect()
    }

    /// Takes a member out of dispatch; the same moment again changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn suspend(&self, of: &Suspension) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into suspension (account, since_ms, until_ms, reason, by_account)
             values ($1, $2, $3, $4, $5)
             on conflict (account, since_ms) do nothing",
        )
        .bind(&of.account)
        .bind(of.since.0)
        .bind(of.until.map(|at| at.0))
        .bind(&of.reason)
        .bind(&of.by)
        .execute(&mut *write.tx)
        .await?;
        write.changes_crew = true;
        write.commit().await
    }

    /// Puts a member back into dispatch. Returns whether he was out of it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn end_suspension(&self, account: &str, now: UnixMs) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update suspension set until_ms = $2
             where account = $1 and since_ms <= $2 and (until_ms is null or until_ms > $2)",
        )
        .bind(account)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.changes_crew = true;
        write.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Members out of dispatch at `now`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn suspended(&self, now: UnixMs) -> Result<Vec<Suspension>, Error> {
        let rows = sqlx::query(
            "select account, since_ms, until_ms, reason, by_account
             from suspension
             where since_ms <= $1 and (until_ms is null or until_ms > $1)
             order by account, since_ms",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let one = |row| {
            Ok(Suspension {
                account: get(row, "account")?,
                since: time(row, "since_ms")?,
                until: time_or_none(row, "until_ms")?,
                reason: get(row, "reason")?,
                by: get(row, "by_account")?,
            })
        };
        rows.iter().map(one).collect()
    }
}

fn offered(row: &sqlx::any::AnyRow) -> Result<Offered, Error> {
    let ranking = get::<Option<String>>(row, "ranking")?;
    Ok(Offered {
        id: get(row, "id")?,
        member: get(row, "member")?,
        part: get(row, "part")?,
        at: time(row, "offered_ms")?,
        received: time_or_none(row, "received_ms")?,
        acked: time_or_none(row, "acked_ms")?,
        on_scene: time_or_none(row, "on_scene_ms")?,
        replied: time_or_none(row, "replied_ms")?,
        ended: time_or_none(row, "ended_ms")?,
        outcome: get(row, "outcome")?,
        reason: get(row, "reason")?,
        ranking: ranking.map(|text| json(&text, "offer.ranking")).transpose()?,
    })
}

fn candidate(row: &sqlx::any::AnyRow) -> Result<Candidate, Error> {
    let count = |column| get::<i64>(row, column).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let signed_on = count("signed_on")? > 0;
    let (turn, gone) = (time_or_none(row, "turn_ms")?, time_or_none(row, "gone_ms")?);
    // Whoever signed on outside of a turn gave a reason, and works; whoever signed off has gone,
    // whatever the roster says.
    let on_shift = signed_on || turn.is_some_and(|turn| gone.is_none_or(|gone| gone < turn));
    Ok(Candidate {
        display: get(row, "display")?,
        on_shift,
        signed_on,
        suspended: count("suspended")? > 0,
        open_work: count("open_work")?,
        jobs: count("jobs")?,
        last_job: time_or_none(row, "last_job_ms")?,
        phone_online: None,
        tried: None,
        name: get(row, "name")?,
    })
}
