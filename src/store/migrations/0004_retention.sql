-- The retention class of each camera over time. What was stored under a longer class keeps it, and
-- a camera that is no longer configured keeps its last one.
create table retention_class (
  camera text not null,
  since_ms bigint not null,                                  -- in force from here on
  class text not null,                                       -- ordinary, key
  constraint retention_class_pk primary key (camera, since_ms)
);

-- Deleted footage of a time, and the last deletion by a rule.
create index footage_deletion_time_ix on footage_deletion (camera, started_ms);
create index footage_deletion_rule_ix on footage_deletion (rule, at_ms);
