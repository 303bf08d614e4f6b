//! Versions of reports, second reviews, objections.

use std::collections::BTreeMap;

use sqlx::any::AnyRow;

use super::row::{get, json, time, time_or_none};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::report::Week;
use crate::report::agreement::ReviewForm;
use crate::report::issue::{Issue, Signature};
use crate::report::month::{Answer, Objection};
use crate::ticket::TicketId;

/// A review by a second reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondReview {
    pub form: ReviewForm,
    pub note: String,
    pub at: UnixMs,
}

impl Store {
    /// Writes a version that nobody has written; false when there is one of this number already.
    ///
    /// # Errors
    /// What the database said.
    pub async fn add_issue(&self, issue: &Issue) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let changes = serde_json::to_string(&issue.changes).unwrap_or_default();
        let added = sqlx::query(
            "insert into issue (id, period, version, cut_off_ms, made_ms, made_by, log_sha256,
               changes)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (period, version) do nothing",
        )
        .bind(&issue.id)
        .bind(issue.week.to_string())
        .bind(issue.version)
        .bind(issue.cut_off.0)
        .bind(issue.made.0)
        .bind(&issue.made_by)
        .bind(&issue.log_sha256)
        .bind(changes)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(added.rows_affected() > 0)
    }

    /// Writes signatures and publication, if they are as `before` said; else somebody was faster.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sign_issue(&self, before: &Issue, after: &Issue) -> Result<bool, Error> {
        let part = |signature: &Option<Signature>| {
            signature.as_ref().map(|one| (one.by.clone(), one.at.0)).unzip()
        };
        let (leader, leader_ms) = part(&after.leader);
        let (director, director_ms) = part(&after.director);
        let (published_by, published_ms) = part(&after.published);
        let mut write = self.write().await?;
        let signed = sqlx::query(
            "update issue set leader = $2, leader_ms = $3, director = $4, director_ms = $5,
               published_by = $6, published_ms = $7
             where id = $1 and coalesce(leader_ms, 0) = $8 and coalesce(director_ms, 0) = $9
               and coalesce(published_ms, 0) = $10",
        )
        .bind(&after.id)
        .bind(leader)
        .bind(leader_ms)
        .bind(director)
        .bind(director_ms)
        .bind(published_by)
        .bind(published_ms)
        .bind(part(&before.leader).1.unwrap_or(0))
        .bind(part(&before.director).1.unwrap_or(0))
        .bind(part(&before.published).1.unwrap_or(0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(signed.rows_affected() > 0)
    }

    /// All versions, newest week first, newest version first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn issues(&self) -> Result<Vec<Issue>, Error> {
        sqlx::query(
            "select id, period, version, cut_off_ms, made_ms, made_by, log_sha256, changes, leader,
               leader_ms, director, director_ms, published_by, published_ms
             from issue
             order by period desc, version desc",
        )
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(issue)
        .collect()
    }

    /// Keeps a second review; false when this reviewer has made one of this ticket.
    ///
    /// # Errors
    /// What the database said.
    pub async fn add_second_review(&self, review: &SecondReview) -> Result<bool, Error> {
        let items = serde_json::to_string(&review.form.items).unwrap_or_default();
        let mut write = self.write().await?;
        let added = sqlx::query(
            "insert into second_review (ticket, reviewer, at_ms, items, note, score)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (ticket, reviewer) do nothing",
        )
        .bind(&review.form.ticket.0)
        .bind(&review.form.reviewer)
        .bind(review.at.0)
        .bind(items)
        .bind(&review.note)
        .bind(review.form.score.map(i64::from))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(added.rows_affected() > 0)
    }

    /// Second reviews before a moment, by ticket and reviewer.
    ///
    /// # Errors
    /// What the database said.
    pub async fn second_reviews(&self, before: UnixMs) -> Result<Vec<SecondReview>, Error> {
        sqlx::query(
            "select ticket, reviewer, at_ms, items, note, score
             from second_review
             where at_ms < $1
             order by ticket, reviewer",
        )
        .bind(before.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(second_review)
        .collect()
    }

    /// Keeps an objection.
    ///
    /// # Errors
    /// What the database said.
    pub async fn add_objection(&self, objection: &Objection) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into objection (id, author, about, ticket, text, at_ms)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&objection.id)
        .bind(&objection.person)
        .bind(&objection.about)
        .bind(objection.ticket)
        .bind(&objection.text)
        .bind(objection.at.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Answers an objection that is open; false when there is no such one.
    ///
    /// # Errors
    /// What the database said.
    pub async fn answer_objection(&self, id: &str, answer: &Answer) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let answered = sqlx::query(
            "update objection set answer = $2, answered_by = $3, answered_ms = $4
             where id = $1 and answer is null",
        )
        .bind(id)
        .bind(&answer.text)
        .bind(&answer.by)
        .bind(answer.at.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(answered.rows_affected() > 0)
    }

    /// Objections about a period, by time.
    ///
    /// # Errors
    /// What the database said.
    pub async fn objections(&self, about: &str) -> Result<Vec<Objection>, Error> {
        sqlx::query(
            "select id, author, about, ticket, text, at_ms, answer, answered_by, answered_ms
             from objection
             where about = $1
             order by at_ms, id",
        )
        .bind(about)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(objection)
        .collect()
    }

    /// Photos of `[start, end)` whose bytes were sent for more than one ticket: hash -> tickets.
    ///
    /// # Errors
    /// What the database said.
    pub async fn photos_again(
        &self,
        start: UnixMs,
        end: UnixMs,
    ) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let rows = sqlx::query(
            "select distinct sha256, ticket
             from evidence
             where kind = 'photo' and ticket is not null and sha256 in
               (select sha256 from evidence
                where kind = 'photo' and created_ms >= $1 and created_ms < $2
                group by sha256
                having count(distinct ticket) > 1)
             order by sha256, ticket",
        )
        .bind(start.0)
        .bind(end.0)
        .fetch_all(&self.pool)
        .await?;
        let mut photos: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &rows {
            photos.entry(get(row, "sha256")?).or_default().push(get(row, "ticket")?);
        }
        Ok(photos)
    }
}

