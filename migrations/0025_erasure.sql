-- Erasure: a case that is over loses every word that people said of it; what figures count stays.

alter table incident add column erased_at bigint; -- when its words were erased; nothing can be done with it from then on

-- A wish to erase a case before its time, decided by somebody else.
create table incident_erasure (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  reason text not null, -- redacted
  asked_by uuid not null,
  asked_name text not null,
  asked_at bigint not null,
  approved boolean,
  decided_by uuid,
  decided_name text,
  decided_at bigint,
  words text -- redacted
);
create unique index uq_incident_erasure_open on incident_erasure (incident_id) where approved is null;
create index ix_incident_erasure_asked on incident_erasure (asked_at, id);

-- only: sqlite
-- Words that are deleted leave the index's own pages at once, not with a later merge.
insert into incident_words (incident_words, rank) values ('secure-delete', 1);
-- both
