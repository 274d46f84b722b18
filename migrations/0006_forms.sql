-- Forms for extra fields, with every version: an answer names the version that it was given to.

create table form (
  id uuid primary key,
  name text not null
);
create unique index uq_form_name on form (name);

create table form_version (
  form_id uuid not null references form (id),
  n bigint not null,
  body json not null,
  made_by text not null,
  made_at bigint not null,
  primary key (form_id, n)
);
