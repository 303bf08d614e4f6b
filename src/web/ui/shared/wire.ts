// What the daemon says, as it says it. Times `*_ms` are UTC Unix milliseconds.

export type Role = 'operator' | 'shift_leader' | 'director' | 'patrol_member' | 'admin' | 'wall';
export type Severity = 'S1' | 'S2' | 'S3' | 'S4';
export type TicketState =
  | 'new'
  | 'verifying'
  | 'dismissed'
  | 'confirmed'
  | 'offered'
  | 'accepted'
  | 'on_scene'
  | 'handled'
  | 'suspended'
  | 'parked'
  | 'closed'
  | 'archived';
export type ClockName =
  | 'verify'
  | 'dispatch'
  | 'ack'
  | 'arrive'
  | 'reply'
  | 'close'
  | 'undetermined'
  | 'pause'
  | 'reopen';
/** Steps of a clock's ladder, in the order in which those of one moment fire. */
export type Level =
  | 'reminder_1'
  | 'reminder_2'
  | 'late'
  | 'second_operator'
  | 'second_unit'
  | 'shift_leader'
  | 'director'
  | 'superior_centre'
  | 'prompt_call'
  | 'weekly_list'
  | 'reoffer'
  | 'pause_over'
  | 'archive';
export type ReviewAnswer = 'yes' | 'no' | 'na';
export type Point = [number, number];
export type Area = [number, number, number, number];

export interface Account {
  name: string;
  display: string;
  role: Role;
}

export interface Zone {
  id: string;
  name: string;
  polygon: Point[];
}
export interface SiteCamera {
  id: string;
  name: string;
  place: string;
  zones: Zone[];
  /** Metres on the plan of the site. */
  at_m: Point | null;
}
/** A part of the site that somebody walks. */
export interface Beat {
  id: string;
  name: string;
  post_m: Point | null;
  members: string[];
}
/** A stretch in which a screen showed the wall. */
export interface WallScreen {
  screen: string;
  account: string;
  from_ms: number;
  until_ms: number;
  silence_ms: number;
  on: boolean;
}
/** What was looked at on rounds in this shift. */
export interface Round {
  since_ms: number;
  cameras: { camera: string; looks: number; at_ms: number | null; by: string | null }[];
}
export interface Codes {
  severities: Severity[];
  categories: string[];
  false_alarm_reasons: string[];
  dispositions: string[];
  refuse_reasons: string[];
  review_items: string[];
  suspend_reasons: string[];
  park_reasons: string[];
}
export interface Policy {
  reply_photos_min: number;
  reply_text_min: number;
  photo_max_bytes: number;
  clocks: Record<Severity, Record<`${ClockName}_s`, number>>;
}
export interface Site {
  id: string;
  name: string;
  time_zone: string;
  version: string;
  now_ms: number;
  cameras: SiteCamera[];
  members: { name: string; display: string }[];
  codes: Codes;
  policy: Policy;
  dispatch?: { auto: Severity[]; before_verify: Severity[] };
  beats: Beat[];
}

export interface CameraStatus {
  id: string;
  name: string;
  place: string;
  state: 'connecting' | 'live' | 'down';
  since_ms: number;
  code: string | null;
  message: string | null;
  fps: number;
  frame_at_ms: number | null;
  frames_dropped: number;
  slowed_to: number | null;
  below_promise: boolean;
  reconnects: number;
  streams: StreamStatus[];
}
export interface StreamStatus {
  role: 'main' | 'sub';
  codec: 'h264' | 'h265' | null;
  width_px: number | null;
  height_px: number | null;
  fps: number;
  kbit_per_s: number;
  key_distance_ms: number | null;
  camera_clock_ms: number | null;
  mode: 'gated' | 'full';
  reason: string;
  awake: boolean;
  decoded: number;
  units: number;
  down: string | null;
}

/** What is stored of one camera. */
export interface Stored {
  camera: string;
  recording: boolean;
  oldest_ms: number | null;
  newest_ms: number | null;
  days_present: number;
  bytes: number;
  open_gap: { cause: string; since_ms: number } | null;
  floor_days: number;
  ceiling_days: number;
  class: string;
}
export interface Stretch {
  start_ms: number;
  end_ms: number;
}
export interface Footage {
  segments: Stretch[];
  gaps: (Stretch & { cause: string; detail: string | null })[];
}
export interface Fault {
  id: string;
  camera: string | null;
  kind: string;
  message: string;
  since_ms: number;
  until_ms: number | null;
  /** Evidence of a fault of the view. */
  before: string | null;
  after: string | null;
}

