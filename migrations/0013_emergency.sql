-- Emergencies (特急): which desks are rung until they answer, the bulletins and the note afterwards; and what one shift hands to the next.

create table incident_emergency (
  incident_id uuid primary key references incident (id),
  round bigint not null, -- the round that the bulletins below belong to
  since bigint not null,
  first_due bigint not null,
  first_at bigint,
  final_at bigint,
  bulletins bigint not null,
  reminded_at bigint, -- when the first bulletin was found missing
  after_action_at bigint
);

create table incident_bell (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  unit_id uuid not null, -- the desk that is rung
  unit_path text not null,
  since bigint not null,
  rings bigint not null,
  rung_at bigint,
  acknowledged_at bigint,
  acknowledged_by uuid,
  acknowledged_name text
);
create unique index uq_incident_bell on incident_bell (incident_id, unit_id);

create table duty_handover (
  id uuid primary key,
  unit_id uuid not null,
  unit_path text not null,
  shift text not null,
  from_by uuid not null, -- the account that hands over
  from_name text not null,
  to_by uuid not null, -- the account that takes over
  to_name text not null,
  at bigint not null, -- handed over, which is the first confirmation
  words text not null, -- redacted
  items json not null, -- the cases that were open: emergencies first
  open_cases bigint not null, -- how many there were in all
  emergencies bigint not null,
  confirmed_at bigint, -- taken over
  answer text -- redacted
);
create index ix_duty_handover on duty_handover (unit_path, at);
create index ix_duty_handover_at on duty_handover (at, id);
