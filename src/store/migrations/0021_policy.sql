-- Versions of the rules of the centre. One is proposed by one person and approved by another; a
-- ticket keeps the number that it was born with (ticket.policy, 0 for the configuration's own).
create table policy_version (
  number bigint not null constraint policy_version_pk primary key,
  rules text not null,                                       -- the rule file as it was proposed
  sha256 text not null,
  reason text not null,
  author text not null,
  proposed_ms bigint not null,
  starts_ms bigint not null,                                 -- holds from here on once approved
  decision text,                                             -- approved, refused; null while it waits
  decided_by text, decided_ms bigint, decided_why text,
  constraint policy_version_two_ck check (decided_by is null or decided_by <> author)
);