export interface DutyLine {
  name: string;
  display: string;
  role: Role;
  line: 'duty' | 'standby' | 'patrol';
  from_ms: number;
  /** Null of who signed on outside of a turn. */
  until_ms: number | null;
  /** Since when signed on to the line; null: not there. */
  signed_on_ms: number | null;
  phone_online: boolean | null;
}

export type Line = 'duty' | 'standby' | 'patrol';
export interface Present {
  name: string;
  line: Line;
  on_ms: number;
  via: 'console' | 'phone';
  turn_ends_ms: number | null;
  reason: string;
  off_ms: number | null;
  off_by: string | null;
  off_reason: string | null;
}
export interface Turn {
  name: string;
  line: Line;
  starts_ms: number;
  ends_ms: number;
}
export interface PresenceCheck {
  name: string;
  asked_ms: number;
  due_ms: number;
  outcome: 'answered' | 'act' | 'missed' | 'lapsed' | null;
}
export interface Unattended {
  since_ms: number;
  told: { number: number; told_ms: number; whom: string[] }[];
}
/** How duty stands for whoever asks. */
export interface DutyDesk {
  present: Present | null;
  turn: Turn | null;
  check: PresenceCheck | null;
  signed_on: Present[];
  unattended: Unattended | null;
}
export interface DutyGap {
  from_ms: number;
  until_ms: number;
}
export interface LineCover {
  line: Line;
  of_min: number;
  roster_min: number;
  roster_gaps: DutyGap[];
  past_min: number;
  present_min: number;
  present_gaps: DutyGap[];
}
export interface DutyFinding {
  finding: 'late' | 'missed' | 'left_early';
  turn: Turn;
  by_ms: number | null;
}
export interface RosterHead {
  id: string;
  from_ms: number;
  until_ms: number;
  note: string;
  drafted_by: string;
  drafted_ms: number;
  version: number | null;
  published_by: string | null;
  published_ms: number | null;
}
export interface RosterFault {
  code: string;
  line: Line | null;
  account: string | null;
  from_ms: number | null;
  until_ms: number | null;
  message: string;
}
export interface RosterDraft {
  roster: RosterHead;
  turns: Turn[];
  faults: RosterFault[];
}
export interface Swap {
  id: string;
  gives: Turn;
  takes: Turn;
  reason: string;
  asked_ms: number;
  agreed_ms: number | null;
  standing: 'asked' | 'agreed' | 'approved' | 'refused';
  decided_by: string | null;
  decided_why: string | null;
}
export interface Roster {
  from_ms: number;
  until_ms: number;
  turns: Turn[];
  present: Present[];
  covers: LineCover[];
  findings: DutyFinding[];
  missed: PresenceCheck[];
  rosters: RosterHead[];
  swaps: Swap[];
  /** Account -> name on screens. */
  people: Record<string, string>;
}
export interface Outage {
  id: string;
  camera: string | null;
  kind: string;
  since_ms: number;
  until_ms: number | null;
  cause: string | null;
  note: string | null;
  entered_by: string | null;
  entered_ms?: number | null;
}
export interface Signature {
  by: string;
  at_ms: number;
  remarks: string;
}
export interface HandoverHead {
  id: string;
  number: number;
  written_ms: number;
  written_by: string;
  since_ms: number;
  sha256: string;
  outgoing: Signature | null;
  incoming: Signature | null;
}
/** The document of a hand-over, as `duty/handover.rs` writes it. */
export interface HandoverDocument {
  format: 1;
  site: string;
  number: number;
  since_ms: number;
  written_ms: number;
  written_by: string;
  people: Record<string, string>;
  cameras: Record<string, string>;
  tickets: {
    id: string;
    number: number;
    severity: Severity;
    category: string;
    place: string;
    state: string;
    owner: string | null;
    clock: ClockName | null;
    due_ms: number | null;
    late: ClockName[];
  }[];
  outages: Outage[];
  shelved: {
    camera: string;
    rule: string;
    until_ms: number | null;
    asked_by: string;
    approved_by: string | null;
    why: string;
    fired: number;
  }[];
  holds: {
    camera: string;
    from_ms: number;
    to_ms: number;
    kind: string;
    reason: string;
    placed_by: string;
    until_ms: number | null;
  }[];
  members: {
    account: string;
    until_ms: number | null;
    on_ms: number | null;
    tickets: number[];
    phone: boolean | null;
  }[];
  present: {
    account: string;
    line: Line;
    on_ms: number;
    turn_ends_ms: number | null;
    reason: string;
  }[];
  next: { account: string; line: Line; starts_ms: number; ends_ms: number }[];
  presence: { account: string; asked_ms: number; outcome: string | null }[];
  findings: {
    finding: DutyFinding['finding'];
    account: string;
    line: Line;
    starts_ms: number;
    ends_ms: number;
    by_ms: number | null;
  }[];
  unattended: { number: number; told_ms: number; told: string }[];
  swaps: {
    standing: Swap['standing'];
    asked_by: string;
    gives_ms: number;
    other: string;
    takes_ms: number;
  }[];
}
export interface Handover {
  head: HandoverHead;
  document: HandoverDocument;
  open_outages: Outage[];
}
export interface Handovers {
  handovers: HandoverHead[];
  outages: Outage[];
  causes: string[];
}

