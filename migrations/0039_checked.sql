-- How many results of a case somebody looked at, whatever was said of them: the denominator of 核实通过率. A result whose rule asks nobody to look passes
-- by itself and does not count.
alter table incident add column checked bigint not null default 0;
update incident set checked = (select count(*) from incident_step s
  where s.incident_id = incident.id and s.action in ('verify', 'return') and s.actor_kind <> 'system')
where state in ('in_progress', 'accepted', 'assigned', 'resolved', 'verified', 'closed', 'archived');

drop view incidents_v_case;
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
  case when (c.opened_at is not null or c.state = 'merged') and c.state not in ('void', 'rejected') and c.source = 'worker' then 1 else 0 end as found,
  case when c.opened_at is not null and c.state <> 'void' and c.checked > 0 then 1 else 0 end as checked,
  case when c.opened_at is not null and c.state <> 'void' and c.checked > 0 and c.reworked = 0 then 1 else 0 end as passed
from incident c;
