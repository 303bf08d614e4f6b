-- What was seen around an event is one piece of evidence of it (kind trace): written at the firing,
-- replaced as a whole at the end of the post-roll.
create unique index evidence_trace_uq on evidence (event) where kind = 'trace';