export interface Today {
  observations: number;
  confirmed: number;
  false_alarm: number;
  closed: number;
  ack_p50_ms: number | null;
  arrive_p90_ms: number | null;
  on_time: number | null;
  overdue: number;
  hourly: number[];
  load: AlarmLoad;
  /** Rules that call nobody now. */
  shelved: RuleRequest[];
}

/** How well every rule calls, and what is asked of rules. */
export interface RulesQuality {
  verdicts_since_ms: number;
  cost_since_ms: number;
  precision_min: number;
  verdicts_min: number;
  shelve_max_ms: number;
  rules: RuleQuality[];
  requests: RuleRequest[];
}
export interface TicketRef {
  id: string;
  number: number;
}
export interface RuleQuality {
  camera: string;
  camera_name: string;
  rule: string;
  rule_name: string;
  configured: boolean;
  confirmed: TicketRef[];
  false_alarms: TicketRef[];
  reasons: Record<string, TicketRef[]>;
  undetermined: TicketRef[];
  waiting: TicketRef[];
  precision: number | null;
  low: number | null;
  high: number | null;
  past_confirmed: number;
  past_false_alarms: number;
  proposal: {
    reason: string;
    change: string;
    lines: string | null;
    missed: TicketRef[];
    confirmed: number;
    avoided: TicketRef[];
    false_alarms: number;
  } | null;
}
export interface RuleDeed {
  by: string;
  display: string;
  at_ms: number;
  why: string;
}
export interface RuleRequest {
  id: string;
  camera: string;
  camera_name: string;
  rule: string;
  rule_name: string;
  kind: 'shelve' | 'change';
  change: string;
  lines: string | null;
  for_ms: number | null;
  standing: 'asked' | 'refused' | 'approved' | 'shelved' | 'over';
  missed: number;
  confirmed: number;
  avoided: number;
  false_alarms: number;
  asked: RuleDeed;
  decided: RuleDeed | null;
  until_ms: number | null;
  ended: RuleDeed | null;
  fired: number;
}

/** Alarms by rules for each operator at work, since the day began. */
export interface AlarmLoad {
  alarms: number;
  latest: number;
  peak: number;
  target: number;
  manageable: number;
  floods: { start_ms: number; end_ms: number | null; alarms: number }[];
  flood_ms: number;
}

export type RuleKind =
  | 'zone_object'
  | 'zone_motion'
  | 'line_crossed'
  | 'loitering'
  | 'object_left'
  | 'object_removed'
  | 'crowding'
  | 'wrong_way'
  | 'fast_movement'
  | 'vehicle_standing'
  | 'anomaly';

export interface Reason {
  kind: RuleKind | 'manual';
  zone: string | null;
  zone_name: string | null;
  class: 'person' | 'bicycle' | 'vehicle' | 'animal' | 'bag' | null;
  score: number | null;
  dwell_ms: number | null;
  armed: string | null;
  /** What only this kind has to tell; phones get it only when there is something. */
  facts?: Record<string, number | string>;
  text: string | null;
}