fn issue(row: &AnyRow) -> Result<Issue, Error> {
    let period: String = get(row, "period")?;
    let week = Week::parse(&period)
        .map_err(|_| Error::Decode { what: "issue.period", value: period.clone() })?;
    let signature = |by: &'static str, at: &'static str| -> Result<Option<Signature>, Error> {
        let by: Option<String> = get(row, by)?;
        Ok(by.zip(time_or_none(row, at)?).map(|(by, at)| Signature { by, at }))
    };
    let changes = json(&get::<String>(row, "changes")?, "issue.changes")?;
    let bad = |_| Error::Decode { what: "issue.changes", value: period };
    Ok(Issue {
        id: get(row, "id")?,
        week,
        version: get(row, "version")?,
        cut_off: time(row, "cut_off_ms")?,
        made: time(row, "made_ms")?,
        made_by: get(row, "made_by")?,
        log_sha256: get(row, "log_sha256")?,
        leader: signature("leader", "leader_ms")?,
        director: signature("director", "director_ms")?,
        published: signature("published_by", "published_ms")?,
        changes: serde_json::from_value(changes).map_err(bad)?,
    })
}

fn second_review(row: &AnyRow) -> Result<SecondReview, Error> {
    let items = json(&get::<String>(row, "items")?, "second_review.items")?;
    let bad = |_| Error::Decode { what: "second_review.items", value: String::new() };
    let score: Option<i64> = get(row, "score")?;
    Ok(SecondReview {
        form: ReviewForm {
            ticket: TicketId(get(row, "ticket")?),
            reviewer: get(row, "reviewer")?,
            items: serde_json::from_value(items).map_err(bad)?,
            score: score.and_then(|score| u8::try_from(score).ok()),
        },
        note: get(row, "note")?,
        at: time(row, "at_ms")?,
    })
}

fn objection(row: &AnyRow) -> Result<Objection, Error> {
    let text: Option<String> = get(row, "answer")?;
    let answered = text.zip(get(row, "answered_by")?).zip(time_or_none(row, "answered_ms")?);
    Ok(Objection {
        id: get(row, "id")?,
        person: get(row, "author")?,
        about: get(row, "about")?,
        ticket: get(row, "ticket")?,
        text: get(row, "text")?,
        at: time(row, "at_ms")?,
        answer: answered.map(|((text, by), at)| Answer { by, at, text }),
    })
}
