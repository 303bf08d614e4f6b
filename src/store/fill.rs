//! Rows for measurements: many tickets at once, as a centre has them after years.

use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::log::LogEntry;

/// Tickets a transaction.
const CHUNK: i64 = 20_000;
/// Closed tickets that wait for a review.
const UNREVIEWED: i64 = 300;
/// Open tickets were seen ten minutes ago; those that have not run out do in an hour.
const SEEN_BEFORE_MS: i64 = 600_000;
const DUE_AFTER_MS: i64 = 3_600_000;

/// How a store is filled.
#[derive(Clone, Copy, Debug)]
pub struct Filling {
    /// Closed, or dismissed, tickets.
    pub over: i64,
    /// Open ones that nobody has looked at yet.
    pub open: i64,
    /// Of those, with a clock that has run out and is not marked.
    pub overdue: i64,
    /// The past that they are spread over, ms.
    pub past_ms: i64,
}

/// Every third is a false alarm; the others have gone the whole way, the last 300 are not reviewed.
const OVER: &str = "with recursive n(i) as (select cast($1 as bigint) union all
    select i + 1 from n where i < $2),
  t(i, seen, closed, reviewed) as (
    select i, cast($3 as bigint) + i * cast($4 as bigint), case when i % 3 = 0 then 0 else 1 end,
      case when i < cast($5 as bigint) then 1 else 0 end from n)
  insert into ticket (id, number, version, source, camera, camera_name, rule, rule_name, event,
    seen_ms, last_fired_ms, severity, category, proposed_category, place, count, late, state,
    verified_by, verified_ms, clock_late, offers, offer, member, offered_ms, received_ms, acked_ms,
    on_scene_ms, disposition, reply_text, reply_photos, replied_ms, ended_by, ended_ms, dismissal,
    dismissal_reason, review_by, review_ms, review_items, review_note, review_score)
  select 't' || cast(i as text), i, case closed when 1 then 5 else 2 end, 'video_alarm',
    'c' || cast(i % 60 as text), 'camera', 'night', 'night', 'e' || cast(i as text),
    seen, seen, 'S3', case closed when 1 then 'intrusion' end, 'intrusion', 'east gate', 1, '',
    case closed when 1 then 'closed' else 'dismissed' end,
    case closed when 1 then 'op1' end, case closed when 1 then seen + 30000 end, 0, closed,
    case closed when 1 then 'o' || cast(i as text) end,
    case closed when 1 then 'm' || cast(i % 50 as text) end,
    case closed when 1 then seen + 60000 end, case closed when 1 then seen + 61000 end,
    case closed when 1 then seen + 90000 end, case closed when 1 then seen + 400000 end,
    case closed when 1 then 'resolved_on_scene' end,
    case closed when 1 then 'looked at the place, nobody there' end,
    case closed when 1 then '[]' end, case closed when 1 then seen + 900000 end,
    'op2', seen + case closed when 1 then 1200000 else 40000 end,
    case closed when 0 then 'false_alarm' end, case closed when 0 then 'animal' end,
    case closed * reviewed when 1 then 'zhao' end,
    case closed * reviewed when 1 then seen + 90000000 end,
    case closed * reviewed when 1 then '[]' end, case closed * reviewed when 1 then '' end,
    case closed * reviewed when 1 then 80 end
  from t";

const OPEN: &str = "with recursive n(i) as (select cast($1 as bigint) union all
    select i + 1 from n where i < $2)
  insert into ticket (id, number, version, source, camera, camera_name, rule, rule_name, event,
    seen_ms, last_fired_ms, severity, proposed_category, place, count, late, state, clock,
    clock_started_ms, clock_due_ms, clock_late, offers)
  select 't' || cast(i as text), i, 1, 'video_alarm', 'c' || cast(i % 60 as text), 'camera',
    'night', 'night', 'e' || cast(i as text), cast($3 as bigint), cast($3 as bigint), 'S3',
    'intrusion', 'east gate', 1, '', 'new', 'verify', cast($3 as bigint),
    case when i < cast($4 as bigint) then cast($3 as bigint) + 300000
         else cast($5 as bigint) + i end, 0, 0
  from n";

const LOG: &str =
    "insert into ticket_log (ticket, version, number, at_ms, actor, role, input, detail)
  select ticket.id, step.version, number, seen_ms + step.after_ms,
    case step.version when 1 then 'system' else 'op1' end,
    case step.version when 1 then 'system' else 'operator' end,
    case when step.version = 2 and state = 'dismissed' then 'false_alarm' else step.input end, '{}'
  from ticket
  join (select 1 as version, 0 as after_ms, 'open' as input
        union all select 2, 30000, 'confirm' union all select 3, 60000, 'dispatch'
        union all select 4, 90000, 'ack' union all select 5, 1200000, 'check_pass') step
    on step.version <= ticket.version
  where number >= $1 and number <= $2";

