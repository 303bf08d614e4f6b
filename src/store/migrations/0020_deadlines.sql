-- Tickets that cannot get lost: everything of a life that acts can change, and each due time as a
-- row that is marked once.

-- The state's own clock: since when nobody acknowledged, what moved its due times, what has fired
-- (bits of ticket/ladder.rs).
alter table ticket add column clock_chain_ms bigint;
alter table ticket add column clock_moved_ms bigint not null default 0;
alter table ticket add column clock_fired bigint not null default 0;
alter table ticket add column policy bigint not null default 0; -- version of the rules it was born with
alter table ticket add column beside text;                   -- JSON: the clock that runs beside the state's own
alter table ticket add column request text;                  -- JSON: asked for and not yet decided
alter table ticket add column paused text;                   -- JSON: why it is suspended or parked, and what goes on after
alter table ticket add column extensions bigint not null default 0;
alter table ticket add column suspended_ms bigint not null default 0;
alter table ticket add column parked_ms bigint not null default 0;
alter table ticket add column reopened bigint not null default 0;
alter table ticket add column archived_ms bigint;            -- since when it cannot be reopened

-- A step of the ladder of one run of one clock. It waits, or has fired, or its clock stopped first.
create table deadline (
  ticket text not null,
  clock text not null,                                       -- a word of ticket/clocks.rs
  from_ms bigint not null,                                   -- names the run: its start, or that of the chain of orders
  level text not null,                                       -- a word of ticket/ladder.rs
  percent bigint not null,                                   -- share of the clock
  due_ms bigint not null,
  fired_ms bigint,                                           -- null until it has fired
  stopped_ms bigint,                                         -- its clock stopped before, or another step took its place
  version bigint,                                            -- line of the log that it fired with
  told text,                                                 -- JSON list of the accounts it went to
  acked_by text, acked_ms bigint,                            -- who said that they know
  constraint deadline_pk primary key (ticket, clock, from_ms, level)
);
create index deadline_waits_ix on deadline (due_ms) where fired_ms is null and stopped_ms is null;
