//! The centre's code tables.

pub const SEVERITIES: [&str; 4] = ["S1", "S2", "S3", "S4"];
pub const CATEGORIES: [&str; 21] = ["fire_smoke","person_down","water_hazard","crowd_density","fight","intrusion","theft_in_progress","vandalism","object_left","object_removed","suspicious_situation","traffic_obstruction","fire_lane_blocked","falling_object","facility_damage","utility_leak","environment_disorder","animal_hazard","lost_person_or_child","help_request","other"];
pub const FALSE_ALARM_REASONS: [&str; 10] = ["animal","weather","light_shadow","vegetation","insect_web","camera_fault","rule_wrong","authorised_activity","duplicate","other"];
pub const DISPOSITIONS: [&str; 13] = ["resolved_on_scene","handed_to_110","handed_to_119","handed_to_120","handed_to_department","advice_given","gone_on_arrival","unable_to_locate","unfounded","no_access","recorded_only","needs_follow_up","duplicate"];
pub const REFUSE_REASONS: [&str; 6] = ["not_competent","out_of_zone","busy_higher_priority","unsafe","no_equipment","off_shift"];
pub const REVIEW_ITEMS: [&str; 10] = ["seen_in_time","verdict_supported","category_right","severity_right","right_unit","message_complete","escalated_by_rules","reply_answers","evidence_sufficient","closure_code_right"];
