-- Swaps of turns, causes of outages, and hand-overs with their two signatures.

create table swap (
  id text not null constraint swap_pk primary key,
  gives_account text not null,                              -- who asks, and the turn that is given
  gives_line text not null,
  gives_starts_ms bigint not null,
  gives_ends_ms bigint not null,
  takes_account text not null,                              -- the other, and the turn that is taken
  takes_line text not null,
  takes_starts_ms bigint not null,
  takes_ends_ms bigint not null,
  reason text not null,
  asked_ms bigint not null,
  agreed_ms bigint,                                         -- when the other agreed
  decision text,                                            -- approved, refused
  decided_by text,
  decided_ms bigint,
  decided_why text
);
create index swap_asked_ix on swap (asked_ms);

-- What the shift entered as the cause of an outage; the newest entry counts, older ones stay.
create table outage_cause (
  outage text not null,                                     -- id of the fault or of the gap
  number bigint not null,                                   -- 1, 2, 3 ...
  cause text not null,                                      -- planned, power, network, ..., unknown
  note text not null,
  entered_by text not null,
  entered_ms bigint not null,
  constraint outage_cause_pk primary key (outage, number)
);

create table handover (
  id text not null constraint handover_pk primary key,
  number bigint not null constraint handover_number_uq unique,
  written_ms bigint not null,
  written_by text not null,
  since_ms bigint not null,                                 -- what happened from here on is told
  document text not null,                                   -- JSON, never changed
  sha256 text not null,                                     -- of the document's bytes
  outgoing_by text, outgoing_ms bigint, outgoing_remarks text,
  incoming_by text, incoming_ms bigint, incoming_remarks text
);
create index handover_written_ix on handover (written_ms);
