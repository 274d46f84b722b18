-- Cases, their steps (append-only: the truth that clocks are computed from), their tasks, ratings, and what the classifier learns.

create table incident (
  id uuid primary key,
  code text not null,
  version bigint not null,
  state text not null,
  round bigint not null,
  reported_at bigint not null, -- a server instant: lists sort by it
  channel text not null,
  source text not null,
  urgency text not null,
  title text not null, -- redacted
  redacted text not null,
  body_sealed bytea not null, -- the original words, under the case's data key
  address text not null, -- to the community; the full one is sealed
  address_sealed bytea,
  name_sealed bytea,
  phone_sealed bytea,
  phone_blind bytea,
  confidential boolean not null,
  reported_for boolean not null, -- 代办
  reported_by uuid, -- the account that took the report in; null for residents
  lon double precision,
  lat double precision,
  datum text not null,
  lon_given double precision,
  lat_given double precision,
  grid_id uuid,
  matter_id uuid,
  confidence double precision,
  classified json not null, -- top three and the words that decided
  rule json, -- the catalogue's rule, frozen when the case was opened
  class text,
  fields json not null,
  owner_id uuid not null,
  owner_path text not null, -- for scope; moves with the case
  filed_path text not null, -- for figures; never moves
  lead_unit uuid,
  lead_person uuid,
  handler uuid, -- the account that solved it: may not verify it
  attention text not null, -- why a human is needed, comma-separated; empty when nobody is
  yellow_at bigint,
  red_at bigint,
  next_at bigint,
  due_at bigint,
  paused text,
  late boolean not null,
  resolved_at bigint,
  closed_at bigint,
  result text,
  public_reply text,
  satisfied text,
  reporters bigint not null,
  photos bigint not null,
  upstream_no text,
  upstream_due bigint,
  track_hash bytea not null,
  fingerprint bytea not null,
  indexed boolean not null -- whether the search index has its words
);
create unique index uq_incident_code on incident (code);
create unique index uq_incident_track on incident (track_hash);
create index ix_incident_reported on incident (reported_at, id);
create index ix_incident_state on incident (state, reported_at, id);
create index ix_incident_grid on incident (grid_id, reported_at, id);
create index ix_incident_matter on incident (matter_id, reported_at, id);
create index ix_incident_owner on incident (owner_path, reported_at, id);
create index ix_incident_open on incident (reported_at, id) where red_at is not null;
create index ix_incident_red on incident (red_at, id) where red_at is not null;
create index ix_incident_attention on incident (reported_at, id) where attention <> '';
create index ix_incident_unindexed on incident (reported_at) where not indexed;
create index ix_incident_phone on incident (phone_blind) where phone_blind is not null;

create table incident_step (
  incident_id uuid not null references incident (id),
  n bigint not null,
  id uuid not null,
  at bigint not null,
  round bigint not null,
  action text not null,
  state_before text not null,
  state_after text not null,
  actor_kind text not null,
  actor_id uuid not null,
  actor_name text not null,
  words text not null, -- redacted
  words_sealed bytea, -- the original words, when redaction changed them
  reasons json not null,
  is_public boolean not null,
  clock json not null, -- what the step did to the clocks
  primary key (incident_id, n)
);
create index ix_incident_step_at on incident_step (at);

create table incident_task (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  round bigint not null,
  role text not null,
  state text not null,
  unit_id uuid not null,
  unit_path text not null,
  person_id uuid,
  reasons json not null,
  offered_at bigint not null,
  accepted_at bigint,
  done_at bigint,
  accept_by bigint,
  due_at bigint,
  yellow_at bigint,
  red_at bigint,
  result text,
  words text,
  done_by uuid
);
create index ix_incident_task_case on incident_task (incident_id);
create index ix_incident_task_unit on incident_task (unit_path, state, offered_at);
create index ix_incident_task_person on incident_task (person_id, state, offered_at);

-- Another reporter of the same matter: joined to an open case, answered with it.
create table incident_follower (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  at bigint not null,
  body_sealed bytea not null,
  phone_sealed bytea,
  phone_blind bytea,
  track_hash bytea not null
);
create unique index uq_incident_follower_track on incident_follower (track_hash);
create index ix_incident_follower_case on incident_follower (incident_id);

create table incident_rating (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  round bigint not null,
  at bigint not null,
  asked_by text not null, -- reporter | callback
  outcome text not null,
  contacted boolean,
  solved text,
  satisfied text,
  reason text -- redacted
);
create index ix_incident_rating_case on incident_rating (incident_id);
-- A reporter rates a round once; call-backs may be tried several times.
create unique index uq_incident_rating_reporter on incident_rating (incident_id, round) where asked_by = 'reporter';

-- Numbers of case codes are handed to a process in blocks, so that no request waits for a counter.
create table incident_number (
  day text primary key,
  next bigint not null
);

create table classifier_correction (
  id uuid primary key,
  incident_id uuid not null,
  at bigint not null,
  words text not null, -- redacted
  matter_id uuid not null,
  model_version bigint -- the version that learnt it
);
create index ix_classifier_correction_open on classifier_correction (at) where model_version is null;

create table classifier_model (
  version bigint primary key,
  made_at bigint not null,
  corrections bigint not null,
  body bytea not null
);

-- only: sqlite
create virtual table incident_words using fts5 (words, incident_id unindexed, tokenize = 'unicode61');
-- only: postgres
create table incident_words (incident_id uuid primary key, words tsvector not null);
create index ix_incident_words on incident_words using gin (words);
-- both
