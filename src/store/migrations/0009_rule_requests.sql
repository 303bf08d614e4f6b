-- What people ask of rules: to be put aside for some hours, or to be changed in the configuration
-- file. Nothing of it holds before somebody else has approved it.

create table rule_request (
  id text not null constraint rule_request_pk primary key,
  camera text not null,
  rule text not null,                                        -- id of the rule in the configuration
  kind text not null,                                        -- shelve, change
  word text not null,                                        -- which change, word of report/change.rs
  lines text not null,                                       -- lines to write into the configuration file; '' when shelved
  for_ms bigint not null,                                    -- how long to shelve from the approval on; 0 for a change
  missed bigint not null,                                    -- confirmed tickets that would have been missed, when asked
  confirmed bigint not null,                                 -- of so many
  avoided bigint not null,                                   -- false alarms that would not have come, when asked
  false_alarms bigint not null,                              -- of so many
  reason text not null,
  asked_by text not null, asked_ms bigint not null,
  decision text,                                             -- approved, refused; null while it waits
  decided_by text, decided_ms bigint, decided_why text,
  until_ms bigint,                                           -- a shelved rule is back from here on
  ended_by text, ended_ms bigint, ended_why text             -- taken back by a person before that
);
create index rule_request_rule_ix on rule_request (camera, rule, until_ms);

-- A firing of a shelved rule is kept like any other and makes no observation.
alter table event add column shelf text;                     -- rule_request under which the rule was shelved
create index event_shelf_ix on event (shelf);
