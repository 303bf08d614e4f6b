//! A ticket as a row: every fact in a column of its own, so that lists and people can query it.

use sqlx::Any;
use sqlx::any::AnyRow;
use sqlx::query::Query;

use super::event::Event;
use super::row::{get, json, needed, time, time_or_none, word};
use super::ticket::Taken;
use super::ticket_pause::{Column, clock_json, paused_json, request_json};
use super::{Error, Write};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::ticket::clocks::Running;
use crate::ticket::crew::Crew;
use crate::ticket::ladder::{Fired, Level};
use crate::ticket::life::{Closed, Dismissal, Life, Offer, Reply, Review, State, Verified};
use crate::ticket::{ClockName, Origin, Severity, Source, Ticket, TicketId};

/// A ticket with the facts of its first event.
pub(super) const SELECT: &str = "select ticket.id as ticket_id, number, version, source,
    ticket.camera as ticket_camera, ticket.camera_name as ticket_camera_name,
    ticket.rule_name as ticket_rule_name, ticket.text as ticket_text, seen_ms, last_fired_ms,
    ticket.severity as ticket_severity, ticket.category as ticket_category, proposed_category,
    ticket.place as ticket_place, count, late, state, claimed_by, verified_by, verified_ms, clock,
    clock_started_ms, clock_due_ms, clock_late, offers, offer, member, offered_ms, received_ms, acked_ms, on_scene_ms,
    disposition, reply_text, reply_photos, replied_ms, ended_by, ended_ms, dismissal,
    dismissal_reason, review_by, review_ms, review_items, review_note, review_score,
    clock_chain_ms, clock_moved_ms, clock_fired, policy, beside, request, paused, extensions,
    suspended_ms, parked_ms, reopened, archived_ms,
    event.id, event.camera, event.camera_name, event.place, event.rule, event.rule_name,
    event.kind, event.zone, event.class, event.score, event.dwell_ms, event.armed, event.track,
    event.x0, event.y0, event.x1, event.y1, event.severity, event.category, event.coalesce_ms,
    event.at_ms, event.ticket, event.facts, crew
  from ticket
  left join event on event.id = ticket.event";

pub(super) fn ticket(row: &AnyRow) -> Result<Ticket, Error> {
    Ok(Ticket {
        id: TicketId(get(row, "ticket_id")?),
        number: get(row, "number")?,
        version: get(row, "version")?,
        origin: origin(row)?,
        life: life(row)?,
    })
}

fn source(text: &str) -> Option<Source> {
    [Source::VideoAlarm, Source::OperatorPatrol].into_iter().find(|s| s.as_str() == text)
}

fn origin(row: &AnyRow) -> Result<Origin, Error> {
    let camera = CameraId::try_from(get::<String>(row, "ticket_camera")?.as_str())
        .map_err(|value| Error::Decode { what: "ticket.camera", value })?;
    let first = get::<Option<String>>(row, "id")?.map(|_| super::event::event(row)).transpose()?;
    let (reason, area) = first.map_or((None, None), |e| (Some(e.fired.reason), e.fired.area));
    Ok(Origin {
        source: word(&get::<String>(row, "source")?, "ticket.source", source)?,
        camera,
        camera_name: get(row, "ticket_camera_name")?,
        rule_name: get(row, "ticket_rule_name")?,
        reason,
        text: get(row, "ticket_text")?,
        area,
        at: time(row, "seen_ms")?,
    })
}