const EVENTS: &str = "insert into event (id, camera, camera_name, place, rule, rule_name, kind, zone,
    class, score, dwell_ms, armed, severity, category, coalesce_ms, at_ms, created_ms, ticket, facts)
  select event, camera, camera_name, place, rule, rule_name, 'zone_object', 'yard', 'person', 0.9,
    1500, '22:00-06:00', severity, proposed_category, 60000, seen_ms, seen_ms, id, '{}'
  from ticket
  where number >= $1 and number <= $2";

const STILLS: &str = "insert into evidence (id, event, kind, path, mime, sha256, bytes, taken_ms,
    created_ms, created_by)
  select 's' || cast(number as text), event, 'snapshot', 'evidence/none.jpg', 'image/jpeg', '', 0,
    seen_ms, seen_ms, 'system'
  from ticket
  where number >= $1 and number <= $2";

impl Store {
    /// Fills an empty store; `step` is told how many tickets are in.
    ///
    /// # Errors
    /// What the database said.
    pub async fn fill(
        &self,
        filling: Filling,
        now: UnixMs,
        mut step: impl FnMut(i64) + Send,
    ) -> Result<(), Error> {
        let Filling { over, open, overdue, past_ms } = filling;
        let begin = now.plus_ms(-past_ms).0;
        let apart_ms = past_ms / (over + open).max(1);
        let mut first = 1;
        while first <= over {
            let last = (first + CHUNK - 1).min(over);
            let mut write = self.write().await?;
            let query = sqlx::query(OVER).bind(first).bind(last).bind(begin).bind(apart_ms);
            query.bind(over - UNREVIEWED).execute(&mut *write.tx).await?;
            write.fill_around((first, last)).await?;
            write.commit().await?;
            step(last);
            first = last + 1;
        }
        self.fill_more(open, overdue, now).await
    }

    /// Fills an empty store with tickets 1 to `n`, `apart_ms` apart from `begin` on, whose logs are
    /// `lines`; their ids are `t1`, `t2` and so on.
    ///
    /// # Errors
    /// What the database said.
    pub async fn fill_stories(
        &self,
        (begin, apart_ms): (UnixMs, i64),
        n: i64,
        lines: &[LogEntry],
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        let query = sqlx::query(OVER).bind(1_i64).bind(n).bind(begin.0).bind(apart_ms);
        query.bind(n).execute(&mut *write.tx).await?;
        for line in lines {
            write.append(line).await?;
        }
        write.commit().await
    }

    /// Adds open tickets behind those that are there.
    ///
    /// # Errors
    /// What the database said.
    pub async fn fill_more(&self, open: i64, overdue: i64, now: UnixMs) -> Result<(), Error> {
        if open == 0 {
            return Ok(());
        }
        let mut write = self.write().await?;
        let (last,): (i64,) = sqlx::query_as("select coalesce(max(number), 0) from ticket")
            .fetch_one(&mut *write.tx)
            .await?;
        let numbers = (last + 1, last + open);
        let query = sqlx::query(OPEN).bind(numbers.0).bind(numbers.1);
        let query = query.bind(now.plus_ms(-SEEN_BEFORE_MS).0).bind(numbers.0 + overdue);
        query.bind(now.plus_ms(DUE_AFTER_MS).0).execute(&mut *write.tx).await?;
        write.fill_around(numbers).await?;
        write.commit().await
    }
}

impl Write<'_> {
    /// What belongs to tickets with these numbers.
    async fn fill_around(&mut self, (first, last): (i64, i64)) -> Result<(), Error> {
        for statement in [LOG, EVENTS, STILLS, DEADLINES] {
            sqlx::query(statement).bind(first).bind(last).execute(&mut *self.tx).await?;
        }
        sqlx::query(
            "insert into counter (name, value) values ('ticket', $1)
             on conflict (name) do update set value = excluded.value",
        )
        .bind(last)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

/// The next step of every clock that runs: the reminder at half of its time.
const DEADLINES: &str = "insert into deadline (ticket, clock, from_ms, level, percent, due_ms)
  select id, clock, clock_started_ms, 'reminder_1', 50, (clock_started_ms + clock_due_ms) / 2
  from ticket
  where number between $1 and $2 and clock is not null";
