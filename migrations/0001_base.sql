-- What every slice stands on: revisions of what nodes keep in memory, settings, idempotent commands, leases of single roles.

create table revision (
  name text primary key,
  n bigint not null
);

create table setting (
  name text primary key,
  body json not null,
  reason text not null,
  expires_at bigint,
  set_by text not null,
  set_at bigint not null
);

-- One row a command that came from outside, kept 30 days; the answer is sealed.
create table command (
  actor uuid not null,
  route text not null,
  idempotency_key text not null,
  body_hash bytea not null,
  status bigint not null,
  response bytea not null,
  expires_at bigint not null,
  primary key (actor, route, idempotency_key)
);
create index ix_command_expires on command (expires_at);

-- Who plays a role that only one process may play at a time, such as the relay.
create table lease (
  name text primary key,
  holder uuid not null,
  until bigint not null
);
