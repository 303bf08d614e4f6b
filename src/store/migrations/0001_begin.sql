-- The first schema. The same text runs on SQLite and PostgreSQL: BIGINT milliseconds in UTC,
-- TEXT ids (UUIDv7), JSON as TEXT. No triggers, no business rules; CHECKs guard sanity only.

-- Numbers that count up without gaps, taken inside the transaction that uses them.
create table counter (
  name text not null constraint counter_pk primary key,   -- 'ticket', 'outbox', 'audit', 'topic:<topic>'
  value bigint not null                                    -- last number given out
);

-- People who sign in.
create table account (
  name text not null constraint account_pk primary key,    -- what is typed at sign-in; MQTT user name of a patrol member
  display text not null,                                    -- name on screens
  role text not null,                                       -- operator, shift_leader, director, patrol_member, admin, wall
  password_hash text not null,                              -- argon2id in PHC form
  active bigint not null,                                   -- 1 may sign in, 0 may not
  created_ms bigint not null
);

-- Who is signed in. The token itself is only with the browser.
create table session (
  token_sha256 text not null constraint session_pk primary key,
  account text not null constraint session_account_fk references account (name),
  created_ms bigint not null,
  expires_ms bigint not null
);

-- Who is on duty when.
create table shift (
  account text not null constraint shift_account_fk references account (name),
  line text not null,                                       -- duty, standby, patrol
  starts_ms bigint not null,
  ends_ms bigint not null,
  constraint shift_pk primary key (account, line, starts_ms),
  constraint shift_order_ck check (starts_ms < ends_ms)
);

-- A rule has fired. Written before anything else happens with it.
create table event (
  id text not null constraint event_pk primary key,
  camera text not null,
  camera_name text not null,
  place text not null,
  rule text not null,                                       -- id of the rule in the configuration
  rule_name text not null,
  kind text not null,                                       -- zone_object, zone_motion
  zone text not null,
  class text,                                               -- person, bicycle, vehicle, animal, bag
  score double precision not null,                          -- detector score or moving share, 0..1
  dwell_ms bigint not null,                                 -- how long it had lasted
  armed text not null,                                      -- armed hours as configured
  track bigint,                                             -- track of the camera that fired it
  x0 double precision, y0 double precision,                 -- where in the picture, fractions 0..1
  x1 double precision, y1 double precision,
  severity text not null,                                   -- proposed
  category text not null,                                   -- proposed
  coalesce_ms bigint not null,                              -- firings this close join an open observation
  at_ms bigint not null,                                    -- when the frame was seen
  created_ms bigint not null,
  ticket text                                               -- null until the desk has filed it
);
create index event_unfiled_ix on event (ticket, at_ms);

-- A ticket as it stands; the log below is how it came there.
create table ticket (
  id text not null constraint ticket_pk primary key,
  number bigint not null constraint ticket_number_uq unique,
  version bigint not null,                                  -- accepted acts = rows in ticket_log
  source text not null,                                     -- video_alarm, operator_patrol
  camera text not null,
  camera_name text not null,
  rule text not null,                                       -- '' for a manual observation
  rule_name text not null,
  event text,                                               -- the first firing
  text text,                                                -- the operator's words of a manual observation
  seen_ms bigint not null,
  last_fired_ms bigint not null,
  severity text not null,
  category text,
  proposed_category text not null,
  place text not null,
  count bigint not null,                                    -- firings that it stands for
  late text not null,                                       -- clocks that ran out, words with blanks between
  state text not null,
  claimed_by text,
  verified_by text, verified_ms bigint,
  clock text, clock_started_ms bigint, clock_due_ms bigint, -- the clock that runs
  clock_late bigint not null,                               -- 1 once that it ran out is marked
  offers bigint not null,                                   -- orders sent out so far
  offer text, member text, offered_ms bigint, received_ms bigint, acked_ms bigint, on_scene_ms bigint,
  disposition text, reply_text text, reply_photos text, replied_ms bigint,
  ended_by text, ended_ms bigint,                           -- dismissed or closed
  dismissal text, dismissal_reason text,
  review_by text, review_ms bigint, review_items text, review_note text,
  review_score bigint constraint ticket_review_score_ck check (review_score between 0 and 100)
);
create index ticket_state_ix on ticket (state, number);
create index ticket_due_ix on ticket (clock_due_ms);
create index ticket_member_ix on ticket (member, state);
create index ticket_seen_ix on ticket (seen_ms);
create index ticket_offer_ix on ticket (offer);

-- Every accepted act, for ever. Reports read this.
create table ticket_log (
  ticket text not null constraint ticket_log_ticket_fk references ticket (id),
  version bigint not null,                                  -- 1, 2, 3 ... without gaps
  number bigint not null,
  at_ms bigint not null,
  actor text not null,
  role text not null,
  input text not null,                                      -- the act's word
  detail text not null,                                     -- JSON facts
  constraint ticket_log_pk primary key (ticket, version)
);
create index ticket_log_at_ix on ticket_log (at_ms);

-- Messages to go out, written with the change that causes them.
create table outbox (
  id bigint not null constraint outbox_pk primary key,      -- sending order
  message text not null,                                    -- UUIDv7, the receiver's key against doubles
  topic text not null,                                      -- below gengfu/{site}/
  seq bigint not null,                                      -- gap-free per topic
  kind text not null,                                       -- order, withdraw, state, refused, event, ...
  retain bigint not null,
  ticket text,
  body text not null,                                       -- JSON
  at_ms bigint not null,
  published_ms bigint                                       -- when the broker took it
);
create index outbox_published_ix on outbox (published_ms, id);

-- Answers already worked on, against doubles.
create table answer (
  id text not null constraint answer_pk primary key,        -- the phone's message id
  member text not null,
  at_ms bigint not null,
  outcome text not null                                     -- done, or the code of the refusal
);

-- Stills, clips and photos: the file is written first, the row last.
create table evidence (
  id text not null constraint evidence_pk primary key,
  event text,
  ticket text,
  kind text not null,                                       -- snapshot, clip, photo
  path text not null,                                       -- below the data folder
  mime text not null,
  sha256 text not null,
  bytes bigint not null,
  taken_ms bigint not null,                                 -- by the clock of whoever took it
  created_ms bigint not null,                               -- by our clock
  created_by text not null
);
-- The same photo by the same member for the same ticket is one, however often it is sent.
create unique index evidence_photo_uq on evidence (ticket, created_by, sha256) where kind = 'photo';
create index evidence_event_ix on evidence (event);
create index evidence_ticket_ix on evidence (ticket);

-- Every act and every view, allowed or not.
create table audit (
  seq bigint not null constraint audit_pk primary key,      -- gap-free
  at_ms bigint not null,
  actor text not null,
  role text not null,
  verb text not null,
  object text not null,
  reason text not null,
  outcome text not null                                     -- allowed, refused
);
