//! Versions of the rules: proposed by one, approved by another, kept for ever.

use sqlx::any::AnyRow;

use super::row::{get, time, time_or_none};
use super::{Error, Store, next_number};
use crate::clock::UnixMs;
use crate::config::policy::Rules;
use crate::ticket::Actor;

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: i64,
    /// The rule file as it was proposed.
    pub text: String,
    pub sha256: String,
    pub reason: String,
    pub author: String,
    pub proposed: UnixMs,
    /// It holds from here on, once it is approved.
    pub starts: UnixMs,
    pub decision: Option<Decision>,
}

/// What somebody else decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub approved: bool,
    pub by: String,
    pub at: UnixMs,
    pub why: String,
}

/// A version that is proposed.
#[derive(Clone, Copy, Debug)]
pub struct Proposed<'a> {
    pub text: &'a str,
    pub reason: &'a str,
    pub starts: UnixMs,
}

/// Why a version was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    Unknown,
    /// Somebody was first.
    Decided,
    /// Who proposed it does not approve it.
    Own,
}

const SELECT: &str = "select number, rules, sha256, reason, author, proposed_ms, starts_ms,
    decision, decided_by, decided_ms, decided_why
  from policy_version";

impl Store {
    /// Every version, the newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn policy_versions(&self) -> Result<Vec<Version>, Error> {
        let sql = format!("{SELECT} order by number desc");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(version).collect()
    }

    /// One version.
    ///
    /// # Errors
    /// What the database said.
    pub async fn policy_version(&self, number: i64) -> Result<Option<Version>, Error> {
        let sql = format!("{SELECT} where number = $1");
        let row =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(number).fetch_optional(&self.pool).await?;
        row.as_ref().map(version).transpose()
    }

    /// How many versions are approved; a desk that knows fewer reads them again.
    ///
    /// # Errors
    /// What the database said.
    pub async fn approved_policies(&self) -> Result<i64, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from policy_version where decision = 'approved'")
                .fetch_one(&self.pool)
                .await?;
        Ok(count)
    }

    /// The approved versions: number, start and rules.
    ///
    /// # Errors
    /// What the database said, or a text that is no rule file any more.
    pub async fn approved_rules(&self) -> Result<Vec<(i64, UnixMs, Rules)>, Error> {
        let mut approved = Vec::new();
        for version in self.policy_versions().await?.into_iter().rev() {
            if !version.decision.is_some_and(|decision| decision.approved) {
                continue;
            }
            let rules = Rules::parse(&version.text).map_err(|faults| Error::Decode {
                what: "policy_version.rules",
                value: format!("version {}: {faults}", version.number),
            })?;
            approved.push((version.number, version.starts, rules));
        }
        Ok(approved)
    }

    /// Proposes a version; returns its number. Nothing holds before somebody else has approved it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn propose_policy(
        &self,
        proposed: Proposed<'_>,
        author: &Actor,
        now: UnixMs,
    ) -> Result<i64, Error> {
        let mut write = self.write().await?;
        let number = next_number(&mut write.tx, "policy").await?;
        sqlx::query(
            "insert into policy_version (number, rules, sha256, reason, author, proposed_ms,
               starts_ms)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(number)
        .bind(proposed.text)
        .bind(super::evidence::sha256_hex(proposed.text.as_bytes()))
        .bind(proposed.reason)
        .bind(&author.name)
        .bind(now.0)
        .bind(proposed.starts.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(number)
    }

    /// The first version of all: the rule file with which the centre was set up, if there is none
    /// yet. Returns the version that was approved last.
    ///
    /// # Errors
    /// What the database said.
    pub async fn install_policy(&self, text: &str, now: UnixMs) -> Result<Option<Version>, Error> {
        let versions = self.policy_versions().await?;
        if !versions.is_empty() || text.is_empty() {
            let approved =
                |version: &Version| version.decision.as_ref().is_some_and(|d| d.approved);
            return Ok(versions.into_iter().find(approved));
        }
        let author = Actor { name: "configuration".into(), ..Actor::system() };
        let first = Proposed { text, reason: "as the centre was set up", starts: now };
        let number = self.propose_policy(first, &author, now).await?;
        let by = Actor::system().name;
        let decision = Decision { approved: true, by, at: now, why: String::new() };
        if self.decide_policy(number, &decision).await?.is_err() {
            return Ok(None);
        }
        self.policy_version(number).await
    }

    /// Decides about a version. One that was to start before now starts now: what has happened is
    /// not judged anew.
    ///
    /// # Errors
    /// What the database said.
    pub async fn decide_policy(
        &self,
        number: i64,
        decision: &Decision,
    ) -> Result<Result<(), Undecided>, Error> {
        let Some(version) = self.policy_version(number).await? else {
            return Ok(Err(Undecided::Unknown));
        };
        if version.author == decision.by {
            return Ok(Err(Undecided::Own));
        }
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update policy_version
             set decision = $2, decided_by = $3, decided_ms = $4, decided_why = $5, starts_ms = $6
             where number = $1 and decision is null and author <> $3",
        )
        .bind(number)
        .bind(if decision.approved { "approved" } else { "refused" })
        .bind(&decision.by)
        .bind(decision.at.0)
        .bind(&decision.why)
        .bind(version.starts.0.max(decision.at.0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(if done.rows_affected() == 1 { Ok(()) } else { Err(Undecided::Decided) })
    }
}

fn version(row: &AnyRow) -> Result<Version, Error> {
    let decision: Option<String> = get(row, "decision")?;
    let (by, at) = (get::<Option<String>>(row, "decided_by")?, time_or_none(row, "decided_ms")?);
    let why = get::<Option<String>>(row, "decided_why")?.unwrap_or_default();
    let decided = decision.zip(by.zip(at));
    Ok(Version {
        number: get(row, "number")?,
        text: get(row, "rules")?,
        sha256: get(row, "sha256")?,
        reason: get(row, "reason")?,
        author: get(row, "author")?,
        proposed: time(row, "proposed_ms")?,
        starts: time(row, "starts_ms")?,
        decision: decided.map(|(word, (by, at))| Decision {
            approved: word == "approved",
            by,
            at,
            why,
        }),
    })
}