fn life(row: &AnyRow) -> Result<Life, Error> {
    let severity = get::<String>(row, "ticket_severity")?;
    let late = get::<String>(row, "late")?;
    let clock = |text: &str| word(text, "ticket.late", ClockName::parse);
    Ok(Life {
        severity: word(&severity, "ticket.severity", Severity::parse)?,
        category: get(row, "ticket_category")?,
        proposed_category: get(row, "proposed_category")?,
        place: get(row, "ticket_place")?,
        offers: u32::try_from(get::<i64>(row, "offers")?).unwrap_or(u32::MAX),
        count: u32::try_from(get::<i64>(row, "count")?).unwrap_or(u32::MAX),
        late: late.split_whitespace().map(clock).collect::<Result<_, _>>()?,
        crew: crew(&get::<String>(row, "crew")?)?,
        policy: get(row, "policy")?,
        beside: column(row, "beside", |column| column.clock())?,
        request: column(row, "request", |column| column.request())?,
        extensions: u32::try_from(get::<i64>(row, "extensions")?).unwrap_or(u32::MAX),
        suspended_ms: get(row, "suspended_ms")?,
        parked_ms: get(row, "parked_ms")?,
        reopened: u32::try_from(get::<i64>(row, "reopened")?).unwrap_or(u32::MAX),
        state: state(row)?,
    })
}

fn crew(kept: &str) -> Result<Crew, Error> {
    let strange = || Error::Decode { what: "ticket.crew", value: kept.to_owned() };
    Crew::parse(&json(kept, "ticket.crew")?).ok_or_else(strange)
}

/// A column of JSON, if it holds any.
fn column<T>(
    row: &AnyRow,
    name: &'static str,
    read: impl Fn(Column<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let Some(text) = get::<Option<String>>(row, name)? else { return Ok(None) };
    let value = json(&text, name)?;
    read(Column { name, value: &value }).map(Some)
}

fn running(row: &AnyRow) -> Result<Running, Error> {
    let name = needed(get::<Option<String>>(row, "clock")?, "ticket.clock")?;
    let started = time(row, "clock_started_ms")?;
    let mut fired = Fired::of_row(get(row, "clock_fired")?);
    if get::<i64>(row, "clock_late")? == 1 {
        fired = fired.with(Level::Late);
    }
    Ok(Running {
        name: word(&name, "ticket.clock", ClockName::parse)?,
        started,
        due: time(row, "clock_due_ms")?,
        chain: time_or_none(row, "clock_chain_ms")?.unwrap_or(started),
        moved_ms: get(row, "clock_moved_ms")?,
        fired,
    })
}

fn state(row: &AnyRow) -> Result<State, Error> {
    let name = get::<String>(row, "state")?;
    match name.as_str() {
        "dismissed" => Ok(State::Dismissed {
            by: needed(get(row, "ended_by")?, "ticket.ended_by")?,
            at: time(row, "ended_ms")?,
            dismissal: dismissal(row)?,
        }),
        "suspended" | "parked" => {
            let clock = running(row)?;
            let inside = |word: &str, clock| open_state(row, word, clock);
            let paused = column(row, "paused", |column| column.paused(clock, inside))?;
            Ok(State::Paused(Box::new(needed(paused, "ticket.paused")?)))
        }
        "closed" | "archived" => Ok(State::Closed(Box::new(Closed {
            verified: verified(row)?,
            offer: offer(row)?,
            reply: reply(row)?,
            by: needed(get(row, "ended_by")?, "ticket.ended_by")?,
            at: time(row, "ended_ms")?,
            review: review(row)?,
            archived: time_or_none(row, "archived_ms")?,
        }))),
        word => open_state(row, word, running(row)?),
    }
}

/// A state in which somebody works, with its clock.
fn open_state(row: &AnyRow, name: &str, clock: Running) -> Result<State, Error> {
    let (verified, offer) = (|| verified(row), || offer(row));
    Ok(match name {
        "new" => State::New { clock },
        "verifying" => {
            State::Verifying { by: needed(get(row, "claimed_by")?, "ticket.claimed_by")?, clock }
        }
        "confirmed" => State::Confirmed { verified: verified()?, clock },
        "offered" => State::Offered { verified: verified()?, offer: offer()?, clock },
        "accepted" => State::Accepted { verified: verified()?, offer: offer()?, clock },
        "on_scene" => State::OnScene { verified: verified()?, offer: offer()?, clock },
        "handled" => {
            State::Handled { verified: verified()?, offer: offer()?, reply: reply(row)?, clock }
        }
        _ => return Err(Error::Decode { what: "ticket.state", value: name.to_owned() }),
    })
}

fn verified(row: &AnyRow) -> Result<Verified, Error> {
    Ok(Verified {
        by: needed(get(row, "verified_by")?, "ticket.verified_by")?,
        at: time(row, "verified_ms")?,
    })
}

fn offer(row: &AnyRow) -> Result<Offer, Error> {
    Ok(Offer {
        id: needed(get(row, "offer")?, "ticket.offer")?,
        member: needed(get(row, "member")?, "ticket.member")?,
        at: time(row, "offered_ms")?,
        received: time_or_none(row, "received_ms")?,
        acked: time_or_none(row, "acked_ms")?,
        on_scene: time_or_none(row, "on_scene_ms")?,
    })
}

fn reply(row: &AnyRow) -> Result<Reply, Error> {
    let photos = needed(get::<Option<String>>(row, "reply_photos")?, "ticket.reply_photos")?;
    let photos = json(&photos, "ticket.reply_photos")?;
    Ok(Reply {
        disposition: needed(get(row, "disposition")?, "ticket.disposition")?,
        text: needed(get(row, "reply_text")?, "ticket.reply_text")?,
        photos: photos
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect(),
        at: time(row, "replied_ms")?,
    })
}

fn dismissal(row: &AnyRow) -> Result<Dismissal, Error> {
    let kind = needed(get::<Option<String>>(row, "dismissal")?, "ticket.dismissal")?;
    match kind.as_str() {
        "test" => Ok(Dismissal::Test),
        "false_alarm" => Ok(Dismissal::FalseAlarm {
            reason: needed(get(row, "dismissal_reason")?, "ticket.dismissal_reason")?,
        }),
        _ => Err(Error::Decode { what: "ticket.dismissal", value: kind }),
    }
}

fn review(row: &AnyRow) -> Result<Option<Review>, Error> {
    let Some(by) = get::<Option<String>>(row, "review_by")? else { return Ok(None) };
    let items = needed(get::<Option<String>>(row, "review_items")?, "ticket.review_items")?;
    let items = json(&items, "ticket.review_items")?;
    let pair = |pair: &serde_json::Value| {
        Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()))
    };
    Ok(Some(Review {
        by,
        at: time(row, "review_ms")?,
        items: items.as_array().into_iter().flatten().filter_map(pair).collect(),
        note: get::<Option<String>>(row, "review_note")?.unwrap_or_default(),
        score: get::<Option<i64>>(row, "review_score")?.and_then(|s| u8::try_from(s).ok()),
    }))
}

