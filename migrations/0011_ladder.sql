-- Warnings and escalation by rule, and supervision orders (督办单).

-- Which stages of the ladder a case has set off. A turn of the light sets a stage off once, whoever sweeps and however the clock jumps.
create table incident_alarm (
  incident_id uuid not null references incident (id),
  round bigint not null,
  stage text not null,
  mark_at bigint not null, -- the turn of the light that the stage counts from
  due_at bigint not null,
  fired_at bigint not null
);
create unique index uq_incident_alarm on incident_alarm (incident_id, round, stage, mark_at);

-- An order goes to a case and a unit, never to a person.
create table supervision (
  id uuid primary key,
  code text not null,
  version bigint not null,
  incident_id uuid not null references incident (id),
  unit_id uuid not null,
  unit_path text not null,
  issuer_path text not null, -- where it was issued from: only who reaches that far may end it
  card text not null, -- urge, yellow, red
  words text not null, -- redacted
  signer text not null,
  issued_by uuid not null, -- nil when a rule issued it
  stage text, -- the stage of the ladder that issued it
  issued_at bigint not null,
  reply_by bigint not null,
  state text not null, -- open, replied, lifted, closed
  reply text, -- redacted
  replied_by uuid,
  replied_name text,
  replied_at bigint,
  end_words text, -- redacted
  ended_by uuid,
  ended_name text,
  ended_at bigint
);
create unique index uq_supervision_code on supervision (code);
create index ix_supervision_case on supervision (incident_id);
create index ix_supervision_issued on supervision (issued_at, id);
create index ix_supervision_unit on supervision (unit_path, issued_at, id);
create index ix_supervision_open on supervision (reply_by) where state = 'open';
