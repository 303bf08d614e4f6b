-- A million tickets must not slow down the lists and figures of a day (measured with
-- `gengfu bench store`).

-- The open ones, and those that nobody has reviewed, are few among many.
create index ticket_open_ix on ticket (number) where state not in ('dismissed', 'closed');
create index ticket_unreviewed_ix on ticket (number) where state = 'closed' and review_ms is null;
-- Figures of a day.
create index ticket_ended_ix on ticket (ended_ms);
create index ticket_acked_ix on ticket (acked_ms);
create index ticket_on_scene_ix on ticket (on_scene_ms);
create index ticket_log_input_ix on ticket_log (input, at_ms);
-- Which observation of a camera takes a firing.
create index ticket_fired_ix on ticket (camera, last_fired_ms);
-- When a member had the last order.
create index ticket_offered_ix on ticket (member, offered_ms);
