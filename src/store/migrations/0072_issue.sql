-- Reports as they were drawn up, signed and published, and what is said against their figures.

-- One version of the report of a period. Its text is not stored: the log up to the cut-off gives
-- the same bytes again, and its hash says whether it still does.
create table issue (
  id text not null constraint issue_pk primary key,         -- UUIDv7
  period text not null,                                      -- week, such as 2026-W47
  version bigint not null,                                   -- 1, 2, 3 ... without gaps
  cut_off_ms bigint not null,
  made_ms bigint not null,
  made_by text not null,
  log_sha256 text not null,
  changes text not null,                                     -- JSON: against the version before
  leader text, leader_ms bigint,                             -- signed by
  director text, director_ms bigint,
  published_by text, published_ms bigint,
  constraint issue_version_uk unique (period, version)
);

-- A review of a ticket by a second reviewer, who does not see the first one's.
create table second_review (
  ticket text not null,
  reviewer text not null,
  at_ms bigint not null,
  items text not null,                                       -- JSON: item -> yes, no, na
  note text not null,
  score bigint constraint second_review_score_ck check (score between 0 and 100),
  constraint second_review_pk primary key (ticket, reviewer)
);
create index second_review_at_ix on second_review (at_ms);

-- What somebody says against a figure of theirs, and the answer.
create table objection (
  id text not null constraint objection_pk primary key,     -- UUIDv7
  author text not null,
  about text not null,                                       -- month, such as 2026-11
  ticket bigint,                                             -- its number, where it is about one
  text text not null,
  at_ms bigint not null,
  answer text, answered_by text, answered_ms bigint
);
create index objection_about_ix on objection (about, at_ms);
