//! A drill: a message to every member's phone, and a call over the second channel, to see who is
//! reached. What is asked stands in one transaction, so that nobody is asked twice.

use serde_json::json;

use super::outgoing;
use super::topic::{Member, SiteTopics};
use super::wire;
use crate::clock::UnixMs;
use crate::config::Config;
use crate::store::call::NewCall;
use crate::store::drill::{Drill, Tried, Wanted, Whom};
use crate::store::{self, Store};
use crate::ticket::Role;

/// Begins a drill; none when there is nobody to reach.
///
/// # Errors
/// What the store said; then nobody is asked.
pub async fn begin(
    store: &Store,
    (config, topics): (&Config, &SiteTopics),
    wanted: &Wanted,
    now: UnixMs,
) -> Result<Option<Drill>, store::Error> {
    let drill = Drill {
        id: uuid::Uuid::now_v7().to_string(),
        at: now,
        until: now.plus_ms(wanted.within_ms),
        by: wanted.by.clone(),
        text: wanted.text.clone(),
    };
    let on_duty = store.on_duty(now).await?;
    let patrols = |name: &str| on_duty.iter().any(|s| s.account == name && s.line == "patrol");
    let mut members = Vec::new();
    for account in store.accounts().await? {
        let one = account.active && account.role == Role::PatrolMember;
        if !one || (wanted.whom == Whom::OnShift && !patrols(&account.name)) {
            continue;
        }
        // Accounts whose name cannot stand in a topic are refused when they are made.
        let Ok(member) = Member::try_from(account.name.as_str()) else { continue };
        let body = wire::Drill {
            offer: drill.id.clone(),
            text: drill.text.clone(),
            until_ms: drill.until.0,
        };
        let call = config.second_channel.is_on().then(|| NewCall {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "drill",
            about: drill.id.clone(),
            ticket: None,
            member: account.name.clone(),
            body: json!({
                "site": config.site.id,
                "site_name": config.site.name,
                "member": account.name,
                "display": account.display,
                "text": drill.text,
            }),
        });
        members.push(Tried {
            message: outgoing::of_drill(topics, &member, body),
            member: account.name,
            call,
        });
    }
    if members.is_empty() {
        return Ok(None);
    }
    store.begin_drill(&drill, &members).await?;
    Ok(Some(drill))
}