type Statement<'q> = Query<'q, Any, sqlx::any::AnyArguments>;

impl Write<'_> {
    /// Writes a new ticket.
    pub(super) async fn insert_ticket(
        &mut self,
        ticket: &Ticket,
        event: Option<&Event>,
    ) -> Result<(), Error> {
        let origin = &ticket.origin;
        let insert = sqlx::query(
            "insert into ticket (id, version, severity, category, place, count, late, state,
               claimed_by, verified_by, verified_ms, clock, clock_started_ms, clock_due_ms, offer,
               member, offered_ms, received_ms, acked_ms, on_scene_ms, disposition, reply_text,
               reply_photos, replied_ms, ended_by, ended_ms, dismissal, dismissal_reason,
               review_by, review_ms, review_items, review_note, review_score, number, source,
               camera, camera_name, rule, rule_name, event, text, seen_ms, last_fired_ms,
               proposed_category, clock_late, offers, crew, clock_chain_ms, clock_moved_ms,
               clock_fired, policy, beside, request, paused, extensions, suspended_ms, parked_ms,
               reopened, archived_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
               $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33,
               $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49,
               $50, $51, $52, $53, $54, $55, $56, $57, $58, $59)",
        );
        let insert = bind_life(insert, ticket)
            .bind(ticket.number)
            .bind(origin.source.as_str())
            .bind(origin.camera.as_str().to_owned())
            .bind(origin.camera_name.clone())
            .bind(origin.reason.as_ref().map_or(String::new(), |r| r.rule.clone()))
            .bind(origin.rule_name.clone())
            .bind(event.map(|e| e.id.clone()))
            .bind(origin.text.clone())
            .bind(origin.at.0)
            .bind(origin.at.0)
            .bind(ticket.life.proposed_category.clone())
            .bind(clock_late(ticket))
            .bind(i64::from(ticket.life.offers))
            .bind(ticket.life.crew.to_json().to_string());
        bind_time(insert, ticket).execute(&mut *self.tx).await?;
        Ok(())
    }

    /// Writes the next version of a ticket, if nobody did since it was loaded.
    pub(super) async fn update_ticket(
        &mut self,
        before: &Ticket,
        after: &Ticket,
    ) -> Result<(), Error> {
        let update = sqlx::query(
            "update ticket set version = $2, severity = $3, category = $4, place = $5, count = $6,
               late = $7, state = $8, claimed_by = $9, verified_by = $10, verified_ms = $11,
               clock = $12, clock_started_ms = $13, clock_due_ms = $14, offer = $15, member = $16,
               offered_ms = $17, received_ms = $18, acked_ms = $19, on_scene_ms = $20,
               disposition = $21, reply_text = $22, reply_photos = $23, replied_ms = $24,
               ended_by = $25, ended_ms = $26, dismissal = $27, dismissal_reason = $28,
               review_by = $29, review_ms = $30, review_items = $31, review_note = $32,
               review_score = $33, clock_late = $35, offers = $36, crew = $37,
               clock_chain_ms = $38, clock_moved_ms = $39, clock_fired = $40, policy = $41,
               beside = $42, request = $43, paused = $44, extensions = $45, suspended_ms = $46,
               parked_ms = $47, reopened = $48, archived_ms = $49
             where id = $1 and version = $34",
        );
        let update = bind_life(update, after)
            .bind(before.version)
            .bind(clock_late(after))
            .bind(i64::from(after.life.offers))
            .bind(after.life.crew.to_json().to_string());
        let done = bind_time(update, after).execute(&mut *self.tx).await?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        Err(Error::Conflict { ticket: before.id.0.clone(), version: before.version })
    }

    /// An event belongs to a ticket from now on.
    pub(super) async fn filed(&mut self, taken: Taken<'_>, ticket: &TicketId) -> Result<(), Error> {
        let event = taken.event;
        sqlx::query("update event set ticket = $2, joined = $3 where id = $1")
            .bind(&event.id)
            .bind(&ticket.0)
            .bind(taken.joined)
            .execute(&mut *self.tx)
            .await?;
        sqlx::query("update ticket set last_fired_ms = $2 where id = $1 and last_fired_ms < $2")
            .bind(&ticket.0)
            .bind(event.fired.at.0)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

fn clock_late(ticket: &Ticket) -> i64 {
    i64::from(ticket.life.state.clock().is_some_and(|clock| clock.is_late()))
}

/// Binds the twelve columns of migration 20.
fn bind_time<'q>(statement: Statement<'q>, ticket: &Ticket) -> Statement<'q> {
    let life = &ticket.life;
    let clock = life.state.clock();
    let paused = if let State::Paused(paused) = &life.state { Some(&**paused) } else { None };
    let archived =
        if let State::Closed(closed) = &life.state { closed.archived.map(|at| at.0) } else { None };
    statement
        .bind(clock.map(|clock| clock.chain.0))
        .bind(clock.map_or(0, |clock| clock.moved_ms))
        .bind(clock.map_or(0, |clock| clock.fired.to_row()))
        .bind(life.policy)
        .bind(life.beside.map(|clock| clock_json(&clock).to_string()))
        .bind(life.request.as_ref().map(|request| request_json(request).to_string()))
        .bind(paused.map(|paused| paused_json(paused).to_string()))
        .bind(i64::from(life.extensions))
        .bind(life.suspended_ms)
        .bind(life.parked_ms)
        .bind(i64::from(life.reopened))
        .bind(archived)
}

