-- Browsers that a person let be remembered at a second factor, each by a secret that is kept as its SHA-256. They are
-- spared that factor and nothing else; a new password or any change of factors deletes them all.
create table remembered_devices (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  secret_hash bytea not null unique check (length(secret_hash) = 32),
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (expires_at > created_at)
);
create index remembered_devices_of_user on remembered_devices (user_id, last_used_at);
create index remembered_devices_expiring on remembered_devices (expires_at);
alter table remembered_devices enable row level security;
alter table remembered_devices force row level security;
create policy remembered_devices_system on remembered_devices to identity_system using (true) with check (true);
grant select, insert, update (last_used_at), delete on remembered_devices to identity_system;
