-- What a person is told: in the face always, by mail when the person wants it and the district has a mail server.
create table notice (
  id uuid primary key,
  account uuid not null,
  kind text not null,
  object_kind text not null,
  object_id uuid not null,
  params json not null,
  urgent boolean not null,
  made_at bigint not null,
  read_at bigint
);
create index ix_notice_account on notice (account, made_at, id);
create index ix_notice_unread on notice (account, made_at, id) where read_at is null;
create index ix_notice_made on notice (made_at, id);

-- How a person wants to be told. The mail address is sealed.
create table notice_wish (
  account uuid primary key,
  mail bytea,
  changed_at bigint not null
);

-- Messages on their way out. A message made from a notice has the notice's id.
create table outbox (
  id uuid primary key,
  channel text not null,
  address bytea not null,
  template text not null,
  params json not null,
  urgent boolean not null,
  state text not null,
  attempts bigint not null,
  due_at bigint not null,
  made_at bigint not null,
  sent_at bigint,
  fault text
);
create index ix_outbox_waiting on outbox (due_at, id) where state = 'waiting';
