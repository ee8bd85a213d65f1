-- The OpenID provider: keys for ID tokens, clients of others, authorization requests, codes, and the child session each client gets.

-- OpenID Connect Core §15.1 asks for RS256; access tokens stay ES256.
alter table signing_keys add column alg text not null default 'ES256' check (alg in ('ES256', 'RS256'));
--> statement-breakpoint
alter table clients drop constraint clients_id_check;
alter table clients add constraint clients_id_check check (id ~ '^[a-z][a-z0-9_-]{0,62}$');
--> statement-breakpoint
-- What a client registered, beside the lifetimes in clients. org_id null: the platform's. A deleted client stays as a tombstone, because sessions name it.
create table oauth_clients (
  id text primary key references clients (id),
  org_id uuid,
  name text not null,
  status text not null default 'active' check (status in ('active', 'disabled', 'deleted')),
  version bigint not null default 1 check (version > 0),
  auth_method text not null check (auth_method in ('none', 'client_secret')),
  redirect_uris text[] not null check (cardinality(redirect_uris) between 1 and 20),
  post_logout_redirect_uris text[] not null default '{}' check (cardinality(post_logout_redirect_uris) <= 20),
  scopes text[] not null,
  audiences text[] not null default '{}' check (cardinality(audiences) <= 10),
  id_token_alg text not null default 'RS256' check (id_token_alg in ('RS256', 'ES256')),
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index oauth_clients_by_organization on oauth_clients (org_id, id) where status <> 'deleted';
--> statement-breakpoint
-- Two live secrets, so that one can be changed for the other; the slot makes a third impossible.
create table oauth_client_secrets (
  id uuid primary key,
  client_id text not null references oauth_clients (id),
  org_id uuid,
  slot smallint not null check (slot in (1, 2)),
  hash bytea not null unique check (length(hash) = 32),
  last4 text not null check (length(last4) = 4),
  created_by text not null,
  created_at timestamptz not null default now(),
  unique (client_id, slot)
);
--> statement-breakpoint
-- A child session belongs to one client in one signed-in session; its scope is what the person allowed that client.
alter table sessions
  add column parent_id uuid references sessions (id) on delete cascade,
  add column scope text[],
  add constraint sessions_child check ((parent_id is null) = (scope is null));
create index sessions_children on sessions (parent_id) where parent_id is not null;
create index sessions_live_by_client on sessions (client_id, id) where status = 'active' and parent_id is not null;
--> statement-breakpoint
-- Authorization requests: stored, settled by a signed-in person, continued once by the browser that began them.
create table oauth_authorizations (
  id uuid primary key,
  client_id text not null references oauth_clients (id),
  -- As validated; state and nonce as they were sent.
  request jsonb not null,
  -- Of the cookie that only the browser has.
  browser_hash bytea not null check (length(browser_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  user_id uuid,
  session_id uuid references sessions (id) on delete cascade,
  organization_id uuid,
  decision text check (decision in ('approved', 'denied')),
  continuation_hash bytea unique,
  continued_at timestamptz,
  check ((decision is null) = (continuation_hash is null) and (decision is null) = (user_id is null) and (decision is null) = (session_id is null)),
  check (continued_at is null or decision is not null)
);
create index oauth_authorizations_over on oauth_authorizations (expires_at);
create index oauth_authorizations_by_session on oauth_authorizations (session_id) where session_id is not null;
--> statement-breakpoint
create table oauth_codes (
  id uuid primary key,
  hash bytea not null unique check (length(hash) = 32),
  client_id text not null references oauth_clients (id),
  user_id uuid not null,
  parent_session_id uuid not null references sessions (id) on delete cascade,
  organization_id uuid,
  request jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- The child session the code was exchanged for: a code that comes back ends it.
  used_at timestamptz,
  session_id uuid references sessions (id) on delete cascade,
  check ((used_at is null) = (session_id is null))
);
create index oauth_codes_over on oauth_codes (expires_at);
create index oauth_codes_by_parent on oauth_codes (parent_session_id);
--> statement-breakpoint
do $$
declare organization text := $o$ org_id = nullif(current_setting('app.org_id', true), '')::uuid $o$;
declare person text := $p$ user_id = nullif(current_setting('app.user_id', true), '')::uuid $p$;
declare owned text;
begin
  foreach owned in array array['oauth_clients', 'oauth_client_secrets'] loop
    execute format('create policy %I on %I to tokens_runtime using (%s) with check (%s)', owned || '_organization', owned, organization, organization);
  end loop;
  execute format('create policy oauth_codes_person on oauth_codes to tokens_runtime using (%s) with check (%s)', person, person);
  foreach owned in array array['oauth_clients', 'oauth_client_secrets', 'oauth_authorizations', 'oauth_codes'] loop
    execute format('create policy %I on %I to tokens_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
--> statement-breakpoint
-- An organization manages its own clients as the runtime role; the platform's, and all of them at the protocol's endpoints, are the system role's.
grant insert (id, name, idle_ttl_seconds, absolute_ttl_seconds) on clients to tokens_runtime, tokens_system;
grant select, insert, update (name, status, version, redirect_uris, post_logout_redirect_uris, scopes, audiences, id_token_alg, updated_at) on oauth_clients to tokens_runtime, tokens_system;
grant select, insert, delete on oauth_client_secrets to tokens_runtime, tokens_system;
grant select, update (used_at, session_id) on oauth_codes to tokens_runtime;
grant select, insert, delete on oauth_codes to tokens_system;
grant select, insert, delete, update (user_id, session_id, organization_id, decision, continuation_hash, continued_at) on oauth_authorizations to tokens_system;
