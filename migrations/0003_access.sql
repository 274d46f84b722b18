-- Who may do what: roles as data, accounts, what they were granted and where, sessions, tokens, keys, and the audit record.

create table role (
  key text primary key,
  zh text not null,
  en text not null,
  home text not null,
  device_lease boolean not null,
  second_factor boolean not null,
  permissions text not null,
  edited boolean not null default false
);

create table account (
  id uuid primary key,
  username text not null,
  name text not null,
  staff_no text,
  person uuid,
  program boolean not null default false,
  demo boolean not null default false,
  password text,
  password_at bigint,
  totp_secret bytea,
  totp_pending bytea,
  totp_confirmed_at bigint,
  totp_last_step bigint not null default 0,
  disabled_at bigint,
  created_at bigint not null,
  version bigint not null default 1
);
create unique index uq_account_username on account (username);
create unique index uq_account_person on account (person);
create index ix_account_created on account (created_at, id);

-- `office_of` is the account when the role is one of the three administrators and null otherwise, and it is unique: nobody holds two
-- of the three, whoever writes the row.
create table account_role (
  id uuid primary key,
  account uuid not null references account (id),
  role text not null references role (key),
  path text not null,
  from_at bigint,
  until_at bigint,
  granted_by uuid not null,
  granted_at bigint not null,
  office_of uuid,
  constraint ck_account_role_path check (path like '/%' and path like '%/'),
  constraint ck_account_role_office check (
    (role in ('system-admin', 'security-admin', 'audit-admin') and office_of is not null and office_of = account)
    or (role not in ('system-admin', 'security-admin', 'audit-admin') and office_of is null)
  )
);
create unique index uq_account_role_office on account_role (office_of);
create unique index uq_account_role_once on account_role (account, role, path);
create index ix_account_role_role on account_role (role);

create table session (
  id uuid primary key,
  account uuid not null references account (id),
  token_hash bytea not null,
  factor text not null,
  must_enrol boolean not null,
  idle_millis bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  created_at bigint not null
);
create unique index uq_session_token on session (token_hash);
create index ix_session_account on session (account);
create index ix_session_expires on session (expires_at);

create table api_token (
  id uuid primary key,
  account uuid not null references account (id),
  name text not null,
  token_hash bytea not null,
  last_seen_at bigint,
  expires_at bigint not null,
  created_by uuid not null,
  created_at bigint not null
);
create unique index uq_api_token_hash on api_token (token_hash);
create index ix_api_token_account on api_token (account);

create table one_time_link (
  id uuid primary key,
  kind text not null,
  account uuid not null references account (id),
  token_hash bytea not null,
  made_by uuid not null,
  made_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);
create unique index uq_one_time_link_token on one_time_link (token_hash);
create index ix_one_time_link_account on one_time_link (account);

-- Wrong log-ins by a keyed index of the name that was tried (and of the device, when it is a known one), never by the name itself.
create table login_delay (
  key bytea primary key,
  failures bigint not null,
  last_at bigint not null,
  until_at bigint not null
);

-- One wrapped key a person or a case: deleting the row is the erasure.
create table data_key (
  id uuid primary key,
  wrapped bytea not null
);

-- Written in the transaction of the command, without a number; the relay numbers and chains the rows and touches nothing else.
create table audit (
  id uuid primary key,
  at bigint not null,
  actor uuid not null,
  actor_kind text not null,
  action text not null,
  object_kind text not null,
  object uuid not null,
  path text not null,
  details text not null,
  number bigint,
  hash bytea
);
-- Partial, so that nobody looks for unsealed rows in it: they have an index of their own, in the order in which they are sealed.
create unique index uq_audit_number on audit (number) where number is not null;
create index ix_audit_unsealed on audit (at, id) where number is null;
create index ix_audit_at on audit (at, id);
create index ix_audit_object on audit (object, at);
create index ix_audit_actor on audit (actor, at);
