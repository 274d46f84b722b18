-- What residents find and read without a log-in: the address book, notices of a place, links that show no personal words.

-- Compounds and buildings with a point, to find one's grid by. n is the place in the book: by kind, then in natural order.
create table address (
  id uuid primary key,
  kind text not null,
  n bigint not null,
  name text not null,
  place text not null,
  words text not null, -- name and place as they are compared: no spaces, one word for a block
  grid_id uuid,
  lon double precision not null,
  lat double precision not null
);
create unique index uq_address on address (n);
create index ix_address_grid on address (grid_id, n);

-- A link to how a case goes on that shows nothing of what its reporter said.
create table incident_share (
  incident_id uuid primary key references incident (id),
  hash bytea not null,
  made_at bigint not null
);
create unique index uq_incident_share_hash on incident_share (hash);

-- Public notices (公示): what a grid, a community, a street or the district tells its residents, from when to when.
create table publication (
  id uuid primary key,
  version bigint not null,
  kind text not null,
  title text not null,
  body text not null,
  unit_id uuid not null,
  unit_path text not null,
  from_at bigint not null,
  until_at bigint,
  author uuid not null,
  author_unit text not null,
  made_at bigint not null,
  withdrawn_at bigint,
  withdrawn_by uuid,
  reason text
);
create index ix_publication_path on publication (unit_path, from_at);
create index ix_publication_from on publication (from_at, id);
