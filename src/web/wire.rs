//! The JSON of the interface: people, refusals, phones, weeks. `wire_site`, `wire_ticket`,
//! `wire_detail` and `wire_act` have the rest. Times `*_ms` are UTC Unix milliseconds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::account::Account;

/// A request that was not granted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// Stable; the screens translate it.
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

#[derive(Deserialize, ToSchema)]
pub struct Login {
    pub name: String,
    pub password: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub account: Person,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    pub name: String,
    pub display: String,
    pub role: &'static str,
}

impl Me {
    /// The account as its owner sees it.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let role = account.role.as_str();
        let (name, display) = (account.name.clone(), account.display.clone());
        Self { account: Person { name, display, role } }
    }
}

/// An account's id and the name people read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Named {
    pub name: String,
    pub display: String,
}

#[derive(Deserialize, ToSchema)]
pub struct Observation {
    pub camera: String,
    pub category: String,
    pub severity: String,
    pub text: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Photo {
    pub id: String,
    pub sha256: String,
    pub bytes: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneLink {
    pub path: &'static str,
    pub client_id: String,
    pub username: String,
    pub password: String,
    pub order_topic: String,
    pub answer_topic: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Week {
    /// Such as `2026-W47`.
    pub week: String,
    pub start_ms: i64,
    pub end_ms: i64,
    pub observations: i64,
}
