-- The lists behind the figures of dispatch to one unit.
create index ix_incident_task_lead on incident_task (unit_id, offered_at) where role = 'lead';
