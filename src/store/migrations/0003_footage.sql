-- Footage: what is recorded, what is missing and why, what is held, what is broken.

-- One file of footage. Written when the file is opened, completed when it is finished.
create table segment (
  id text not null constraint segment_pk primary key,       -- UUIDv7
  camera text not null,
  number bigint not null,                                    -- counts the files of a camera, never used twice
  file text not null,                                        -- relative to the folder of the footage
  started_ms bigint not null,                                -- server's clock at the first picture
  ended_ms bigint,                                           -- end of the last picture; null while it is written
  media_ms bigint,                                           -- length by the camera's clock
  wall_ms bigint,                                            -- length by our monotone clock
  bytes bigint,
  units bigint,                                              -- encoded pictures
  key_frames bigint,
  lost bigint,                                               -- units known to be missing inside
  codec text not null,                                       -- h264, h265
  width_px bigint not null,
  height_px bigint not null,
  sha256 text,                                               -- of the finished file
  constraint segment_number_uk unique (camera, number)
);
create index segment_time_ix on segment (camera, started_ms);
create index segment_end_ix on segment (ended_ms);

-- A time without footage. With the segments these rows cover every moment of a camera.
create table gap (
  id text not null constraint gap_pk primary key,           -- UUIDv7
  camera text not null,
  started_ms bigint not null,
  ended_ms bigint,                                           -- null while it lasts
  cause text not null,                                       -- a word of record/gap.rs
  detail text not null                                       -- the sentence for people, may be empty
);
create index gap_time_ix on gap (camera, started_ms);

-- What clocks did: steps of the camera's or the server's time, drift of a camera.
create table clock_note (
  id text not null constraint clock_note_pk primary key,
  camera text not null,                                      -- empty: the server itself
  at_ms bigint not null,
  kind text not null,                                        -- server_step, camera_step, camera_offset, camera_drift
  by_ms bigint not null                                      -- how far, positive when the clock went ahead
);

-- Footage that must not go, and why.
create table hold (
  id text not null constraint hold_pk primary key,
  camera text not null,
  from_ms bigint not null,
  to_ms bigint not null,
  kind text not null,                                        -- legal, ticket
  ticket text,
  reason text not null,
  placed_by text not null,
  placed_ms bigint not null,
  until_ms bigint not null,                                  -- review date: it ends here unless renewed
  released_by text,
  released_ms bigint
);
create index hold_time_ix on hold (camera, from_ms);

-- Footage that was deleted, by which rule: what remains when file and row are gone.
create table footage_deletion (
  id text not null constraint footage_deletion_pk primary key,
  camera text not null,
  number bigint not null,
  started_ms bigint not null,
  ended_ms bigint not null,
  bytes bigint not null,
  sha256 text not null,
  rule text not null,                                        -- ceiling, free_space, below_floor
  at_ms bigint not null
);

-- Something of the equipment is broken; one open row per kind and camera.
create table fault (
  id text not null constraint fault_pk primary key,
  camera text not null,                                      -- empty: the centre itself
  kind text not null,                                        -- a word of record/fault.rs
  message text not null,
  since_ms bigint not null,
  until_ms bigint                                            -- null while it lasts
);
create index fault_open_ix on fault (until_ms);

-- The marker of the disk that holds the footage, so that another or a missing one is noticed.
create table footage_disk (
  marker text not null constraint footage_disk_pk primary key,
  known_ms bigint not null
);
