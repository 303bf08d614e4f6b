-- Whether the wall was shown, and which cameras an operator has looked at.

-- A stretch without a break of one screen showing the wall.
create table screen_spell (
  screen text not null,                                     -- made by the browser once
  account text not null,
  from_ms bigint not null,
  until_ms bigint not null,                                 -- its last beat
  silence_ms bigint not null,                               -- the longest it heard nothing of us
  constraint screen_spell_pk primary key (screen, from_ms)
);
create index screen_spell_time_ix on screen_spell (until_ms);

-- A camera that was looked at on a round.
create table round_look (
  camera text not null,
  account text not null,
  at_ms bigint not null,
  constraint round_look_pk primary key (camera, account, at_ms)
);
create index round_look_time_ix on round_look (at_ms);
