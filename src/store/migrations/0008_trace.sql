-- What was seen around an event is one piece of evidence of it (kind trace): written at the firing,
-- replaced as a whole at the end of the post-roll.
create unique index evidence_trace_uq on evidence (event) where kind = 'trace';

-- A clip that was made out of footage with gaps does not play through: JSON list of
-- [ms of the clip, from_ms, to_ms]. Null where it does, from taken_ms on.
alter table evidence add column parts text;
