-- What exceptions stand on: the conference behind an extension, the reply that did not come, and dispatches that were wrong.

-- The step of the case's history that records the conference by which a third extension was granted.
alter table incident_extension add column conference_n bigint;

-- When the signer, the supervisor and the unit were told that the reply to an order is overdue.
alter table supervision add column overdue_at bigint;
create index ix_supervision_reply_by on supervision (reply_by, id) where state = 'open' and overdue_at is null;

-- Not every return says that the dispatch was wrong: a lead's for a reason that counts as wrong and anybody's for one that counts as sent down do, until
-- the next dispatch goes to the same unit again. An objection that was upheld says so too.
update incident set misrouted =
  (select count(*) from incident_return r where r.incident_id = incident.id and coalesce(r.accepted, true)
    and (r.counts = 'sent_down' or (r.counts = 'wrong' and r.role = 'lead')))
  + (select count(*) from incident_review v where v.incident_id = incident.id and v.kind = 'objection' and v.state = 'upheld')
  + (select count(*) from incident_step s where s.incident_id = incident.id and s.action = 'dispatch' and s.state_before = 'assigned')
where misrouted > 0 or id in (select v.incident_id from incident_review v where v.state = 'upheld');
