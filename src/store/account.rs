//! Accounts and who is signed in.

use super::evidence::sha256_hex;
use super::row::{get, word};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::{Actor, Role};

/// A person, or the wall display, that can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub display: String,
    pub role: Role,
    pub password_hash: String,
    pub active: bool,
}

impl Account {
    /// This account acting.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { name: self.name.clone(), role: self.role }
    }
}

/// The key under which the store keeps a phone's MQTT token, as if it were a session. It differs
/// from a session's own, so that a token which a page's script can read signs nobody in.
#[must_use]
pub fn phone_token_key(token: &str) -> String {
    sha256_hex(format!("mqtt:{token}").as_bytes())
}

fn account(row: &sqlx::any::AnyRow) -> Result<Account, Error> {
    Ok(Account {
        name: get(row, "name")?,
        display: get(row, "display")?,
        role: word(&get::<String>(row, "role")?, "account.role", Role::parse)?,
        password_hash: get(row, "password_hash")?,
        active: get::<i64>(row, "active")? == 1,
    })
}

impl Store {
    /// Adds an account; false when the name is taken.
    ///
    /// # Errors
    /// What the database said.
    pub async fn add_account(&self, account: &Account, now: UnixMs) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "insert into account (name, display, role, password_hash, active, created_ms)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (name) do nothing",
        )
        .bind(&account.name)
        .bind(&account.display)
        .bind(account.role.as_str())
        .bind(&account.password_hash)
        .bind(i64::from(account.active))
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.changes_crew = true;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The account of this name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, Error> {
        sqlx::query(
            "select name, display, role, password_hash, active
             from account
             where name = $1",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await?
        .as_ref()
        .map(account)
        .transpose()
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        sqlx::query(
            "select name, display, role, password_hash, active
             from account
             order by name",
        )
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(account)
        .collect()
    }

    /// Remembers that a browser with this token is signed in; forgets sessions that are over.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_session(
        &self,
        token_sha256: &str,
        name: &str,
        time: (UnixMs, UnixMs),
    ) -> Result<(), Error> {
        self.begin_session((token_sha256, None), name, time).await
    }

    async fn begin_session(
        &self,
        tokens: (&str, Option<&str>),
        name: &str,
        time: (UnixMs, UnixMs),
    ) -> Result<(), Error> {
        let (now, expires) = time;
        let mut write = self.write().await?;
        sqlx::query("delete from session where expires_ms <= $1")
            .bind(now.0)
            .execute(&mut *write.tx)
            .await?;
        sqlx::query(
            "insert into session (token_sha256, account, created_ms, expires_ms, opened_by)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(tokens.0)
        .bind(name)
        .bind(now.0)
        .bind(expires.0)
        .bind(tokens.1)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Remembers the token of a phone page, by which it comes in at the broker. It ends with the
    /// browser's own session `opened_by`, at the latest at `expires`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_phone_session(
        &self,
        tokens: (&str, &str),
        name: &str,
        time: (UnixMs, UnixMs),
    ) -> Result<(), Error> {
        let (token_sha256, opened_by) = tokens;
        self.begin_session((token_sha256, Some(opened_by)), name, time).await
    }

    /// Who is signed in with this token.
    ///
    /// # Errors
    /// What the database said.
    pub async fn session(&self, token_sha256: &str, now: UnixMs) -> Result<Option<Account>, Error> {
        sqlx::query(
            "select account.name, display, role, password_hash, active
             from session
             join account on account.name = session.account
             where token_sha256 = $1 and expires_ms > $2 and active = 1",
        )
        .bind(token_sha256)
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await?
        .as_ref()
        .map(account)
        .transpose()
    }

    /// Forgets a session, and the phone tokens that it opened.
    ///
    /// # Errors
    /// What the database said.
    pub async fn close_session(&self, token_sha256: &str) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("delete from session where token_sha256 = $1 or opened_by = $1")
            .bind(token_sha256)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await
    }
}
