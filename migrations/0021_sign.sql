-- Archive, links for partner units, and what goes to others while somebody is away.

create index ix_incident_closed on incident (closed_at, id) where state = 'closed';

-- A link with which a partner unit, that has no account, does its task. The secret itself is nowhere.
create table task_link (
  id uuid primary key,
  token_hash bytea not null,
  incident_id uuid not null references incident (id),
  task_id uuid not null references incident_task (id),
  made_by uuid not null,
  made_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create unique index uq_task_link_token on task_link (token_hash);
create index ix_task_link_task on task_link (task_id);

-- The hand-over of a leave: offered by who goes, confirmed by who stands in, carried out when the leave begins, undone when it ends.
create table leave_handover (
  id uuid primary key,
  leave_id uuid not null,
  person_id uuid not null,
  deputy_id uuid, -- nobody when it was not offered: then the head of the grid or the duty desk takes over
  from_at bigint not null,
  to_at bigint not null,
  offered_at bigint,
  offered_by uuid,
  confirmed_at bigint,
  confirmed_by uuid,
  moved_at bigint,
  ended_at bigint
);
create unique index uq_leave_handover on leave_handover (leave_id);
create index ix_leave_handover_person on leave_handover (person_id, from_at);
create index ix_leave_handover_deputy on leave_handover (deputy_id, from_at) where deputy_id is not null;
create index ix_leave_handover_open on leave_handover (from_at) where ended_at is null;

create table leave_handover_task (
  handover_id uuid not null references leave_handover (id),
  task_id uuid not null references incident_task (id),
  incident_id uuid not null references incident (id),
  from_unit uuid not null,
  from_path text not null,
  to_unit uuid not null,
  to_person uuid,
  moved_at bigint not null,
  back_at bigint
);
create unique index uq_leave_handover_task on leave_handover_task (handover_id, task_id);
