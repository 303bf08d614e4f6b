-- Rosters: drafted, then published as a version; turns that were replaced are kept.

-- The turns that hold stand in `shift`; a roster is where they came from.
create table roster (
  id text not null constraint roster_pk primary key,
  from_ms bigint not null,                                  -- first moment of its period
  until_ms bigint not null,                                 -- first moment after it
  note text not null,
  drafted_by text not null,
  drafted_ms bigint not null,
  version bigint,                                           -- null: a draft; 1, 2, 3 ... as they were published
  published_by text,
  published_ms bigint,
  constraint roster_order_ck check (from_ms < until_ms)
);

create table roster_turn (
  roster text not null constraint roster_turn_roster_fk references roster (id),
  number bigint not null,                                   -- place in the roster; a draft may have faults
  account text not null,
  line text not null,                                       -- duty, standby, patrol
  starts_ms bigint not null,
  ends_ms bigint not null,
  constraint roster_turn_pk primary key (roster, number)
);

-- Turns that held and were replaced, whole or in part.
create table shift_past (
  account text not null,
  line text not null,
  starts_ms bigint not null,
  ends_ms bigint not null,
  replaced_by text not null,                                -- id of the roster or the swap
  replaced_ms bigint not null,
  constraint shift_past_pk primary key (replaced_by, account, line, starts_ms)
);
create index shift_time_ix on shift (ends_ms, starts_ms);
