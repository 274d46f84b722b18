-- What a worker's device and day need: photographs known by the hash of what was sent, a day log with own entries, reports that say no more than
-- that the health service was told, and the way from a person to what that person did.

alter table file add column source_sha256 bytea;
create index ix_file_source on file (uploaded_by, source_sha256) where owner_id is null;

create index ix_incident_step_actor on incident_step (actor_id, at);

-- What somebody adds to the log of a day; the words are sealed.
create table day_entry (
  id uuid primary key,
  account uuid not null,
  day text not null,
  at bigint not null,
  words_sealed bytea not null
);
create index ix_day_entry_day on day_entry (account, day, at);

-- That the health service was told, by whom and when. There is no column for anything else, on purpose.
create table told_report (
  id uuid primary key,
  account uuid not null,
  kind text not null,
  at bigint not null
);
create index ix_told_report_account on told_report (account, at);