export interface Clock {
  name: ClockName;
  started_ms: number;
  due_ms: number;
  /** Steps of its ladder that have fired. */
  fired: Level[];
}
export interface Named {
  name: string;
  display: string;
}
/** What somebody has asked of a ticket's time. */
export interface TimeRequest {
  wish: 'suspend' | 'park' | 'extend';
  clock: ClockName | null;
  for_ms: number | null;
  reason: string;
  note: string;
  by: Named;
  at_ms: number;
}
export interface Paused {
  request: TimeRequest;
  granted_by: Named;
  since_ms: number;
  until_ms: number;
  inside: TicketState;
}
/** A step of a clock's ladder; one that waits has no `fired_ms`. */
export interface LadderStep {
  clock: ClockName;
  from_ms: number;
  level: Level;
  percent: number;
  due_ms: number;
  fired_ms: number | null;
  told: Named[];
  acked_by: Named | null;
  acked_ms: number | null;
  asks_me: boolean;
}

export interface Ticket {
  id: string;
  number: string | number;
  version: number;
  state: TicketState;
  source: 'video_alarm' | 'operator_patrol';
  camera: string;
  camera_name: string;
  place: string;
  rule: string | null;
  rule_name: string | null;
  category: string | null;
  proposed_category?: string;
  severity: Severity;
  opened_ms: number;
  reason: Reason;
  count: number;
  clock: Clock | null;
  beside: Clock | null;
  late: ClockName[];
  request: TimeRequest | null;
  paused: Paused | null;
  extensions: number;
  suspended_ms: number;
  parked_ms: number;
  reopened: number;
  policy: number;
  claimed_by: string | null;
  verified_by: string | null;
  member: { name: string; display: string } | null;
  offer: string | null;
  received_ms: number | null;
  /** When it was noticed that the phone does not have the order. */
  unreceived_ms: number | null;
  acked_ms: number | null;
  on_scene_ms: number | null;
  replied_ms: number | null;
  closed_ms: number | null;
  snapshot: string | null;
  clip: string | null;
  score: number | null;
  supports?: Support[];
  nobody_since_ms?: number | null;
  ahead?: Ahead | null;
  part?: 'owner' | 'support';
}

export interface LogLine {
  version: number;
  at_ms: number;
  actor: string;
  actor_display: string;
  role: string;
  input: string;
  detail: Record<string, unknown>;
}
export interface Evidence {
  id: string;
  kind: 'snapshot' | 'clip' | 'trace' | 'photo';
  mime: string;
  sha256: string;
  bytes: number;
  taken_ms: number;
  by: string | null;
}
/** A member at a place of the ranking; see `candidate.*` for the words. */
export interface Candidate {
  name: string;
  display: string;
  rank: number | null;
  eligible: boolean;
  choosable: boolean;
  bar: string | null;
  decided: string | null;
  own_beat: boolean | null;
  way_m: number | null;
  travel_s: number | null;
  signed_on?: boolean;
  rested: boolean;
  open_work: number;
  jobs: number;
  last_job_ms: number | null;
  phone_online: boolean | null;
}
export interface Named {
  name: string;
  display: string;
}
export interface Support {
  member: Named;
  offer: string;
  offered_ms: number;
  received_ms: number | null;
  acked_ms: number | null;
  on_scene_ms: number | null;
  done_ms: number | null;
}
/** Sent out before the verdict. */
export interface Ahead {
  by: Named;
  at_ms: number;
  confirmed_by: Named | null;
  confirmed_ms: number | null;
}
export interface Offer {
  id: string;
  member: Named;
  part: 'owner' | 'support';
  offered_ms: number;
  received_ms: number | null;
  acked_ms: number | null;
  on_scene_ms: number | null;
  ended_ms: number | null;
  outcome: 'done' | 'refused' | 'expired' | 'withdrawn' | null;
  reason: string | null;
}
export interface Reply {
  disposition: string;
  text: string;
  photos: string[];
  at_ms: number;
}
export interface Review {
  reviewer: string;
  at_ms: number;
  score: number | null;
  items: Record<string, ReviewAnswer>;
  note: string;
}
/** Three times of an order: the broker has it, the phone has it, the person has answered. */
export interface Receipt {
  offer: string;
  member: { name: string; display: string };
  ordered_ms: number;
  published_ms: number | null;
  received_ms: number | null;
  acked_ms: number | null;
  published_late_ms: number | null;
  received_late_ms: number | null;
  ended_ms: number | null;
}
/** A call to the second channel. */
export interface Call {
  id: string;
  kind: 'order_not_published' | 'order_not_received' | 'drill';
  member: { name: string; display: string };
  state: 'waiting' | 'done' | 'given_up' | 'void';
  at_ms: number;
  tries: number;
  next_ms: number | null;
  done_ms: number | null;
  error: string | null;
}
export interface TicketDetail {
  ticket: Ticket;
  area: Area | null;
  at_ms: number;
  log: LogLine[];
  evidence: Evidence[];
  candidates: Candidate[];
  offers?: Offer[];
  deadlines: LadderStep[];
  acts: string[];
  reply: Reply | null;
  review: Review | null;
  receipts: Receipt[];
  calls: Call[];
}