/// Binds $1 to $33: id, version and everything that acts can change.
fn bind_life<'q>(statement: Statement<'q>, ticket: &Ticket) -> Statement<'q> {
    let life = &ticket.life;
    let late: Vec<&str> = life.late.iter().map(|clock| clock.as_str()).collect();
    let statement = statement
        .bind(ticket.id.0.clone())
        .bind(ticket.version)
        .bind(life.severity.as_str())
        .bind(life.category.clone())
        .bind(life.place.clone())
        .bind(i64::from(life.count))
        .bind(late.join(" "))
        .bind(life.state.as_str());
    let statement = bind_work(statement, &life.state);
    let statement = bind_offer(statement, life.state.offer());
    let statement = bind_reply(statement, life.state.reply());
    bind_end(statement, &life.state)
}

/// $9 to $14: who looks, who confirmed, which clock runs.
fn bind_work<'q>(statement: Statement<'q>, state: &State) -> Statement<'q> {
    let claimed = if let State::Verifying { by, .. } = state { Some(by.clone()) } else { None };
    let clock = state.clock();
    statement
        .bind(claimed)
        .bind(state.verified().map(|v| v.by.clone()))
        .bind(state.verified().map(|v| v.at.0))
        .bind(clock.map(|c| c.name.as_str()))
        .bind(clock.map(|c| c.started.0))
        .bind(clock.map(|c| c.due.0))
}

