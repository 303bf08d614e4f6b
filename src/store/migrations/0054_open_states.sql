-- Nearly all tickets are over. An index of all states made the lists of open and of unreviewed
-- tickets, and the figures of the day, read a million closed ones (0.4 s each).
drop index ticket_state_ix;
create index ticket_state_ix on ticket (state, number)
  where state not in ('dismissed', 'closed', 'archived');
