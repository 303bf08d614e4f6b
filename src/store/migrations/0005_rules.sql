-- More kinds of rules: what only some of them have to tell, why a firing joined an observation, and
-- what stands in the picture.

alter table event add column facts text;                   -- JSON object of the kind's own facts
alter table event add column joined text;                  -- why it joined: a word of ticket/filing.rs; null for the first

-- What stands in the picture of a camera, so that it is not new after a restart.
create table standing (
  camera text not null,
  place bigint not null,                                     -- counts the places of a camera
  class text not null,                                       -- person, bicycle, vehicle, animal, bag
  x0 double precision not null, y0 double precision not null, -- fractions 0..1 of the frame
  x1 double precision not null, y1 double precision not null,
  since_ms bigint not null,                                  -- since when it stands
  seen_ms bigint not null,                                   -- when it was last found there
  seen bigint not null,                                      -- looks that found it
  looks bigint not null,                                     -- looks that could have
  told text not null,                                        -- rules that have told of it, words with blanks between
  constraint standing_pk primary key (camera, place)
);
