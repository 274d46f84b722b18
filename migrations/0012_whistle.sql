-- Summoned units (吹哨报到): who blew, for which case, and how the unit that came was judged. Each summoned unit has a task of the case.

create table incident_whistle (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  n bigint not null, -- the first, second … of its case
  state text not null, -- called | divided | joint | closed | called_off
  round bigint not null,
  at bigint not null,
  from_unit uuid not null,
  from_path text not null,
  blown_by uuid not null,
  blown_name text not null,
  words text not null, -- redacted
  report_by bigint not null,
  ended_at bigint,
  ended_by uuid,
  reason text -- why it was called off, redacted
);
create unique index uq_incident_whistle on incident_whistle (incident_id, n);
create index ix_incident_whistle_at on incident_whistle (at, id);
create index ix_incident_whistle_from on incident_whistle (from_path, at);

alter table incident_task add column missed_at bigint; -- when the unit was found not to have reported in

-- How the whistler judges a summoned unit, once: the street's word on a department.
create table incident_whistle_rating (
  task_id uuid primary key references incident_task (id),
  whistle_id uuid not null references incident_whistle (id),
  unit_id uuid not null,
  in_time boolean not null,
  effort text not null, -- good | fair | poor
  result text not null, -- good | fair | poor
  words text not null, -- redacted
  at bigint not null,
  by uuid not null
);
create index ix_incident_whistle_rating on incident_whistle_rating (whistle_id);
