-- Volumes of the archive: what was filed, and the hash that seals each. The files lie outside.
create table volume (
  code text not null constraint volume_pk primary key,      -- year-class-seq
  class text not null,
  about text not null,                                       -- week, such as 2026-W47
  made_ms bigint not null,
  made_by text not null,
  cut_off_ms bigint not null,
  log_sha256 text not null,
  manifest_sha256 text not null,
  place text not null,                                       -- folder
  checked_ms bigint,                                         -- last check of its files
  faults text not null                                       -- what the last check found, one a line
);
create index volume_about_ix on volume (about);
