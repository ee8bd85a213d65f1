-- What a client may choose for itself: how its requests arrive, how long its tokens live, what people are shown of it.
alter table oauth_clients
  add column requires_pushed_requests boolean not null default false,
  add column security_profile text not null default 'oauth2' check (security_profile in ('oauth2', 'fapi2')),
  add column access_token_seconds integer check (access_token_seconds between 60 and 300),
  add column session_seconds integer check (session_seconds between 300 and 7776000),
  add column logo_uri text check (length(logo_uri) <= 2000),
  add column policy_uri text check (length(policy_uri) <= 2000),
  add column tos_uri text check (length(tos_uri) <= 2000),
  -- FAPI 2.0 Security Profile §5.3.2.1: the client proves itself by a key.
  add constraint oauth_clients_fapi2_check check (security_profile <> 'fapi2' or auth_method = 'private_key_jwt');
grant update (
  requires_pushed_requests, security_profile, access_token_seconds, session_seconds, logo_uri, policy_uri, tos_uri
) on oauth_clients to tokens_runtime, tokens_system;
--> statement-breakpoint
-- The resource servers that an authorization request named (RFC 8707); null: all that its client registered.
alter table sessions add column resources text[];
