-- What leaves the straight road: pauses that end by themselves, merged cases, supervision cards, summoned units, rulings that bind, results
-- that wait for a signature. What an action carried stands with its step, so that a case is read whole from its history.

alter table incident add column paused_until bigint; -- when the pause ends by itself, or is looked at again
alter table incident add column merged_into uuid references incident (id);
alter table incident add column card text; -- the gravest supervision order that is open: urge, yellow, red
create index ix_incident_next on incident (next_at, id) where next_at is not null;
create index ix_incident_merged on incident (merged_into) where merged_into is not null;
create index ix_incident_card on incident (reported_at, id) where card is not null;

alter table incident_step add column details json; -- what the action carried, by its own shape

alter table incident_task add column whistle_id uuid; -- the summons that it came with
alter table incident_task add column report_by bigint; -- until when the unit has to report in
alter table incident_task add column arrived_at bigint; -- when it reported in
alter table incident_task add column binding boolean not null default false; -- given by a ruling: cannot be returned
alter table incident_task add column unsigned json; -- a result that waits for the signature of the unit's chief
alter table incident_task add column signed_by uuid;
create index ix_incident_task_whistle on incident_task (whistle_id) where whistle_id is not null;
