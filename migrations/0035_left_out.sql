-- A case says itself of which rates it is left out, so that the list behind a rate leaves it out too; the wishes and who decided them stay where they
-- are. And the list of what was solved on a day is read from an index.
alter table incident add column left_out text not null default ''; -- words of rates, separated by commas
update incident set left_out = 'response'
where id in (select e.incident_id from report_exclusion e where e.approved and e.rate = 'response');
update incident set left_out = case when left_out = '' then 'solved' else left_out || ',solved' end
where id in (select e.incident_id from report_exclusion e where e.approved and e.rate = 'solved');
update incident set left_out = case when left_out = '' then 'satisfied' else left_out || ',satisfied' end
where id in (select e.incident_id from report_exclusion e where e.approved and e.rate = 'satisfied');

create index ix_incident_resolved on incident (resolved_at, id) where resolved_at is not null;
create index ix_incident_left_out on incident (reported_at, id) where left_out <> '';
