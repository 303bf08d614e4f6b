-- Archived tickets are over as well: the lists of open and of unreviewed tickets leave them out, and
-- a partial index serves only a question with its very condition.
drop index ticket_open_ix;
create index ticket_open_ix on ticket (number)
  where state not in ('dismissed', 'closed', 'archived');
drop index ticket_unreviewed_ix;
create index ticket_unreviewed_ix on ticket (number)
  where state in ('closed', 'archived') and review_ms is null;
