-- Who is rung back: since when a case waits for a call, and who holds the receiver just now.

alter table incident add column call_at bigint; -- since when its reporter is to be rung back; null when nobody is
create index ix_incident_call on incident (call_at, id) where call_at is not null;

-- A caller's claim on a case, so that two callers do not ring the same person; it ends by itself.
create table incident_call (
  incident_id uuid primary key references incident (id),
  holder uuid not null,
  held_until bigint not null
);
