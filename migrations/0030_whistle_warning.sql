-- From when on the light of a summoned unit that is not there yet is yellow: an instant, frozen when it was summoned, since the share of the time
-- that is left then is the district's to say. Until now it was a fifth.
alter table incident_task add column warn_at bigint;
update incident_task set warn_at =
  (select w.at + (incident_task.report_by - w.at) * 4 / 5 from incident_whistle w where w.id = incident_task.whistle_id)
where report_by is not null;
