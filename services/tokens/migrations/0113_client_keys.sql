-- Clients that prove themselves by signed assertions (RFC 7523), and the assertions that were used: an insert decides who uses one.
alter table oauth_clients drop constraint oauth_clients_auth_method_check;
alter table oauth_clients add constraint oauth_clients_auth_method_check check (auth_method in ('none', 'client_secret', 'private_key_jwt'));
alter table oauth_clients add column jwks jsonb check ((jwks is not null) = (auth_method = 'private_key_jwt'));
grant update (jwks) on oauth_clients to tokens_runtime, tokens_system;
--> statement-breakpoint
create table oauth_used_assertions (
  client_id text not null references oauth_clients (id),
  hash bytea not null check (length(hash) = 32),
  expires_at timestamptz not null,
  primary key (client_id, hash)
);
create index oauth_used_assertions_over on oauth_used_assertions (expires_at);
--> statement-breakpoint
create policy oauth_used_assertions_system on oauth_used_assertions to tokens_system using (true) with check (true);
alter table oauth_used_assertions enable row level security;
alter table oauth_used_assertions force row level security;
grant select, insert, delete on oauth_used_assertions to tokens_system;
