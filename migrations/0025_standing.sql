-- What the slice of cases publishes for the present: where each case stands, since when, and when its light turns. Every number that supervision and
-- the wall show as of now is counted from it.
create view incidents_v_standing as
select c.id, c.reported_at, c.resolved_at, c.filed_path, c.lead_unit, c.matter_id, c.channel, c.paused, c.yellow_at, c.red_at,
  case when c.state in ('received', 'accepted', 'assigned', 'in_progress') then 1 else 0 end as open
from incident c;
