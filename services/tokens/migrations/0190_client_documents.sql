-- Clients that are known by the address of a document about them (OAuth Client ID Metadata Document), and clients
-- whose keys are fetched (RFC 7591 §2, jwks_uri). The id of the former is that address.
alter table clients drop constraint clients_id_check;
alter table clients add constraint clients_id_check
  check (id ~ '^[a-z][a-z0-9_-]{0,62}$' or (id ~ '^https?://' and length(id) <= 500));
--> statement-breakpoint
alter table oauth_clients
  add column jwks_uri text check (length(jwks_uri) <= 2000),
  -- Until then the document is believed as it was read.
  add column document_expires_at timestamptz,
  -- The id by which the API and events name such a client.
  add column document_reference text unique,
  drop constraint oauth_clients_check1,
  add constraint oauth_clients_keys check ((num_nonnulls(jwks, jwks_uri) = 1) = (auth_method = 'private_key_jwt')
    and num_nonnulls(jwks, jwks_uri) <= 1),
  add constraint oauth_clients_document check (num_nonnulls(document_expires_at, document_reference) = case when id ~ '^https?://' then 2 else 0 end);
grant update (jwks_uri) on oauth_clients to tokens_runtime, tokens_system;
grant update (document_expires_at) on oauth_clients to tokens_system;
