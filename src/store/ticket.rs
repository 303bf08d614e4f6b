//! Tickets: loading, the one way of changing them, and the lists that screens show.

use super::answer::Answered;
use super::deadline::Marks;
use super::event::Event;
use super::outbox::Outgoing;
use super::ticket_row::{SELECT, ticket};
use super::{Error, Store, Write, next_number};
use crate::clock::UnixMs;
use crate::ticket::ladder::Deadline;
use crate::ticket::life::Life;
use crate::ticket::log::LogEntry;
use crate::ticket::{Origin, Ticket, TicketId};

/// One change, all of it or nothing.
#[derive(Debug)]
pub struct Change<'a> {
    pub before: &'a Ticket,
    pub after: &'a Ticket,
    pub line: &'a LogEntry,
    pub messages: &'a [Outgoing],
    /// The answer of a phone that caused it.
    pub answer: Option<&'a Answered>,
    /// The event that joined.
    pub event: Option<Taken<'a>>,
    /// What it does to the due times.
    pub marks: Marks,
}

/// An event that a ticket takes.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    pub event: &'a Event,
    /// Why it joined, a word of `ticket/filing.rs`; none for the first of its ticket.
    pub joined: Option<&'static str>,
}

/// A ticket that is being filed.
#[derive(Debug)]
pub struct Filing {
    pub id: TicketId,
    pub origin: Origin,
    pub life: Life,
    pub event: Option<Event>,
    /// The due times that wait from now on.
    pub next: Vec<Deadline>,
}

impl Store {
    /// Files a new ticket with the first line of its log. `line` and `messages` are made from the
    /// ticket with its number.
    ///
    /// # Errors
    /// What the database said; then nothing is filed.
    pub async fn file(
        &self,
        filing: Filing,
        now: UnixMs,
        facts: impl Fn(&Ticket) -> (LogEntry, Vec<Outgoing>) + Send,
    ) -> Result<Ticket, Error> {
        let mut write = self.write().await?;
        let ticket = file_in(&mut write, filing, now, facts).await?;
        write.commit().await?;
        Ok(ticket)
    }

    /// Commits a change by which a ticket loses a firing, and files that as a ticket of its own.
    ///
    /// # Errors
    /// As [`Self::commit`] and [`Self::file`]; then neither has happened.
    pub async fn separate(
        &self,
        change: Change<'_>,
        filing: Filing,
        now: UnixMs,
        facts: impl Fn(&Ticket) -> (LogEntry, Vec<Outgoing>) + Send,
    ) -> Result<Ticket, Error> {
        let mut write = self.write().await?;
        write.update_ticket(change.before, change.after).await?;
        write.append(change.line).await?;
        write.mark((&change.after.id, change.after.version), &change.marks, now).await?;
        let ticket = file_in(&mut write, filing, now, facts).await?;
        write.commit().await?;
        Ok(ticket)
    }

    /// Commits one change: state, log line, messages, answer and event together.
    ///
    /// # Errors
    /// `Conflict` when somebody changed the ticket since it was loaded, or what the database said.
    pub async fn commit(&self, change: Change<'_>, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        write.update_ticket(change.before, change.after).await?;
        write.append(change.line).await?;
        write.keep_offers(change.before, change.after, change.line).await?;
        for out in change.messages {
            match out.hold {
                Some(until) => write.hold(out, until, now).await?,
                None if write.was_held(out).await? => {}
                None => {
                    write.send(out, now).await?;
                }
            }
        }
        if let Some(answer) = change.answer {
            write.remember(answer, now).await?;
        }
        if let Some(event) = change.event {
            write.filed(event, &change.after.id).await?;
        }
        write.mark((&change.after.id, change.after.version), &change.marks, now).await?;
        write.commit().await
    }

    /// Remembers an answer that changed nothing, with what is said back to the phone.
    ///
    /// # Errors
    /// What the database said.
    pub async fn commit_answer(
        &self,
        answer: &Answered,
        messages: &[Outgoing],
        now: UnixMs,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        write.remember(answer, now).await?;
        for out in messages {
            write.send(out, now).await?;
        }
        write.commit().await
    }

    /// One ticket.
    ///
    /// # Errors
    /// What the database said, or a row that is not a ticket.
    pub async fn ticket(&self, id: &TicketId) -> Result<Option<Ticket>, Error> {
        let sql = format!("{SELECT} where ticket.id = $1");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(&id.0)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(ticket)
            .transpose()
    }