/** One object in one look. */
export interface Seen {
  id: number;
  class: NonNullable<Reason['class']>;
  score: number;
  box: Area;
}
/** One frame that was looked at; `tracks` is empty where objects were not searched. */
export interface Look {
  at_ms: number;
  moving: number;
  searched: boolean;
  tracks: Seen[];
}
/** A zone, or a line as two points. */
export interface Shape {
  id: string;
  name: string;
  points: Point[];
}
/** What was seen around an event, as `event/trace.rs` writes it. */
export interface Trace {
  format: 1;
  complete: boolean;
  fired_ms: number;
  until_ms: number;
  track: number | null;
  shape: Shape | null;
  looks: Look[];
}
export interface Film {
  id: string;
  begins_ms: number;
  /** Empty where it plays through from its first picture on. */
  parts: { plays_ms: number; from_ms: number; to_ms: number }[];
}
export interface Replay {
  ticket: string;
  number: number;
  severity: Severity;
  event: string;
  camera: string;
  camera_name: string;
  place: string;
  rule: string;
  rule_name: string;
  reason: Reason;
  at_ms: number;
  until_ms: number;
  track: number | null;
  area: Area | null;
  snapshot: string | null;
  clip: Film | null;
  trace_state: 'complete' | 'firing' | 'missing' | 'damaged';
  trace: Trace | null;
  shape: Shape | null;
  firings: { event: string; at_ms: number; camera_name: string; rule_name: string }[];
}

export type Act =
  | { type: 'separate'; event: string }
  | { type: 'claim' }
  | { type: 'confirm' }
  | { type: 'false_alarm'; reason: string; note: string }
  | { type: 'undetermined'; note: string }
  | { type: 'test_alarm'; note: string }
  | { type: 'classify'; category: string; severity: Severity; place: string; reason: string }
  | { type: 'dispatch'; member: string }
  | {
      type: 'dispatch_ahead';
      member: string;
      category: string;
      severity: Severity;
      place: string;
    }
  | { type: 'support'; member: string }
  | { type: 'call_off'; offer: string; reason: string }
  | { type: 'withdraw'; reason: string }
  | { type: 'check_pass'; note: string }
  | { type: 'check_return'; reason: string }
  | { type: 'review'; items: Record<string, ReviewAnswer>; note: string }
  | { type: 'correct'; named: number; verdict: Verdict; code: string; reason: string }
  | { type: 'reopen'; reason: string }
  | { type: 'ask_suspend'; minutes: number; reason: string; note: string }
  | { type: 'ask_park'; reason: string; note: string }
  | { type: 'ask_extend'; clock: ClockName; minutes: number; reason: string }
  | { type: 'grant' }
  | { type: 'deny'; reason: string }
  | { type: 'resume'; reason: string }
  | { type: 'acknowledge'; clock: ClockName; from_ms: number; level: Level };
export type Verdict = 'confirm' | 'false_alarm' | 'test_alarm';

/** A version of the rules of the centre. */
export interface PolicyVersion {
  number: number;
  title: string;
  text: string;
  sha256: string;
  reason: string;
  author: Named;
  proposed_ms: number;
  starts_ms: number;
  standing: 'proposed' | 'approved' | 'refused';
  decided_by: Named | null;
  decided_ms: number | null;
  decided_why: string | null;
  mine_to_decide: boolean;
}
export interface PolicyVersions {
  in_force: number;
  versions: PolicyVersion[];
}

export interface Week {
  week: string;
  start_ms: number;
  end_ms: number;
  observations: number;
}
export interface Signed {
  by: string;
  at_ms: number;
}
export interface Issue {
  id: string;
  week: string;
  version: number;
  cut_off_ms: number;
  made_ms: number;
  made_by: string;
  log_sha256: string;
  changes: { what: string; ticket: number | null; before: string; after: string }[];
  leader: Signed | null;
  director: Signed | null;
  published: Signed | null;
}
export interface PhoneLink {
  path: string;
  client_id: string;
  username: string;
  password: string;
  order_topic: string;
  answer_topic: string;
}
export interface Photo {
  id: string;
  sha256: string;
  bytes: number;
}
