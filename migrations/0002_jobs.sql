-- Work that is done outside a request, kept beside the rows that ask for it. Only crates/jobs names this table.
create table job (
  id uuid primary key,
  kind text not null,
  dedup text, -- at most one unfinished job of a kind for each key; cleared at the end
  payload json not null,
  run_at bigint not null, -- not before this instant
  state text not null check (state in ('ready', 'running', 'done', 'dead')),
  attempts bigint not null,
  max_attempts bigint not null,
  lease_until bigint, -- a worker that has not said anything until then is taken for dead
  lease_by uuid, -- one claim, not one worker: a worker that claims the same job again holds another lease
  last_error text,
  created_at bigint not null,
  finished_at bigint
);
create unique index uq_job_dedup on job (kind, dedup);
create index ix_job_ready on job (run_at, id) where state = 'ready';
create index ix_job_running on job (lease_until) where state = 'running';
create index ix_job_done on job (finished_at) where state = 'done';
create index ix_job_dead on job (finished_at, id) where state = 'dead';
