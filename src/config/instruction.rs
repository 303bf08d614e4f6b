//! What the centre says to a member about a category of orders.

use serde::Deserialize;

/// Shown with the order on the phone, and ticked in the reply.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Instruction {
    /// Code of the category.
    pub category: String,
    /// What to mind, in a sentence or two, at most 500 characters.
    pub text: String,
    /// What is to be ticked in the reply with yes, no or not applicable, in this order; at most 20
    /// items of 200 characters.
    pub check: Vec<String>,
}

/// The same facts in the shapes that other programs know. They need an outside broker: the one
/// inside lets nobody in but members.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Integration {
    /// Tells Home Assistant of every camera's health and of new observations
    /// (`homeassistant/…/config`). Default false.
    pub home_assistant: bool,
    /// Tells observations as Frigate does (`frigate/events`). Default false.
    pub frigate: bool,
}
