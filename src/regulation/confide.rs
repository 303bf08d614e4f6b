//! VM-9, confide: "video content is not told to anybody else without approval".

use super::{Facts, Finding, Violation};
use crate::clock::UnixMs;

/// Every one; choice of the centre.
const LIMIT: f64 = 1.0;

/// A passage through the door that is about stored video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub seq: i64,
    pub at: UnixMs,
    pub actor: String,
    /// A word of `access`.
    pub verb: String,
    pub object: String,
    /// As the viewer gave it; empty when none was given.
    pub reason: String,
    pub allowed: bool,
}

/// Stored video was looked at with a reason; exports are told by no row yet.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Some(views) = facts.views else {
        return ["viewed", "exported"].map(|check| Finding::not_measured(9, check)).to_vec();
    };
    let seen = || views.iter().filter(|view| view.allowed);
    let silent = seen().filter(|view| view.reason.is_empty()).map(|view| Violation {
        what: "no_reason".to_owned(),
        subject: Some(view.actor.clone()),
        at: Some(view.at),
        ..Violation::default()
    });
    vec![
        Finding::counted((9, "viewed"), seen().count(), LIMIT, silent.collect()),
        Finding::not_measured(9, "exported"),
    ]
}
