-- Photographs, as their uploads left them: cleaned, by content. The contents lie in the blob store under their SHA-256.
create table file (
  id uuid primary key,
  sha256 bytea not null,
  thumb_sha256 bytea not null,
  kind text not null,
  bytes bigint not null,
  width bigint not null,
  height bigint not null,
  lon double precision,
  lat double precision,
  taken_at bigint,
  uploaded_by uuid,
  uploaded_at bigint not null,
  owner_kind text,
  owner_id uuid,
  purpose text
);
create index ix_file_owner on file (owner_kind, owner_id) where owner_id is not null;
create index ix_file_unclaimed on file (uploaded_at) where owner_id is null;
-- Whether a content is still in use is asked for each hash.
create index ix_file_sha256 on file (sha256);
create index ix_file_thumb_sha256 on file (thumb_sha256);