    /// Who filed a ticket; nobody in person when a rule did.
    ///
    /// # Errors
    /// What the database said.
    pub async fn reporter(&self, id: &TicketId) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as(
            "select actor from ticket_log where ticket = $1 and version = 1 and role <> 'system'",
        )
        .bind(&id.0)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(actor,)| actor))
    }

    /// The ticket that an event was filed in.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ticket_of_event(&self, event: &str) -> Result<Option<Ticket>, Error> {
        let sql = format!(
            "{SELECT} where ticket.id = (select filed.ticket from event filed where filed.id = $1)"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(event)
            .fetch_optional(&self.pool)
            .await?
            .as_ref()
            .map(ticket)
            .transpose()
    }

    /// The ticket of a number.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ticket_with_number(&self, number: i64) -> Result<Option<Ticket>, Error> {
        Ok(self.tickets("where ticket.number = $1", number, 1).await?.pop())
    }

    /// The newest thousand open tickets, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_tickets(&self) -> Result<Vec<Ticket>, Error> {
        let open = "where state not in ('dismissed', 'closed', 'archived') and ticket.number > $1
                    order by ticket.number desc";
        let mut tickets = self.tickets(open, 0, 1000).await?;
        tickets.reverse();
        Ok(tickets)
    }

    /// Tickets that went furthest last: dismissed, closed or with a patrol, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn recent_tickets(&self, most: i64) -> Result<Vec<Ticket>, Error> {
        let done = "where state not in ('new', 'verifying', 'confirmed') and ticket.number > $1
                    order by ticket.number desc";
        self.tickets(done, 0, most).await
    }

    /// Closed tickets without a review, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn unreviewed_tickets(&self) -> Result<Vec<Ticket>, Error> {
        let waiting =
            "where state in ('closed', 'archived') and review_ms is null and ticket.number > $1
                       order by ticket.number";
        self.tickets(waiting, 0, 1000).await
    }

    /// Tickets with an order at this member, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tickets_of_member(&self, member: &str) -> Result<Vec<Ticket>, Error> {
        let sql = format!(
            "{SELECT} where ticket.state in ('offered', 'accepted', 'on_scene', 'handled',
                 'suspended', 'parked')
               and ticket.id in (select offer.ticket from offer
                                 where offer.member = $1 and offer.ended_ms is null)
             order by offered_ms, ticket.number"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(member)
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(ticket)
            .collect()
    }

    /// The newest undecided observations of a camera that have fired since a moment, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn undecided(&self, camera: &str, since: UnixMs) -> Result<Vec<Ticket>, Error> {
        let sql = format!(
            "{SELECT} where ticket.camera = $1 and last_fired_ms >= $2
               and state in ('new', 'verifying')
             order by ticket.number desc
             limit 20"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(camera)
            .bind(since.0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(ticket).collect()
    }

    /// The version and the last actor of a ticket, for the message to whoever came second.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_act(&self, id: &TicketId) -> Result<Option<(i64, String)>, Error> {
        Ok(sqlx::query_as(
            "select version, actor from ticket_log where ticket = $1 order by version desc limit 1",
        )
        .bind(&id.0)
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The version that a person last made of a ticket, and who; what the daemon did is left out.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_act_of_a_person(
        &self,
        id: &TicketId,
    ) -> Result<Option<(i64, String)>, Error> {
        Ok(sqlx::query_as(
            "select version, actor
             from ticket_log
             where ticket = $1 and role <> 'system'
             order by version desc
             limit 1",
        )
        .bind(&id.0)
        .fetch_optional(&self.pool)
        .await?)
    }

    async fn tickets(&self, rest: &str, value: i64, most: i64) -> Result<Vec<Ticket>, Error> {
        let sql = format!("{SELECT} {rest} limit $2");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(value)
            .bind(most)
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(ticket)
            .collect()
    }
}

/// Files a ticket within a transaction.
async fn file_in(
    write: &mut Write<'_>,
    filing: Filing,
    now: UnixMs,
    facts: impl Fn(&Ticket) -> (LogEntry, Vec<Outgoing>) + Send,
) -> Result<Ticket, Error> {
    let number = next_number(&mut write.tx, "ticket").await?;
    let Filing { id, origin, life, event, next } = filing;
    let ticket = Ticket { id, number, version: 1, origin, life };
    write.insert_ticket(&ticket, event.as_ref()).await?;
    let (line, messages) = facts(&ticket);
    write.append(&line).await?;
    if let Some(event) = &event {
        write.filed(Taken { event, joined: None }, &ticket.id).await?;
    }
    write.wait_for(&ticket.id, &next, now).await?;
    for out in &messages {
        write.send(out, now).await?;
    }
    Ok(ticket)
}
