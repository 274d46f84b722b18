-- Webhooks: other programs are told that a case moved. Nothing is sent anywhere until somebody enters a receiver.

create table webhook_endpoint (
  id uuid primary key,
  name text not null,
  url text not null,
  kinds json not null, -- the kinds of events it wants; empty for all
  secret bytea not null, -- sealed
  secret_before bytea, -- sealed; signs beside the new one until it ends
  before_until bigint,
  enabled boolean not null,
  fed bigint not null, -- the last number of the audit record that was turned into deliveries
  made_at bigint not null,
  ended_at bigint
);

-- One event on its way to one receiver. Its id is the webhook-id, the same on every attempt.
create table webhook_delivery (
  id uuid primary key,
  endpoint_id uuid not null references webhook_endpoint (id),
  number bigint not null, -- the case's version: the order within an object
  object_id uuid not null,
  kind text not null,
  body text not null, -- what is sent and signed, byte for byte
  state text not null, -- waiting, sent, dead
  attempts bigint not null,
  due_at bigint not null,
  made_at bigint not null,
  sent_at bigint,
  status bigint, -- of the last answer
  fault text -- why the last attempt failed: a word of a closed set
);
create index ix_webhook_delivery_endpoint on webhook_delivery (endpoint_id, made_at, id);
create index ix_webhook_delivery_waiting on webhook_delivery (endpoint_id, object_id, number) where state = 'waiting';
create index ix_webhook_delivery_due on webhook_delivery (due_at, number) where state = 'waiting';
