-- The catalogue of matters with every version of its rules, and the calendars that limits are counted by.

-- One import or one change by hand.
create table catalogue_batch (
  id uuid primary key,
  source text not null,
  made_by text not null,
  made_at bigint not null,
  added bigint not null,
  changed bigint not null,
  retired bigint not null
);

-- A matter keeps its identity while its rules change; cases refer to it for ever, so no row is deleted.
create table matter (
  id uuid primary key,
  level1 text not null,
  level2 text not null,
  level3 text not null
);
create unique index uq_matter_path on matter (level1, level2, level3);

-- What holds from `valid_from` until `valid_to`; a retired matter is one whose last version has ended.
create table matter_version (
  matter_id uuid not null references matter (id),
  n bigint not null,
  body json not null,
  valid_from bigint not null,
  valid_to bigint,
  batch uuid not null references catalogue_batch (id),
  primary key (matter_id, n)
);
create index ix_matter_version_batch on matter_version (batch);

-- Versions of the calendar. A row holds from version `since` until before version `until`, so that old deadlines can be worked out again.
create table calendar_version (
  n bigint primary key,
  source text not null,
  made_by text not null,
  made_at bigint not null
);

create table calendar_day (
  day text not null,
  since bigint not null references calendar_version (n),
  until bigint references calendar_version (n),
  kind text not null,
  name text not null,
  primary key (day, since)
);

create table shift (
  name text not null,
  since bigint not null references calendar_version (n),
  until bigint references calendar_version (n),
  season_from text not null,
  season_to text not null,
  intervals json not null,
  primary key (name, since)
);

create view catalogue_v_matter as select id, level1, level2, level3 from matter;
