-- Signing keys, clients, sessions, refresh families and their tokens, and what tokens knows of its neighbours.
-- The schema is the search_path; roles are tokens_runtime (requests, one person at a time) and tokens_system (look-ups by hash, keys, upkeep, projections).

-- ES256 keys. The spans overlap: published before signing, published after. The private half is a ciphertext that names its key-encryption key.
create table signing_keys (
  id uuid primary key,
  public_jwk jsonb not null,
  private_jwk_encrypted text not null,
  publish_from timestamptz not null,
  sign_from timestamptz not null,
  sign_until timestamptz not null,
  publish_until timestamptz not null,
  voided_at timestamptz,
  created_at timestamptz not null default now(),
  check (publish_from <= sign_from and sign_from < sign_until and sign_until < publish_until)
);
--> statement-breakpoint
-- Who may ask for tokens. 90 days is the longest a session may live, because spent refresh tokens are kept 100 days to recognise reuse.
create table clients (
  id text primary key check (id ~ '^[a-z][a-z0-9-]{0,62}$'),
  name text not null,
  is_first_party boolean not null default false,
  access_ttl_seconds int not null default 300 check (access_ttl_seconds between 60 and 300),
  refresh_grace_seconds int not null default 10 check (refresh_grace_seconds between 0 and 60),
  idle_ttl_seconds int not null check (idle_ttl_seconds > 0),
  absolute_ttl_seconds int not null check (absolute_ttl_seconds between idle_ttl_seconds and 7776000),
  created_at timestamptz not null default now()
);
insert into clients (id, name, is_first_party, idle_ttl_seconds, absolute_ttl_seconds) values ('gatehouse-web', 'Gatehouse', true, 1209600, 7776000);
--> statement-breakpoint
-- The epoch everything below belongs to. Another one in spine_head means that a backup was restored: tokens then ends all of it before it serves.
create table known_epoch (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null
);
insert into known_epoch (epoch) select epoch from spine_head;
--> statement-breakpoint
create table sessions (
  id uuid primary key,
  user_id uuid not null,
  client_id text not null references clients (id),
  status text not null default 'active' check (status in ('active', 'ended')),
  version bigint not null default 1 check (version > 0),
  -- The floor: access tokens below it are void. floor_changed_at tells a starting gateway which floors still matter.
  min_version bigint not null default 0 check (min_version <= version),
  floor_changed_at timestamptz,
  last_organization_id uuid,
  amr text[] not null,
  auth_time timestamptz not null,
  device_name text not null,
  client_address text,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  idle_expires_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  check ((status = 'ended') = (ended_at is not null and end_reason is not null and floor_changed_at is not null))
);
create index sessions_by_user on sessions (user_id, last_seen_at desc);
create index sessions_live_by_user on sessions (user_id, id) where status = 'active';
create index sessions_expiring on sessions (least(idle_expires_at, expires_at)) where status = 'active';
create index sessions_floors on sessions (floor_changed_at) where floor_changed_at is not null;
create index sessions_over on sessions (ended_at) where status = 'ended';
--> statement-breakpoint
-- A chain of refresh tokens, each exchanged for the next. Revoked for good when an exchanged one comes back.
create table refresh_families (
  id uuid primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  user_id uuid not null,
  client_id text not null references clients (id),
  status text not null default 'active' check (status in ('active', 'revoked')),
  version bigint not null default 1,
  created_at timestamptz not null,
  revoked_at timestamptz,
  check ((status = 'revoked') = (revoked_at is not null))
);
create index refresh_families_by_session on refresh_families (session_id);
--> statement-breakpoint
-- Only hashes. successor_sealed is the one exception, and only its predecessor's secret opens it; it is erased when the successor is used or the grace is over.
create table refresh_tokens (
  id uuid not null,
  family_id uuid not null,
  session_id uuid not null,
  user_id uuid not null,
  client_id text not null,
  hash bytea not null check (length(hash) = 32),
  previous_id uuid,
  created_at timestamptz not null,
  used_at timestamptz,
  repeat_until timestamptz,
  successor_id uuid,
  successor_sealed bytea,
  primary key (id, created_at),
  check ((used_at is null) = (successor_id is null) and (used_at is null) = (repeat_until is null) and (used_at is not null or successor_sealed is null))
) partition by range (created_at);
create index refresh_tokens_by_hash on refresh_tokens (hash);
create index refresh_tokens_sealed on refresh_tokens (repeat_until) where successor_sealed is not null;
insert into partitioned_tables (table_name, span, retention_days, behind_days, ahead_days) values ('refresh_tokens', 'month', 100, 1, 45);
select maintain_partitions();
--> statement-breakpoint
-- What identity and orgs announced. A removed membership stays as a versioned tombstone, so a late event cannot revive it.
create table user_states (
  id uuid primary key,
  version bigint not null,
  status text not null
);
create table organization_states (
  id uuid primary key,
  version bigint not null,
  status text not null
);
create table membership_states (
  id uuid primary key,
  organization_id uuid not null,
  user_id uuid not null,
  version bigint not null,
  status text not null
);
create index membership_states_by_user on membership_states (user_id, organization_id) where status = 'active';
create index membership_states_by_organization on membership_states (organization_id, user_id);
--> statement-breakpoint
-- A request sees what belongs to the person it acts for, and of organizations those the person has belonged to.
do $$
declare person text := $p$ nullif(current_setting('app.user_id', true), '')::uuid $p$;
declare owned text;
begin
  foreach owned in array array['sessions', 'refresh_families', 'refresh_tokens', 'membership_states'] loop
    execute format('create policy %I on %I to tokens_runtime using (user_id = %s) with check (user_id = %s)', owned || '_person', owned, person, person);
  end loop;
  execute format('create policy user_states_person on user_states to tokens_runtime using (id = %s)', person);
  execute format('create policy organization_states_person on organization_states to tokens_runtime using (exists (
    select from membership_states m where m.organization_id = organization_states.id and m.user_id = %s))', person);
  foreach owned in array array['sessions', 'refresh_families', 'refresh_tokens', 'membership_states', 'user_states', 'organization_states'] loop
    execute format('create policy %I on %I to tokens_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
--> statement-breakpoint
grant select on clients to tokens_runtime, tokens_system;
grant select, insert, update on sessions, refresh_families, refresh_tokens to tokens_runtime;
grant select on user_states, organization_states, membership_states to tokens_runtime;
grant select, update (epoch) on known_epoch to tokens_system;
grant select, insert on signing_keys to tokens_system;
grant update (voided_at) on signing_keys to tokens_system;
grant select, delete on sessions, refresh_families to tokens_system;
grant update (status, version, min_version, floor_changed_at, ended_at, end_reason) on sessions to tokens_system;
grant select, update (successor_sealed) on refresh_tokens to tokens_system;
grant select, insert, update, delete on user_states, organization_states, membership_states to tokens_system;
