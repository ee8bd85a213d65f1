-- Which grants a client may use (RFC 7591 §2), and the device flow (RFC 8628).
alter table oauth_clients
  add column grant_types text[] not null default '{authorization_code,refresh_token}' check (cardinality(grant_types) > 0),
  drop constraint oauth_clients_redirect_uris_check,
  add constraint oauth_clients_redirect_uris_check check (
    cardinality(redirect_uris) <= 20 and (cardinality(redirect_uris) > 0 or 'authorization_code' <> all (grant_types))
  );
grant update (grant_types) on oauth_clients to tokens_runtime, tokens_system;
--> statement-breakpoint
-- A device polls with its code, of which only the hash is here; a person enters the other, which proves nothing without a sign-in.
create table oauth_device_authorizations (
  id uuid primary key,
  hash bytea not null unique check (length(hash) = 32),
  user_code text not null unique check (user_code ~ '^[B-DF-HJ-NP-TV-XZ]{8}$'),
  client_id text not null references oauth_clients (id),
  scope text[] not null,
  wanted_organization_id uuid,
  client_address text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  interval_seconds integer not null check (interval_seconds > 0),
  polled_at timestamptz,
  decision text check (decision in ('approved', 'denied')),
  user_id uuid,
  -- The sign-in of who decided.
  session_id uuid references sessions (id) on delete cascade,
  organization_id uuid,
  -- The client's session that the code was exchanged for.
  used_at timestamptz,
  child_session_id uuid references sessions (id) on delete cascade,
  check ((decision is null) = (user_id is null) and (decision is null) = (session_id is null)),
  check ((used_at is null) = (child_session_id is null) and (used_at is null or decision = 'approved'))
);
create index oauth_device_authorizations_over on oauth_device_authorizations (expires_at);
create index oauth_device_authorizations_by_session on oauth_device_authorizations (session_id) where session_id is not null;
create index oauth_device_authorizations_by_child on oauth_device_authorizations (child_session_id) where child_session_id is not null;
--> statement-breakpoint
-- Wrong codes that people entered, counted by person and by network, each by its hash.
create table oauth_user_code_guesses (
  hash bytea primary key check (length(hash) = 32),
  count integer not null check (count >= 0),
  over_at timestamptz not null
);
create index oauth_user_code_guesses_over on oauth_user_code_guesses (over_at);
--> statement-breakpoint
create policy oauth_device_authorizations_person on oauth_device_authorizations to tokens_runtime
  using (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  with check (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy oauth_device_authorizations_system on oauth_device_authorizations to tokens_system using (true) with check (true);
alter table oauth_device_authorizations enable row level security;
alter table oauth_device_authorizations force row level security;
create policy oauth_user_code_guesses_system on oauth_user_code_guesses to tokens_system using (true) with check (true);
alter table oauth_user_code_guesses enable row level security;
alter table oauth_user_code_guesses force row level security;
--> statement-breakpoint
grant select, update (used_at, child_session_id) on oauth_device_authorizations to tokens_runtime;
grant select, insert, delete, update (interval_seconds, polled_at, decision, user_id, session_id, organization_id) on oauth_device_authorizations to tokens_system;
grant select, insert, delete, update on oauth_user_code_guesses to tokens_system;
