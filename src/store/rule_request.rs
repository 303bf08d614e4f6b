//! What is asked of rules, who decided it, and which rules are shelved.

use sqlx::any::AnyRow;

use super::row::{get, needed, time, time_or_none};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::event::Fired;
use crate::event::shelf::{Cost, Deed, Request, Ruling, Wish};

const COLUMNS: &str = "id, camera, rule, kind, word, lines, for_ms, missed, confirmed, avoided,
    false_alarms, reason, asked_by, asked_ms, decision, decided_by, decided_ms, decided_why,
    until_ms, ended_by, ended_ms, ended_why,
    (select count(*) from event where event.shelf = rule_request.id) as fired";

impl Store {
    /// Writes down what is asked, unless the same is asked of the rule already or, for a shelving,
    /// the rule is shelved. Whether it was written.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ask_of_rule(&self, request: &Request) -> Result<bool, Error> {
        let (for_ms, lines) = match &request.wish {
            Wish::Shelve { for_ms } => (*for_ms, ""),
            Wish::Change { lines } => (0, lines.as_str()),
        };
        let cost = request.cost;
        let mut write = self.write().await?;
        // Two people who ask at once on PostgreSQL may both be heard; each is decided for itself,
        // and a second approval of a shelving finds the rule shelved.
        let done = sqlx::query(
            "insert into rule_request (id, camera, rule, kind, word, lines, for_ms, missed,
               confirmed, avoided, false_alarms, reason, asked_by, asked_ms)
             select $1, $2, $3, $4, $5, $6, cast($7 as bigint), cast($8 as bigint),
               cast($9 as bigint), cast($10 as bigint), cast($11 as bigint), $12, $13,
               cast($14 as bigint)
             where not exists (
               select 1 from rule_request
               where camera = $2 and rule = $3 and kind = $4
                 and (decision is null
                   or (decision = 'approved' and ended_ms is null and until_ms > $14)))",
        )
        .bind(&request.id)
        .bind(&request.camera)
        .bind(&request.rule)
        .bind(request.wish.as_str())
        .bind(&request.word)
        .bind(lines)
        .bind(for_ms)
        .bind(i64::from(cost.missed))
        .bind(i64::from(cost.confirmed))
        .bind(i64::from(cost.avoided))
        .bind(i64::from(cost.false_alarms))
        .bind(&request.asked.why)
        .bind(&request.asked.by)
        .bind(request.asked.at.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Commits what somebody does about a request, if it still stands as it was read. Whether it
    /// did. The statement itself keeps who asked from approving.
    ///
    /// # Errors
    /// What the database said.
    pub async fn rule_on_request(
        &self,
        request: &Request,
        ruling: Ruling,
        deed: &Deed,
    ) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let (decision, until) = match ruling {
            Ruling::Approve => ("approved", request.until_if_approved(deed.at)),
            Ruling::Refuse => ("refused", None),
            Ruling::End => return write.end_shelving(&request.id, deed).await,
        };
        let done = sqlx::query(
            "update rule_request
             set decision = $2, decided_by = $3, decided_ms = $4, decided_why = $5, until_ms = $6
             where id = $1 and decision is null and ($2 = 'refused' or asked_by <> $3)",
        )
        .persistent(false)
        .bind(&request.id)
        .bind(decision)
        .bind(&deed.by)
        .bind(deed.at.0)
        .bind(&deed.why)
        .bind(until.map(|until| until.0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// One request.
    ///
    /// # Errors
    /// What the database said.
    pub async fn rule_request(&self, id: &str) -> Result<Option<Request>, Error> {
        let sql = format!("select {COLUMNS} from rule_request where id = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
        query.fetch_optional(&self.pool).await?.as_ref().map(request).transpose()
    }

    /// Requests that wait, rules that are shelved, and what was asked since; newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn rule_requests(&self, since: UnixMs) -> Result<Vec<Request>, Error> {
        let sql = format!(
            "select {COLUMNS} from rule_request
             where decision is null or asked_ms >= $1 or until_ms > $1
             order by asked_ms desc, id desc"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since.0);
        query.fetch_all(&self.pool).await?.iter().map(request).collect()
    }

    /// Rules that are shelved at `now`, the first to come back first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn shelved_rules(&self, now: UnixMs) -> Result<Vec<Request>, Error> {
        let sql = format!(
            "select {COLUMNS} from rule_request
             where decision = 'approved' and ended_ms is null and until_ms > $1
             order by until_ms, id"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0);
        query.fetch_all(&self.pool).await?.iter().map(request).collect()
    }
}

impl Write<'_> {
    async fn end_shelving(mut self, id: &str, deed: &Deed) -> Result<bool, Error> {
        let done = sqlx::query(
            "update rule_request
             set ended_by = $2, ended_ms = $3, ended_why = $4
             where id = $1 and decision = 'approved' and ended_ms is null and until_ms > $3",
        )
        .bind(id)
        .bind(&deed.by)
        .bind(deed.at.0)
        .bind(&deed.why)
        .execute(&mut *self.tx)
        .await?;
        self.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The request under which the rule was shelved when this was seen.
    pub(super) async fn shelf_of(&mut self, fired: &Fired) -> Result<Option<String>, Error> {
        let found: Option<(String,)> = sqlx::query_as(
            "select id from rule_request
             where camera = $1 and rule = $2 and decision = 'approved'
               and decided_ms <= $3 and until_ms > $3 and (ended_ms is null or ended_ms > $3)
             order by decided_ms
             limit 1",
        )
        .bind(fired.camera.as_str())
        .bind(&fired.reason.rule)
        .bind(fired.at.0)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(found.map(|(id,)| id))
    }
}

fn request(row: &AnyRow) -> Result<Request, Error> {
    let kind: String = get(row, "kind")?;
    let wish = match kind.as_str() {
        "shelve" => Wish::Shelve { for_ms: get(row, "for_ms")? },
        "change" => Wish::Change { lines: get(row, "lines")? },
        _ => return Err(Error::Decode { what: "rule_request.kind", value: kind }),
    };
    let count = |name| Ok::<_, Error>(u32::try_from(get::<i64>(row, name)?).unwrap_or(u32::MAX));
    let decided = deed(row, ["decided_by", "decided_ms", "decided_why"])?;
    let decision: Option<String> = get(row, "decision")?;
    let approved = decision.as_deref() == Some("approved");
    let (approved, refused) = if approved { (decided, None) } else { (None, decided) };
    Ok(Request {
        id: get(row, "id")?,
        camera: get(row, "camera")?,
        rule: get(row, "rule")?,
        wish,
        word: get(row, "word")?,
        cost: Cost {
            missed: count("missed")?,
            confirmed: count("confirmed")?,
            avoided: count("avoided")?,
            false_alarms: count("false_alarms")?,
        },
        asked: Deed {
            by: get(row, "asked_by")?,
            at: time(row, "asked_ms")?,
            why: get(row, "reason")?,
        },
        refused,
        approved,
        until: time_or_none(row, "until_ms")?,
        ended: deed(row, ["ended_by", "ended_ms", "ended_why"])?,
        fired: get(row, "fired")?,
    })
}

fn deed(row: &AnyRow, [by, at, why]: [&'static str; 3]) -> Result<Option<Deed>, Error> {
    let Some(by) = get::<Option<String>>(row, by)? else { return Ok(None) };
    let at = needed(time_or_none(row, at)?, "rule_request.decided_ms")?;
    Ok(Some(Deed { by, at, why: get::<Option<String>>(row, why)?.unwrap_or_default() }))
}
