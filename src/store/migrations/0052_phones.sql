-- What a member's phone says besides its answers: its counter, its clock, where it is; and drills.

-- The counter of a phone. A member may have several.
create table phone_counter (
  member text not null,
  device text not null,                                     -- as the phone calls itself, '' for a stock client
  last_seq bigint not null,                                 -- the highest that was worked on
  gaps bigint not null,                                     -- lower numbers that have not come
  skew_ms bigint not null,                                  -- its clock less ours at the last answer
  skew_max_ms bigint not null,                              -- the largest difference either way
  at_ms bigint not null,                                    -- when the last answer came
  constraint phone_counter_pk primary key (member, device)
);

alter table answer add column device text;
alter table answer add column seq bigint;
create index answer_seq_ix on answer (member, device, seq);

-- Where a member was while an order was his: from the acceptance to the reply.
create table position (
  offer text not null,
  at_ms bigint not null,                                    -- by our clock
  device_ms bigint not null,                                -- by the phone's
  ticket text not null,
  member text not null,
  lat double precision not null,
  lon double precision not null,
  accuracy_m double precision not null,
  constraint position_pk primary key (offer, device_ms)
);
create index position_ticket_ix on position (ticket);

-- The phone's clock less ours when a photo came, ms.
alter table evidence add column skew_ms bigint;

-- What the member ticked of an order's list.
create table check_answer (
  offer text not null,
  place bigint not null,                                    -- in the list, from 1
  ticket text not null,
  item text not null,                                       -- as it was asked
  answer text not null,                                     -- yes, no, na
  at_ms bigint not null,
  constraint check_answer_pk primary key (offer, place)
);

-- A test of every way to every member.
create table drill (
  id text not null constraint drill_pk primary key,         -- UUIDv7
  at_ms bigint not null,
  until_ms bigint not null,                                 -- who is not reached until then, is not
  by_account text not null,
  text text not null
);
create table drill_member (
  drill text not null constraint drill_member_drill_fk references drill (id),
  member text not null,
  outbox bigint not null,                                   -- its message
  received_ms bigint,                                       -- the phone has it
  acked_ms bigint,                                          -- the person has seen it
  constraint drill_member_pk primary key (drill, member)
);
