-- Applications as callers: service accounts of organizations, and their API keys. A deleted account and a revoked key stay as versioned tombstones.
create table service_accounts (
  id uuid primary key,
  org_id uuid not null,
  name text not null,
  status text not null default 'active' check (status in ('active', 'disabled', 'deleted')),
  version bigint not null default 1 check (version > 0),
  -- The floor, as of sessions: access tokens of the account minted below it are void.
  min_version bigint not null default 0 check (min_version <= version),
  floor_changed_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, org_id)
);
create index service_accounts_by_organization on service_accounts (org_id, id) where status <> 'deleted';
create index service_accounts_floors on service_accounts (floor_changed_at) where floor_changed_at is not null;
--> statement-breakpoint
-- Only the hash; prefix and last4 are for people to recognise a key by.
create table api_keys (
  id uuid primary key,
  org_id uuid not null,
  service_account_id uuid not null,
  name text,
  hash bytea not null unique check (length(hash) = 32),
  prefix text not null,
  last4 text not null check (length(last4) = 4),
  -- Null: whatever the account may do.
  permissions text[] check (cardinality(permissions) > 0),
  status text not null default 'active' check (status in ('active', 'revoked')),
  version bigint not null default 1 check (version > 0),
  min_version bigint not null default 0 check (min_version <= version),
  floor_changed_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null check (expires_at > created_at),
  last_used_at timestamptz,
  foreign key (service_account_id, org_id) references service_accounts (id, org_id),
  check ((status = 'revoked') = (floor_changed_at is not null))
);
create index api_keys_by_account on api_keys (service_account_id, id);
create index api_keys_floors on api_keys (floor_changed_at) where floor_changed_at is not null;
--> statement-breakpoint
do $$
declare organization text := $o$ org_id = nullif(current_setting('app.org_id', true), '')::uuid $o$;
declare owned text;
begin
  foreach owned in array array['service_accounts', 'api_keys'] loop
    execute format('create policy %I on %I to tokens_runtime using (%s) with check (%s)', owned || '_organization', owned, organization, organization);
    execute format('create policy %I on %I to tokens_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update (name, status, version, min_version, floor_changed_at, updated_at) on service_accounts to tokens_runtime;
grant select, insert, update (status, version, min_version, floor_changed_at) on api_keys to tokens_runtime;
-- Exchanging: the look-up by hash, the lock of the key and its account while a token is minted, the note of its use.
grant select, update (min_version) on service_accounts to tokens_system;
grant select, update (last_used_at) on api_keys to tokens_system;
