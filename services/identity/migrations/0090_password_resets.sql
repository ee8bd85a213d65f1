-- Forgotten passwords: one row per mail that is asked for; its secret is minted when the mail is sent. All of a person's rows leave with any new password.
create table password_resets (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  email_id uuid not null references emails (id) on delete cascade,
  requested_at timestamptz not null default now()
);
create index password_resets_by_user on password_resets (user_id, requested_at);
create index password_resets_requested on password_resets (requested_at);
create table password_reset_secrets (
  secret_hash bytea primary key check (length(secret_hash) = 32),
  reset_id uuid not null references password_resets (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index password_reset_secrets_by_reset on password_reset_secrets (reset_id);
create index password_reset_secrets_by_user on password_reset_secrets (user_id);
alter table password_resets enable row level security;
alter table password_resets force row level security;
alter table password_reset_secrets enable row level security;
alter table password_reset_secrets force row level security;
create policy password_resets_system on password_resets to identity_system using (true) with check (true);
create policy password_reset_secrets_system on password_reset_secrets to identity_system using (true) with check (true);
grant select, insert, delete on password_resets, password_reset_secrets to identity_system;
-- A row lock of a reset keeps its secret from being minted while the reset leaves; locking needs a column that may be changed.
grant update (requested_at) on password_resets to identity_system;
--> statement-breakpoint
-- Sessions that began with an older version of the person than this are over. min_version voids access tokens as well.
alter table users add column sessions_min_version bigint not null default 0 check (sessions_min_version <= version);
grant update (min_version, floor_changed_at, sessions_min_version) on users to identity_system;
