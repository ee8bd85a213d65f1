-- A session that is bound to one browser: whoever brings the secret of the cookie is the person of the session. Only the hash is here.
create table browser_sessions (
  id uuid primary key,
  hash bytea not null unique check (length(hash) = 32),
  session_id uuid not null unique references sessions (id) on delete cascade,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now()
);
create index browser_sessions_by_user on browser_sessions (user_id);
--> statement-breakpoint
create policy browser_sessions_person on browser_sessions to tokens_runtime
  using (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  with check (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy browser_sessions_system on browser_sessions to tokens_system using (true) with check (true);
alter table browser_sessions enable row level security;
alter table browser_sessions force row level security;
--> statement-breakpoint
grant select, insert, update (hash, last_used_at) on browser_sessions to tokens_runtime;
grant select on browser_sessions to tokens_system;
--> statement-breakpoint
-- What a person allowed an application: it is asked again only for more. Applications of the platform itself need no consent.
create table oauth_consents (
  id uuid primary key,
  user_id uuid not null,
  client_id text not null references oauth_clients (id),
  scopes text[] not null,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revoked_at timestamptz,
  unique (user_id, client_id)
);
alter table oauth_clients add column is_first_party boolean not null default false check (not is_first_party or org_id is null);
--> statement-breakpoint
create policy oauth_consents_person on oauth_consents to tokens_runtime
  using (user_id = nullif(current_setting('app.user_id', true), '')::uuid)
  with check (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
create policy oauth_consents_system on oauth_consents to tokens_system using (true) with check (true);
alter table oauth_consents enable row level security;
alter table oauth_consents force row level security;
--> statement-breakpoint
grant select, update (scopes, version, updated_at, revoked_at) on oauth_consents to tokens_runtime;
grant select, insert, update (scopes, version, updated_at, revoked_at) on oauth_consents to tokens_system;
grant update (is_first_party) on oauth_clients to tokens_system;
