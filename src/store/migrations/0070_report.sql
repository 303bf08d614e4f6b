-- What reports read: passages of a week about stored video (the audit grows with every view of the
-- wall). The first lines of tickets over a year are found by the index of 0051.
create index audit_verb_ix on audit (verb, at_ms);
