-- Who has a case open at which serving process, for the half minute that a look counts. Only PostgreSQL, where several processes can serve one
-- district, ever has rows here; they are not logged there, so that no backup of the log says who looked at what.
create table incident_look (
  node uuid not null, -- the process
  incident_id uuid not null,
  account uuid not null,
  name text not null, -- as colleagues see it
  until bigint not null,
  primary key (node, incident_id, account)
);
create index ix_incident_look on incident_look (incident_id, until);
-- only: postgres
alter table incident_look set unlogged;
-- both
