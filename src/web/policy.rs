//! The rules of the centre: which versions there are, proposing one, deciding about one.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::Body;
use super::describe;
use super::session::SignedIn;
use super::wire::Named;
use super::{AppState, Error};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::config::policy::Rules;
use crate::store::policy::{Decision, Proposed, Undecided, Version};

/// Every version, and which one holds.
#[derive(Serialize, ToSchema)]
pub struct Versions {
    /// The number of the one that holds now; 0 for what the configuration says.
    pub in_force: i64,
    /// The newest first.
    pub versions: Vec<WireVersion>,
}

#[derive(Serialize, ToSchema)]
pub struct WireVersion {
    pub number: i64,
    pub title: String,
    /// The rule file as it was proposed.
    pub text: String,
    pub sha256: String,
    pub reason: String,
    pub author: Named,
    pub proposed_ms: i64,
    pub starts_ms: i64,
    /// proposed, approved or refused.
    pub standing: &'static str,
    pub decided_by: Option<Named>,
    pub decided_ms: Option<i64>,
    pub decided_why: Option<String>,
    /// Whether the signed-in person may decide about it.
    pub mine_to_decide: bool,
}

/// A version that somebody proposes.
#[derive(Deserialize, ToSchema)]
pub struct NewVersion {
    /// The whole rule file.
    pub text: String,
    pub reason: String,
    /// When it begins to hold; at its approval where it is missing or past.
    pub starts_ms: Option<i64>,
}

/// What somebody decides about a version.
#[derive(Deserialize, ToSchema)]
pub struct Deciding {
    /// approve or refuse.
    pub decision: String,
    #[serde(default)]
    pub reason: String,
}

impl WireVersion {
    fn of(version: Version, about: &describe::Names, who: &SignedIn) -> Self {
        let decided = version.decision.as_ref();
        let standing = match decided {
            None => "proposed",
            Some(decision) if decision.approved => "approved",
            Some(_) => "refused",
        };
        let may = crate::access::permit(&who.account.actor(), Verb::DecidePolicy).is_ok();
        Self {
            number: version.number,
            title: Rules::parse(&version.text).map(|rules| rules.title).unwrap_or_default(),
            author: about.named(&version.author),
            standing,
            decided_by: decided.map(|decision| about.named(&decision.by)),
            decided_ms: decided.map(|decision| decision.at.0),
            decided_why: decided.map(|decision| decision.why.clone()),
            mine_to_decide: may && decided.is_none() && version.author != who.account.name,
            text: version.text,
            sha256: version.sha256,
            reason: version.reason,
            proposed_ms: version.proposed.0,
            starts_ms: version.starts.0,
        }
    }
}

/// The rules of the centre, with every version.
#[utoipa::path(get, path = "/policy", responses((status = 200, body = Versions), (status = 403)))]
pub async fn versions(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Versions>, Error> {
    who.may(&state, Verb::ViewPolicy, "policy").await?;
    listed(&state, &who).await
}

async fn listed(state: &AppState, who: &SignedIn) -> Result<Json<Versions>, Error> {
    let names = describe::names(state).await?;
    let versions = state.store.policy_versions().await?.into_iter();
    let now = state.clock.now();
    let approved = |version: &&Version| {
        version.starts <= now && version.decision.as_ref().is_some_and(|one| one.approved)
    };
    let versions: Vec<Version> = versions.collect();
    let holds = versions.iter().filter(approved).max_by_key(|one| (one.starts, one.number));
    Ok(Json(Versions {
        in_force: holds.map_or(0, |version| version.number),
        versions: versions.into_iter().map(|one| WireVersion::of(one, &names, who)).collect(),
    }))
}

/// Proposes a version. Nothing changes before somebody else approves it.
#[utoipa::path(post, path = "/policy", request_body = NewVersion,
    responses((status = 200, body = Versions), (status = 403), (status = 422)))]
pub async fn propose(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewVersion>,
) -> Result<Json<Versions>, Error> {
    who.pass_for(&state, Verb::ProposePolicy, ("policy", &new.reason)).await?;
    if new.reason.trim().is_empty() {
        let message = "a reason is needed: what changes, and why".into();
        return Err(Error::Invalid { code: "no_reason", message });
    }
    Rules::parse(&new.text).map_err(|faults| Error::Invalid {
        code: "bad_rules",
        message: faults.to_string().trim().to_owned(),
    })?;
    let now = state.clock.now();
    let starts = UnixMs(new.starts_ms.unwrap_or(now.0));
    let proposed = Proposed { text: &new.text, reason: new.reason.trim(), starts };
    let number = state.store.propose_policy(proposed, &who.account.actor(), now).await?;
    tracing::info!(policy.version = number, "version {number} of the rules is proposed");
    listed(&state, &who).await
}

/// Approves or refuses a version that somebody else has proposed.
#[utoipa::path(post, path = "/policy/{number}/decide", params(("number" = i64, Path)),
    request_body = Deciding,
    responses((status = 200, body = Versions), (status = 403), (status = 404), (status = 422)))]
pub async fn decide(
    State(state): State<AppState>,
    who: SignedIn,
    Path(number): Path<i64>,
    Body(deciding): Body<Deciding>,
) -> Result<Json<Versions>, Error> {
    let object = format!("{} version {number}", deciding.decision);
    who.pass_for(&state, Verb::DecidePolicy, (&object, &deciding.reason)).await?;
    let approved = match deciding.decision.as_str() {
        "approve" => true,
        "refuse" if deciding.reason.trim().is_empty() => {
            let message = "a refusal needs a reason".into();
            return Err(Error::Invalid { code: "no_reason", message });
        }
        "refuse" => false,
        _ => return Err(Error::BadRequest("decision is approve or refuse".into())),
    };
    let decision = Decision {
        approved,
        by: who.account.name.clone(),
        at: state.clock.now(),
        why: deciding.reason.trim().to_owned(),
    };
    match state.store.decide_policy(number, &decision).await? {
        Ok(()) => {
            tracing::info!(policy.version = number, approved, "a version of the rules is decided");
            listed(&state, &who).await
        }
        Err(Undecided::Unknown) => Err(Error::NotFound("version")),
        Err(Undecided::Own) => Err(Error::Invalid {
            code: "asker_cannot_approve",
            message: "who proposed it does not decide about it".into(),
        }),
        Err(Undecided::Decided) => Err(Error::Invalid {
            code: "already_decided",
            message: "somebody has decided about it; read the list again".into(),
        }),
    }
}
