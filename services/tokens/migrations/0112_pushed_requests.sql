-- Authorization requests that clients hand over themselves (RFC 9126). The reference is a secret that works once and for seconds; only its hash is here.
create table oauth_pushed_requests (
  id uuid primary key,
  hash bytea not null unique check (length(hash) = 32),
  client_id text not null references oauth_clients (id),
  -- As the client sent them, without its credentials.
  parameters jsonb not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index oauth_pushed_requests_over on oauth_pushed_requests (expires_at);
--> statement-breakpoint
create policy oauth_pushed_requests_system on oauth_pushed_requests to tokens_system using (true) with check (true);
alter table oauth_pushed_requests enable row level security;
alter table oauth_pushed_requests force row level security;
--> statement-breakpoint
grant select, insert, delete, update (used_at) on oauth_pushed_requests to tokens_system;
