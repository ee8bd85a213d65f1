-- Clients that registered themselves (RFC 7591) manage themselves with a token (RFC 7592); only its hash is here.
alter table oauth_clients add column registration_hash bytea unique check (length(registration_hash) = 32);
grant update (registration_hash) on oauth_clients to tokens_system;
--> statement-breakpoint
-- What an operator hands out so that others may register clients of the platform: for some uses and some time.
create table oauth_registration_tokens (
  id uuid primary key,
  hash bytea not null unique check (length(hash) = 32),
  name text not null,
  uses_left integer not null check (uses_left >= 0),
  expires_at timestamptz not null,
  created_by text not null,
  created_at timestamptz not null default now()
);
create policy oauth_registration_tokens_system on oauth_registration_tokens to tokens_system
  using (true) with check (true);
alter table oauth_registration_tokens enable row level security;
alter table oauth_registration_tokens force row level security;
grant select, insert, delete, update (uses_left) on oauth_registration_tokens to tokens_system;
