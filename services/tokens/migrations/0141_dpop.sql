-- Tokens bound to a key of their client (RFC 9449). The refresh tokens of a public client are bound to the key they were first given for.
alter table refresh_families add column jkt text check (length(jkt) = 43);
--> statement-breakpoint
alter table oauth_clients add column dpop_bound_access_tokens boolean not null default false;
grant update (dpop_bound_access_tokens) on oauth_clients to tokens_runtime, tokens_system;
