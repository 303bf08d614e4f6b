import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogues, knows, load, say } from '../shared/words';

await load('zh');
await load('en');

const codes: Record<string, string> = {
  role: 'operator shift_leader director patrol_member admin wall system',
  severity: 'S1 S2 S3 S4',
  severity_long: 'S1 S2 S3 S4',
  category:
    'fire_smoke person_down water_hazard crowd_density fight intrusion theft_in_progress vandalism object_left object_removed suspicious_situation traffic_obstruction fire_lane_blocked falling_object facility_damage utility_leak environment_disorder animal_hazard lost_person_or_child help_request other',
  false_alarm:
    'animal weather light_shadow vegetation insect_web camera_fault rule_wrong authorised_activity duplicate other',
  disposition:
    'resolved_on_scene handed_to_110 handed_to_119 handed_to_120 handed_to_department advice_given gone_on_arrival unable_to_locate unfounded no_access recorded_only needs_follow_up duplicate',
  refuse: 'not_competent out_of_zone busy_higher_priority unsafe no_equipment off_shift',
  review:
    'seen_in_time verdict_supported category_right severity_right right_unit message_complete escalated_by_rules reply_answers evidence_sufficient closure_code_right',
  answer: 'yes no na',
  state:
    'new verifying dismissed confirmed offered accepted on_scene handled closed withdrawn returned refused suspended parked archived',
  clock: 'verify dispatch ack arrive reply close undetermined pause reopen',
  clock_over: 'verify dispatch ack arrive reply close undetermined pause reopen',
  level:
    'reminder_1 reminder_2 late second_operator second_unit shift_leader director superior_centre prompt_call weekly_list reoffer pause_over archive',
  wish: 'suspend park extend',
  verdict: 'confirm false_alarm test_alarm',
  suspend: 'waiting_on_third_party weather no_access evidence_pending other',
  park: 'needs_department needs_superior needs_funds needs_season other',
  source: 'video_alarm operator_patrol',
  kind: 'zone_object zone_motion line_crossed loitering object_left object_removed crowding wrong_way fast_movement vehicle_standing anomaly manual',
  way: 'left_to_right right_to_left',
  why: 'same_track same_rule same_object motion overlap',
  unusual: 'speed looks rare_kind kind rare_alike alike high wide direction stay place own',
  like: 'bicycle car motorcycle bus truck skateboard',
  class: 'person bicycle vehicle animal bag',
  line: 'duty standby patrol',
  evidence: 'snapshot clip trace photo',
  bar: 'off_shift not_signed_on suspended not_capable tried_refused tried_expired tried_withdrawn asked',
  decided: 'signed_on rest beat travel open_work jobs last_job name',
  outcome: 'done refused expired withdrawn',
  taken_back: 'ack_late no_answer dismissed owner_replied closed now_responsible',
  input:
    'open join separate claim confirm false_alarm undetermined test_alarm classify dispatch dispatch_ahead reoffer support call_off nobody somebody withdraw received ack refuse on_scene reply check_pass check_return review due remind escalate acknowledge ask_suspend ask_park ask_extend grant deny resume pause_over correct reopen archive',
  camera:
    'live connecting down no_answer unauthorised not_found no_video not_rtsp unsupported_codec stalled no_picture ended no_secret bad_address pipeline',
  stream: 'main sub',
  live: 'frozen late repeated',
  mode: 'gated full',
  mode_why: 'learning configured fits_well all_intra long_groups constant_rate',
  gap: 'no_answer unauthorised not_found no_video not_rtsp unsupported_codec stalled no_picture ended no_secret bad_address pipeline connecting lost queue_overflow disk_full disk_readonly disk_missing disk_failing daemon_stopped daemon_killed not_recorded clock_step footage_missing deleted being_written before_recording not_yet unexplained unknown',
  fault:
    'disk_full disk_readonly disk_missing disk_failing queue_overflow footage_missing footage_strange below_floor only_held covered blinded defocused moved too_dark frozen looped lost_signal',
  change: 'drop_class min_score min_motion dwell_ms armed coalesce_ms tend_camera shelve',
  standing: 'asked refused approved shelved over',
  finding: 'late missed left_early',
  swap: 'asked agreed approved refused',
  outage: 'planned power network camera_fault storage tamper operator_action unknown',
  page: 'wall console replay cameras duty handover review report rules policy phone login home footage inbox setup',
  error:
    'not_signed_in forbidden conflict bad_credentials too_many_attempts photo_too_large not_a_photo hash_mismatch not_found not_allowed claimed_by_other no_evidence unknown_reason unknown_category unknown_disposition no_category no_place member_off_shift member_not_signed_on member_suspended member_not_capable member_has_order verify_first own_dispatch not_verified not_suspended unknown_member wrong_member offer_over not_on_scene reply_too_short reply_needs_photo handler_cannot_check verifier_cannot_check no_reason not_joined reviewer_was_involved already_reviewed review_incomplete no_footage format_changed bad_hold bad_time asker_cannot_approve already_decided not_shelved already_asked no_proposal not_oneself already_on not_on outside_shift line_not_for_role leaves_early no_relief already_published unknown_cause not_on_duty swap_with_oneself no_such_turn turn_has_begun swap_overlaps not_agreed swap_needs_third other_document document_old signed_twice already_signed cause_unknown roster_gap roster_overlap roster_unknown roster_line roster_outside bad_roster future_time counter_again not_on_the_way too_large not_utf8 not_json unknown_version unknown_type bad_id bad_seq bad_ticket bad_body bad_drill nobody_to_reach not_stored unknown_photo another_verdict too_late request_open nothing_asked needs_supervisor own_request too_long clock_not_running ran_out extended_before not_told bad_rules',
  policy_standing: 'proposed approved refused',
};

