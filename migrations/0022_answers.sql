-- Each attempt to hear a reporter's answer, as before, but whether the reporter rated the round himself is one look at his rating beside it,
-- not one for every figure that asks. A round has one rating of its reporter, so no attempt is counted twice.
drop view incidents_v_rating;
create view incidents_v_rating as
select r.incident_id, r.round, r.at, r.outcome, c.reported_at, c.filed_path, c.lead_unit, c.matter_id, c.channel,
  case when r.asked_by = 'callback' then 1 else 0 end as attempt,
  case when r.outcome = 'reached' and (r.asked_by <> 'callback' or o.id is null) then 1 else 0 end as answered,
  r.solved, r.satisfied
from incident_rating r join incident c on c.id = r.incident_id
left join incident_rating o on r.asked_by = 'callback' and o.incident_id = r.incident_id and o.round = r.round and o.asked_by = 'reporter'
  and o.follower_id is null;
