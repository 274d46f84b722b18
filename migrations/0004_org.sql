-- The organisation: units of any kind in one tree, grids with their borders, posts and who holds them, leave, duty. Instants are valid_from <= t < valid_to.

-- Kinds of units are data. A staffed kind has a desk that can own a case; kinds that are not staffed hand it to the nearest one above that is.
create table unit_kind (
  key text primary key,
  zh text not null,
  en text not null,
  sort bigint not null,
  staffed boolean not null
);

-- Words of the catalogue that mean a unit by the place of the matter. rule: grid, ancestor (nearest unit above of these kinds), office (the unit
-- below that ancestor whose name is the rest of the text) or serving (a unit of these kinds that serves the grid).
create table relative_unit (
  word text primary key,
  rule text not null,
  kinds json not null
);

create table unit (
  id uuid primary key,
  made_at bigint not null
);

-- What a unit was called and where it stood, from when to when; the newest row of a unit that exists has no end.
create table unit_state (
  id uuid primary key,
  unit_id uuid not null references unit (id),
  parent_id uuid references unit (id),
  kind text not null references unit_kind (key),
  code text not null,
  path text not null,
  name text not null,
  name_en text,
  alias text,
  phone text,
  serves json not null,
  valid_from bigint not null,
  valid_to bigint
);
create unique index uq_unit_code on unit_state (code) where valid_to is null;
create index ix_unit_state_unit on unit_state (unit_id, valid_from);

-- The border and the figures of a grid, from when to when. border is a GeoJSON MultiPolygon in WGS84, datum what the file was in.
create table grid (
  id uuid primary key,
  unit_id uuid not null references unit (id),
  type text not null,
  subtype text,
  area_kind text,
  layer text not null,
  households bigint,
  border text not null,
  datum text not null,
  area_m2 double not null,
  east text,
  south text,
  west text,
  north text,
  compounds json not null,
  valid_from bigint not null,
  valid_to bigint
);
create unique index uq_grid_unit on grid (unit_id) where valid_to is null;

-- One slot of a staffing template: which posts a grid or unit of a type ought to have.
create table template_slot (
  id uuid primary key,
  template text not null,
  grid_type text not null,
  subtype text,
  slot text not null,
  place bigint not null,
  name text not null,
  least bigint not null,
  most bigint not null,
  eligibility text,
  valid_from bigint not null,
  valid_to bigint
);
create unique index uq_template_slot on template_slot (template, slot) where valid_to is null;

-- Staff. The telephone is sealed under the person's own data key (data_key), phone_index finds it by its whole number; phone_public says that it is
-- published, as that of a grid's worker is.
create table person (
  id uuid primary key,
  staff_no text not null,
  name text not null,
  phone bytea,
  phone_index bytea,
  phone_public boolean not null,
  made_at bigint not null
);
create unique index uq_person_staff_no on person (staff_no);
create index ix_person_phone on person (phone_index);

create table post (
  id uuid primary key,
  unit_id uuid not null references unit (id),
  slot text not null,
  title text not null,
  place bigint not null,
  valid_from bigint not null,
  valid_to bigint
);
create index ix_post_unit on post (unit_id);

create table post_holder (
  id uuid primary key,
  post_id uuid not null references post (id),
  person_id uuid not null references person (id),
  employment text,
  note text,
  valid_from bigint not null,
  valid_to bigint
);
create unique index uq_post_holder on post_holder (post_id) where valid_to is null;

-- state: requested, confirmed (by the deputy or, without one, by the head: the hand-over), ended.
create table leave (
  id uuid primary key,
  person_id uuid not null references person (id),
  deputy_id uuid references person (id),
  from_at bigint not null,
  to_at bigint not null,
  state text not null,
  reason text,
  handover text,
  requested_at bigint not null,
  confirmed_at bigint,
  confirmed_by uuid,
  ended_at bigint
);
create index ix_leave_person on leave (person_id, from_at);

create table duty (
  id uuid primary key,
  unit_id uuid not null references unit (id),
  person_id uuid references person (id),
  phone text,
  from_at bigint not null,
  to_at bigint not null
);
create unique index uq_duty on duty (unit_id, from_at, to_at, person_id);

insert into unit_kind (key, zh, en, sort, staffed) values
  ('district', '区（县）', 'District', 10, true),
  ('commission', '委员会', 'Commission', 20, false),
  ('center', '区网格中心', 'District grid centre', 30, true),
  ('street', '街道（乡镇）', 'Street or town', 40, true),
  ('office', '街道办所', 'Office of a street', 50, true),
  ('duty_room', '值班室', 'Duty room', 60, true),
  ('community', '社区', 'Community', 70, true),
  ('village', '村', 'Village', 80, true),
  ('area', '片区', 'Area', 90, false),
  ('grid', '网格', 'Grid', 100, false),
  ('micro_grid', '微网格', 'Micro-grid', 110, false),
  ('branch', '党组织', 'Party branch', 120, false),
  ('department', '部门', 'Department', 130, true),
  ('operating_unit', '作业单位', 'Operating unit', 140, true),
  ('utility', '公用事业单位', 'Utility', 150, true),
  ('partner', '协办单位', 'Partner', 160, true),
  ('alliance', '共建单位', 'Alliance unit', 170, false),
  ('team', '服务队', 'Service team', 180, false);

insert into relative_unit (word, rule, kinds) values
  ('属地网格', 'grid', '[]'),
  ('属地社区', 'ancestor', '["community","village"]'),
  ('属地村居', 'ancestor', '["community","village"]'),
  ('属地街道', 'office', '["street"]'),
  ('属地乡镇', 'office', '["street"]'),
  ('小区物业', 'serving', '["partner"]');