test('every code that the daemon may send has words', () => {
  const missing = Object.entries(codes).flatMap(([group, list]) =>
    list
      .split(' ')
      .map((c) => `${group}.${c}`)
      .filter((key) => !knows(key)),
  );
  expect(missing).toEqual([]);
});

test('both languages have the same keys and none is empty', () => {
  expect(Object.keys(catalogues.en!)).toEqual(Object.keys(catalogues.zh!));
  for (const words of Object.values(catalogues)) {
    expect(Object.entries(words).filter(([, text]) => text === '')).toEqual([]);
  }
});

test('both languages fill in the same values', () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const [key, text] of Object.entries(catalogues.zh!)) {
    if (key === 'phone.count' || key === 'report.count') continue;
    expect([key, names(catalogues.en![key] ?? '')]).toEqual([key, names(text)]);
  }
});

test('values are put in as text', () => {
  expect(say('en', 'console.dispatch_to', { name: '<b>周</b>' })).toBe('Send <b>周</b>');
  expect(say('zh', 'no.such.key')).toBe('no.such.key');
});

const root = new URL('..', import.meta.url);
const folders = [
  'wall',
  'console',
  'replay',
  'cameras',
  'phone',
  'review',
  'report',
  'rules',
  'duty',
  'handover',
  'policy',
  'login',
  'home',
  'shared',
  'shared/parts',
];
const sources = folders.flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, root))
    .filter((f) => f.endsWith('.svelte') || f.endsWith('.ts'))
    .map((f) => ({
      name: `${folder}/${f}`,
      text: readFileSync(new URL(`${folder}/${f}`, root), 'utf8'),
    })),
);
const pages = readdirSync(root)
  .filter((f) => f.endsWith('.html'))
  .map((name) => ({ name, text: readFileSync(new URL(name, root), 'utf8') }));

test('no text stands in code', () => {
  // The sign that opens the camera is a shape, not a word.
  expect(sources.filter((s) => /\p{Script=Han}/u.test(s.text)).map((s) => s.name)).toEqual([]);
});
test('nothing is put into a page unescaped or inline', () => {
  const bad = [...sources, ...pages].filter((s) =>
    /\{@html|innerHTML|\sstyle="|\son\w+="/.test(s.text),
  );
  expect(bad.map((s) => s.name)).toEqual([]);
  expect(pages.filter((p) => /<script(?![^>]*\ssrc=)/.test(p.text)).map((p) => p.name)).toEqual([]);
});
test('every key that is used has words', () => {
  const used = sources.flatMap((s) =>
    [...s.text.matchAll(/\bw\(\s*'([a-z_.0-9A-Z]+)'/g)].map((m) => m[1]!),
  );
  expect([...new Set(used)].filter((key) => !knows(key))).toEqual([]);
});

test('one gap is a gap', () => {
  const cover = (gaps: number) => say('en', 'duty.cover', { n: 1, of: 2, gaps });
  expect([cover(1), cover(0)]).toEqual(['signed on 1 of 2 min, 1 gap', 'signed on 1 of 2 min, 0 gaps']);
});
