-- Who was there: signing on and off, presence checks, and observations that nobody was there for.

create table attendance (
  id text not null constraint attendance_pk primary key,
  account text not null constraint attendance_account_fk references account (name),
  line text not null,                                       -- duty, standby, patrol
  on_ms bigint not null,
  via text not null,                                        -- console, phone
  turn_starts_ms bigint,                                    -- the turn that it is for; null outside of one's turns
  turn_ends_ms bigint,
  reason text not null,                                     -- why outside of a turn
  off_ms bigint,
  off_by text,                                              -- oneself, or gengfu for who forgot
  off_reason text
);
-- Nobody is in two places.
create unique index attendance_open_uq on attendance (account) where off_ms is null;
create index attendance_time_ix on attendance (on_ms);

-- "Are you there?": a nudge on the console of who is signed on to the line duty.
create table presence_check (
  id text not null constraint presence_check_pk primary key,
  attendance text not null constraint presence_check_attendance_fk references attendance (id),
  account text not null,
  asked_ms bigint not null,
  due_ms bigint not null,
  ended_ms bigint,
  outcome text                                              -- answered, act, missed, lapsed; null while it waits
);
create unique index presence_check_open_uq on presence_check (attendance) where outcome is null;
create index presence_check_time_ix on presence_check (asked_ms);

-- An observation waited while nobody was signed on to the line duty: the shift leader was told.
create table unattended (
  ticket text not null constraint unattended_ticket_fk references ticket (id),
  spell_ms bigint not null,                                 -- when the last one signed off; 0: nobody ever signed on
  told_ms bigint not null,
  told text not null,                                       -- accounts, words with blanks between
  constraint unattended_pk primary key (ticket, spell_ms)
);
create index unattended_time_ix on unattended (told_ms);
-- Acts of one account, newest first: any act is a sign of presence.
create index audit_actor_ix on audit (actor, at_ms);
