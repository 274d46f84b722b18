-- Merged cases: each follower rates for himself, each order from above gets its own answer. And lists that people saved by name.

alter table incident_rating add column follower_id uuid; -- the neighbour who joined; null for the case's reporter and for call-backs
create unique index uq_incident_rating_follower on incident_rating (follower_id, round) where follower_id is not null;

-- The answer that an order from above got, kept as it was given: number and deadline are those of the order.
create table incident_order_reply (
  id uuid primary key,
  incident_id uuid not null references incident (id), -- the case that the order came with
  solved_by uuid not null references incident (id), -- the case that was solved; the same, or the one it was merged into
  round bigint not null,
  number text not null,
  due_at bigint,
  replied_at bigint not null,
  result text,
  reply text,
  on_time boolean not null
);
create index ix_incident_order_reply_case on incident_order_reply (incident_id, replied_at);

-- A list that somebody saved by name, perhaps shared with a unit.
create table incident_filter (
  id uuid primary key,
  account uuid not null,
  name text not null,
  query json not null, -- the parameters of the list
  unit_id uuid, -- shared with everybody whose cases lie in this unit or below
  unit_path text,
  made_at bigint not null
);
create unique index uq_incident_filter_name on incident_filter (account, name);
create index ix_incident_filter_unit on incident_filter (unit_path) where unit_path is not null;
