-- Dispatch: every offer with its end and the ranking behind it; orders that wait to ring together.

-- What dispatch adds to a ticket: members who support the one responsible, that nobody could be
-- asked, an order before the verdict. JSON.
alter table ticket add column crew text not null default '{}';

-- Every order that was offered to somebody, for ever: who, when, how it ended and why he was asked.
create table offer (
  id text not null,                                         -- UUIDv7, the order's id on the phone
  ticket text not null constraint offer_ticket_fk references ticket (id),
  member text not null,
  part text not null,                                       -- owner, support
  offered_ms bigint not null,
  received_ms bigint, acked_ms bigint, on_scene_ms bigint, replied_ms bigint,
  ended_ms bigint,                                          -- null while it runs
  outcome text,                                             -- done, refused, expired, withdrawn
  reason text,                                              -- code of the refusal, or words
  ranking text,                                             -- JSON: all members, best first, with reasons
  constraint offer_pk primary key (ticket, id)
);
create index offer_id_ix on offer (id);
create index offer_member_ix on offer (member, ended_ms);
create index offer_ticket_ix on offer (ticket, offered_ms);

-- Orders that were out before this table was there.
insert into offer (id, ticket, member, part, offered_ms, received_ms, acked_ms, on_scene_ms,
  replied_ms, ended_ms, outcome)
select offer, id, member, 'owner', offered_ms, received_ms, acked_ms, on_scene_ms, replied_ms,
  case when state = 'closed' then ended_ms end, case when state = 'closed' then 'done' end
from ticket
where offer is not null and member is not null and offered_ms is not null;

-- Orders for one member within some seconds wait here and go out together.
create table held_order (
  offer text not null constraint held_order_pk primary key,
  topic text not null,                                      -- below gengfu/{site}/
  ticket text not null,
  body text not null,                                       -- JSON, as it will be sent
  held_ms bigint not null,
  until_ms bigint not null
);
create index held_order_until_ix on held_order (until_ms, held_ms);

-- Members whom a shift leader has taken out of dispatch.
create table suspension (
  account text not null constraint suspension_account_fk references account (name),
  since_ms bigint not null,
  until_ms bigint,                                          -- null until somebody ends it
  reason text not null,
  by_account text not null,
  constraint suspension_pk primary key (account, since_ms)
);
