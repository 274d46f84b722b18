-- What figures are counted from. Each column says what the steps of a case add up to; it is written with the step that changes it, so that a
-- year of a district is counted from one index, without reading half a million histories.

alter table incident add column opened_at bigint; -- 立案: the first step `accept`
alter table incident add column contact_by bigint; -- until when the reporter has to hear from somebody
alter table incident add column contact_at bigint; -- when the reporter first did
alter table incident add column dispatches bigint not null default 0; -- steps `dispatch`
alter table incident add column misrouted bigint not null default 0; -- dispatches that did not hold: sent back, or sent elsewhere before anybody took it on
alter table incident add column reworked bigint not null default 0; -- steps `return`: results that did not pass verification
alter table incident add column overran boolean not null default false; -- the handle clock of any round ended late

update incident set
  opened_at = (select min(s.at) from incident_step s where s.incident_id = incident.id and s.action = 'accept'),
  contact_at = (select min(s.at) from incident_step s where s.incident_id = incident.id and s.actor_kind <> 'anonymous'
    and s.action in ('take_on', 'ask', 'resolve', 'solve_on_spot', 'refuse')),
  dispatches = (select count(*) from incident_step s where s.incident_id = incident.id and s.action = 'dispatch'),
  misrouted = (select count(*) from incident_step s where s.incident_id = incident.id
    and (s.action = 'send_back' or (s.action = 'dispatch' and s.state_before = 'assigned'))),
  reworked = (select count(*) from incident_step s where s.incident_id = incident.id and s.action = 'return'),
  overran = late;

create index ix_incident_figures on incident (reported_at, filed_path, id, lead_unit, matter_id, channel, source, state, round, opened_at, due_at,
  resolved_at, contact_by, contact_at, dispatches, misrouted, reworked, overran);
create index ix_incident_rating_figures on incident_rating (incident_id, round, asked_by, outcome, solved, satisfied);

-- What the slice of cases publishes for figures: each case with 1 or 0 for what it counts as. A case that was annulled counts as reported only; a
-- merged one ends with the case that it was merged into. docs/rates.md says where each formula comes from.
create view incidents_v_case as
select c.id, c.reported_at, c.filed_path, c.lead_unit, c.matter_id, c.channel, c.due_at, c.contact_by, c.contact_at,
  case when (c.opened_at is not null or c.state = 'merged') and c.state not in ('void', 'rejected') then 1 else 0 end as valid,
  case when c.state = 'received' then 1 else 0 end as pending,
  case when c.opened_at is not null and c.state <> 'void' then 1 else 0 end as filed,
  case when c.opened_at is not null and c.state in ('closed', 'archived', 'merged') then 1 else 0 end as closed,
  case when c.state in ('resolved', 'verified', 'closed', 'archived', 'merged') then 1 else 0 end as ended,
  case when c.dispatches > 0 and c.state <> 'void' then 1 else 0 end as dispatched,
  case when c.dispatches > 0 and c.state <> 'void' and c.misrouted = 0 then 1 else 0 end as accurate,
  case when c.opened_at is not null and c.state <> 'void' and (c.resolved_at is not null or c.round > 1 or c.reworked > 0) then 1 else 0 end as handled,
  case when c.opened_at is not null and c.state <> 'void' and (c.reworked > 0 or c.round > 1) then 1 else 0 end as reworked,
  case when c.opened_at is not null and c.state <> 'void' and c.overran then 1 else 0 end as overran,
  case when (c.opened_at is not null or c.state = 'merged') and c.state not in ('void', 'rejected') and c.source = 'worker' then 1 else 0 end as found
from incident c;

-- Each attempt to hear a reporter's answer. The reporter's own rating of a round outranks the answer on the phone; a round is rated once.
create view incidents_v_rating as
select r.incident_id, r.round, r.at, r.outcome, c.reported_at, c.filed_path, c.lead_unit, c.matter_id, c.channel,
  case when r.asked_by = 'callback' then 1 else 0 end as attempt,
  case when r.outcome = 'reached' and (r.asked_by <> 'callback' or not exists (select 1 from incident_rating o
    where o.incident_id = r.incident_id and o.round = r.round and o.asked_by = 'reporter' and o.follower_id is null)) then 1 else 0 end as answered,
  r.solved, r.satisfied
from incident_rating r join incident c on c.id = r.incident_id;

-- A period whose figures stand, whatever is corrected later.
create table report_period (
  period text primary key, -- 2025-03-10, 2025-W11 or 2025-03
  from_at bigint not null,
  to_at bigint not null,
  frozen_at bigint not null,
  frozen_by uuid not null
);

create table report_figure (
  period text not null references report_period (period),
  split_by text not null, -- street, community, department, matter or channel
  body json not null, -- its rows as they were counted
  primary key (period, split_by)
);

-- A case that a rate leaves out: asked for with a reason, decided by somebody else.
create table report_exclusion (
  id uuid primary key,
  incident_id uuid not null,
  code text not null,
  filed_path text not null,
  rate text not null,
  reason text not null, -- redacted
  asked_by uuid not null,
  asked_at bigint not null,
  approved boolean,
  decided_by uuid,
  decided_at bigint,
  words text -- redacted
);
create unique index uq_report_exclusion_open on report_exclusion (incident_id, rate) where approved is null or approved;
create index ix_report_exclusion_rate on report_exclusion (rate, incident_id) where approved;
create index ix_report_exclusion_asked on report_exclusion (asked_at, id);
