-- The newest open cases of a grid, which every report looks through for the same matter: in this order, so that nothing is read that is not wanted.
create index ix_incident_near on incident (grid_id, reported_at desc, id desc) where state in ('received', 'accepted', 'assigned', 'in_progress');

-- Only unfinished jobs have a key. With the finished ones in it, the index was taken for a way to the jobs of a kind that are due, and all that
-- were ever done were read each time.
drop index uq_job_dedup;
create unique index uq_job_dedup on job (kind, dedup) where dedup is not null;
