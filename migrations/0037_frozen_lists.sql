-- The cases behind a period's figures as they stood when it was frozen, so that a frozen number opens its list whatever is corrected later. Periods
-- that were frozen before kept numbers only.
create table incident_frozen (
  period text not null,
  id uuid not null, -- the case
  filed_path text not null,
  lead_unit uuid,
  matter_id uuid,
  channel text not null,
  left_out text not null, -- words of rates, separated by commas
  counts text not null, -- words of figures, with a comma before and after each
  primary key (period, id)
);

alter table report_period add column listed boolean not null default false; -- whether its cases were kept with it

alter table task_link add column opened_at bigint; -- when whoever holds it last looked, to five minutes