/// $15 to $20.
fn bind_offer<'q>(statement: Statement<'q>, offer: Option<&Offer>) -> Statement<'q> {
    let ms = |time: Option<UnixMs>| time.map(|t| t.0);
    statement
        .bind(offer.map(|o| o.id.clone()))
        .bind(offer.map(|o| o.member.clone()))
        .bind(offer.map(|o| o.at.0))
        .bind(ms(offer.and_then(|o| o.received)))
        .bind(ms(offer.and_then(|o| o.acked)))
        .bind(ms(offer.and_then(|o| o.on_scene)))
}

/// $21 to $24.
fn bind_reply<'q>(statement: Statement<'q>, reply: Option<&Reply>) -> Statement<'q> {
    statement
        .bind(reply.map(|r| r.disposition.clone()))
        .bind(reply.map(|r| r.text.clone()))
        .bind(reply.map(|r| serde_json::json!(r.photos).to_string()))
        .bind(reply.map(|r| r.at.0))
}

/// $25 to $33: how it ended and what the reviewer said.
fn bind_end<'q>(statement: Statement<'q>, state: &State) -> Statement<'q> {
    let (mut ended, mut dismissal, mut review) = (None, None, None);
    if let State::Dismissed { by, at, dismissal: why } = state {
        (ended, dismissal) = (Some((by, at)), Some(why));
    }
    if let State::Closed(closed) = state {
        (ended, review) = (Some((&closed.by, &closed.at)), closed.review.as_ref());
    }
    let reason = match dismissal {
        Some(Dismissal::FalseAlarm { reason }) => Some(reason.clone()),
        Some(Dismissal::Test) | None => None,
    };
    let kind = dismissal.map(|d| if *d == Dismissal::Test { "test" } else { "false_alarm" });
    statement
        .bind(ended.map(|(by, _)| by.clone()))
        .bind(ended.map(|(_, at)| at.0))
        .bind(kind)
        .bind(reason)
        .bind(review.map(|r| r.by.clone()))
        .bind(review.map(|r| r.at.0))
        .bind(review.map(|r| serde_json::json!(r.items).to_string()))
        .bind(review.map(|r| r.note.clone()))
        .bind(review.and_then(|r| r.score).map(i64::from))
}
