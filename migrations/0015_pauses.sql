-- Requests for more time: who asked for how much and why, who granted or refused it. The ladder of approvals counts the granted ones of a round.

create table incident_extension (
    id uuid primary key,
    incident_id uuid not null references incident (id),
    task_id uuid not null references incident_task (id),
    round bigint not null,
    n bigint not null, -- the how-manieth of the round, counted from 1 by those that were granted
    rung text not null, -- whose decision it is: chief, leader, conference
    state text not null, -- open, granted, refused, dropped
    unit_id uuid not null,
    unit_path text not null, -- of the task's unit: who decides, decides within this path
    reason text not null, -- redacted
    length json not null, -- how much more, {"n", "unit"}
    asked_at bigint not null,
    asked_by uuid not null,
    asked_name text not null,
    due_before bigint,
    due_after bigint, -- when it was granted
    decided_at bigint,
    decided_by uuid,
    decided_name text,
    words text -- redacted
);
create unique index uq_incident_extension_open on incident_extension (incident_id) where state = 'open';
create index ix_incident_extension_case on incident_extension (incident_id, asked_at);
create index ix_incident_extension_list on incident_extension (state, asked_at, id);
