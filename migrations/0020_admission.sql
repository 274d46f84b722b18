-- The access list in force: which matters the grassroots own, assist with or must not be given; requests to enter and to leave it;
-- matters that stood on no list; complaints about burdens.

create table admission_list (
  id uuid primary key,
  name text not null, -- its batch, such as 第一批
  version bigint not null, -- counted by name
  state text not null, -- draft, approved, ended
  reference text not null, -- the document that it comes from
  review_at bigint, -- when the district looks at it again
  made_at bigint not null,
  made_by uuid not null,
  approved_at bigint,
  approved_by uuid,
  effective_at bigint,
  ended_at bigint
);
create unique index uq_admission_list_version on admission_list (name, version);

create table admission_item (
  id uuid primary key,
  list_id uuid not null references admission_list (id),
  number bigint not null,
  name text not null,
  department text not null,
  class text not null,
  help text not null, -- what the grassroots do for a department
  authority text not null, -- what goes with the duty: 权随责走
  funds text not null, -- 费随事转
  training text not null,
  matters json not null, -- ids of the catalogue's matters that it stands for
  valid_from bigint, -- null while the list is a draft
  valid_to bigint,
  request_id uuid -- the request that brought it in
);
create unique index uq_admission_item_number on admission_item (list_id, number);

create table admission_request (
  id uuid primary key,
  kind text not null, -- admission, exit
  state text not null, -- open, approved, refused, withdrawn
  list_id uuid not null references admission_list (id),
  item_id uuid references admission_item (id), -- the item that shall leave
  item json, -- what shall enter
  reason text not null,
  checks json not null, -- what the requester says to each check
  unit_path text not null,
  asked_at bigint not null,
  asked_by uuid not null,
  decided_at bigint,
  decided_by uuid,
  verdict json, -- what the reviewer found of each check, in words
  effective_at bigint
);
create index ix_admission_request_state on admission_request (state, asked_at, id);

create table admission_proposal (
  matter_id uuid primary key,
  first_at bigint not null,
  last_at bigint not null,
  times bigint not null,
  last_case text not null,
  dismissed_at bigint
);

create table burden_complaint (
  id uuid primary key,
  version bigint not null,
  state text not null, -- reported, notified, correcting, reviewing, closed, dismissed
  about uuid not null, -- the unit that burdens
  about_path text not null,
  unit_path text not null, -- the unit that complains
  by_account uuid not null,
  unnamed boolean not null, -- the unit complained about does not see who complains
  kind text not null,
  words text not null, -- redacted
  item_id uuid references admission_item (id),
  reply_by bigint,
  rounds bigint not null,
  made_at bigint not null,
  history json not null
);
create index ix_burden_complaint_state on burden_complaint (state, made_at, id);
create index ix_burden_complaint_about on burden_complaint (about_path, made_at, id);
