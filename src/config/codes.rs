//! The centre's code tables: the words that rules, rows, messages and screens share.
//!
//! The tables are closed. A category names a situation or a place, never a kind of people, and a
//! configuration cannot add one. The screens get these words by `GET /site` and translate them.
//! Equipment faults and ticket states are not here: nobody configures or picks them.

/// Severities, most urgent first: emergency, urgent, general, minor.
pub const SEVERITIES: &[&str] = &["S1", "S2", "S3", "S4"];

/// What a ticket is about.
pub const CATEGORIES: &[&str] = &[
    "fire_smoke",
    "person_down",
    "water_hazard",
    "crowd_density",
    "fight",
    "intrusion",
    "theft_in_progress",
    "vandalism",
    "object_left",
    "object_removed",
    "suspicious_situation",
    "traffic_obstruction",
    "fire_lane_blocked",
    "falling_object",
    "facility_damage",
    "utility_leak",
    "environment_disorder",
    "animal_hazard",
    "lost_person_or_child",
    "help_request",
    "other",
];

/// Classes of objects that a rule may ask for; the detector's own words, tested to be the same.
pub const CLASSES: &[&str] = &["person", "bicycle", "vehicle", "animal", "bag"];

/// What is noticed of a camera that does not see its scene; tested to be the detector's words.
pub const SCENE_CHECKS: &[&str] =
    &["covered", "blinded", "defocused", "moved", "too_dark", "frozen", "looped", "lost_signal"];

/// Why an operator dismisses an observation.
pub const FALSE_ALARM_REASONS: &[&str] = &[
    "animal",
    "weather",
    "light_shadow",
    "vegetation",
    "insect_web",
    "camera_fault",
    "rule_wrong",
    "authorised_activity",
    "duplicate",
    "other",
];

/// How a patrol member left the matter. `handed_to_110` records that a person called.
pub const DISPOSITIONS: &[&str] = &[
    "resolved_on_scene",
    "handed_to_110",
    "handed_to_119",
    "handed_to_120",
    "handed_to_department",
    "advice_given",
    "gone_on_arrival",
    "unable_to_locate",
    "unfounded",
    "no_access",
    "recorded_only",
    "needs_follow_up",
    "duplicate",
];

/// Why a patrol member cannot go.
pub const REFUSE_REASONS: &[&str] = &[
    "not_competent",
    "out_of_zone",
    "busy_higher_priority",
    "unsafe",
    "no_equipment",
    "off_shift",
];

/// Why the clocks of a ticket stand still.
pub const SUSPEND_REASONS: &[&str] =
    &["waiting_on_third_party", "weather", "no_access", "evidence_pending", "other"];

/// Why a ticket is kept on the books (挂账).
pub const PARK_REASONS: &[&str] =
    &["needs_department", "needs_superior", "needs_funds", "needs_season", "other"];

/// What a step of a ladder does: tell somebody, or have something done.
pub const LADDER_STEPS: &[&str] = &[
    "reoffer",
    "second_unit",
    "second_operator",
    "shift_leader",
    "director",
    "superior_centre",
    "prompt_call",
    "weekly_list",
];

/// Steps that reach a person of the centre.
pub const LADDER_PEOPLE: &[&str] = &["second_operator", "shift_leader", "director"];

/// What a reviewer answers with yes, no or not applicable.
pub const REVIEW_ITEMS: &[&str] = &[
    "seen_in_time",
    "verdict_supported",
    "category_right",
    "severity_right",
    "right_unit",
    "message_complete",
    "escalated_by_rules",
    "reply_answers",
    "evidence_sufficient",
    "closure_code_right",
];
