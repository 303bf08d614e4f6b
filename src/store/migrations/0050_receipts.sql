-- Three times of every order, and calls to the second channel when a phone does not say that it
-- has one.

create table receipt (
  offer text not null constraint receipt_pk primary key,    -- the order's id on the phone
  ticket text not null,
  member text not null,
  outbox bigint not null,                                   -- its message
  ordered_ms bigint not null,
  published_ms bigint,                                      -- the broker has it
  received_ms bigint,                                       -- the phone has it
  acked_ms bigint,                                          -- the person has answered
  published_late_ms bigint,                                 -- when it was noticed that the broker does not have it
  received_late_ms bigint,                                  -- when it was noticed that the phone does not have it
  ended_ms bigint                                           -- refused or taken back
);
create index receipt_waiting_ix on receipt (received_ms, ended_ms, ordered_ms);
create index receipt_member_ix on receipt (member, received_ms);
create index receipt_ticket_ix on receipt (ticket);
create index receipt_outbox_ix on receipt (outbox);

-- Orders that were out before this table was there.
insert into receipt (offer, ticket, member, outbox, ordered_ms, received_ms, acked_ms)
select offer, id, member, 0, offered_ms, received_ms, acked_ms
from ticket
where offer is not null and member is not null and offered_ms is not null;

-- Calls to the second channel, written with their cause, tried until they are taken or given up.
create table call (
  id text not null constraint call_pk primary key,          -- UUIDv7, the receiver's key against doubles
  kind text not null,                                       -- order_not_received, order_not_published, drill
  about text not null,                                      -- the offer, or the drill
  ticket text,
  member text not null,
  body text not null,                                       -- JSON, as it is sent
  at_ms bigint not null,
  tries bigint not null,
  next_ms bigint,                                           -- when it is tried; null when it is over
  done_ms bigint,                                           -- when the receiver took it
  given_up_ms bigint,
  void_ms bigint,                                           -- when it was no longer needed
  error text                                                -- what the last try came to
);
create unique index call_about_uq on call (kind, about, member);
create index call_next_ix on call (next_ms);
create index call_ticket_ix on call (ticket);
