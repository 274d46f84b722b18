-- What goes back: returns with their coded reasons, reviews (objections, second returns, circles) with their clocks, and dispatches that the
-- gate refused.

create table return_reason (
  code text primary key,
  position bigint not null,
  words text not null,
  evidence boolean not null, -- whether papers or photographs are required
  counts text not null, -- what an accepted return says about the dispatch: wrong | sent_down | neutral
  active boolean not null
);
insert into return_reason (code, position, words, evidence, counts, active) values
  ('not-our-duty', 1, '非本单位职责', true, 'wrong', true),
  ('wrong-place', 2, '不在本辖区', true, 'wrong', true),
  ('not-our-ability', 3, '超出本单位能力，需更高层级协调', true, 'neutral', true),
  ('other-unit-first', 4, '需其他单位先行办理', false, 'neutral', true),
  ('details-missing', 5, '信息不足，需要补充', false, 'neutral', true),
  ('duplicate', 6, '与在办案件重复', false, 'neutral', true),
  ('not-grassroots', 7, '不在准入清单，不应派给基层', false, 'sent_down', true),
  ('other-procedure', 8, '已在其他法定程序中', true, 'neutral', true),
  ('not-as-described', 9, '描述与实际不符', true, 'neutral', true);

create table incident_return (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  round bigint not null,
  task_id uuid not null,
  role text not null,
  unit_id uuid not null,
  unit_path text not null,
  reason text not null,
  counts text not null, -- as the reason counted on that day
  at bigint not null,
  actor uuid not null,
  dispatch_n bigint not null, -- the step that had sent it there
  sender uuid not null, -- who had sent it; nil for the rules
  accepted boolean, -- whether the next dispatch went elsewhere
  settled_at bigint,
  released_at bigint -- when the next took it on; until then the returning unit answers for it
);
create unique index uq_incident_return_unit on incident_return (incident_id, unit_id);
create index ix_incident_return_at on incident_return (at, id);
create index ix_incident_return_held on incident_return (unit_path) where released_at is null;

create table incident_review (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  round bigint not null,
  kind text not null, -- objection | second_return | cycle
  state text not null,
  task_id uuid,
  unit_id uuid not null, -- who objected, or whom the circle would have reached
  unit_path text not null,
  actor uuid not null,
  dispatch_n bigint not null,
  sender uuid not null,
  words text not null, -- redacted
  basis text not null, -- redacted
  at bigint not null,
  yellow_at bigint not null,
  due_at bigint not null,
  overdue_at bigint, -- when the supervisor was told
  ruled_at bigint,
  ruled_by uuid,
  ruling text -- redacted
);
create unique index uq_incident_review_open on incident_review (incident_id) where state = 'open';
create index ix_incident_review_due on incident_review (due_at, id);
create index ix_incident_review_dispatch on incident_review (incident_id, dispatch_n);

create table dispatch_attempt (
  id uuid primary key,
  incident_id uuid not null references incident (id),
  at bigint not null,
  actor uuid not null,
  actor_name text not null,
  unit_id uuid not null, -- to whom it should have gone
  class text not null,
  code text not null -- what the gate answered
);
create index ix_dispatch_attempt_at on dispatch_attempt (at, id);
