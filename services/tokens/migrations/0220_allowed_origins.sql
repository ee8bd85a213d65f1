-- Origins whose scripts may read answers of the API (CORS), told by whoever manages the client.
alter table oauth_clients
  add column allowed_origins text[] not null default '{}' check (cardinality(allowed_origins) <= 20);
grant update (allowed_origins) on oauth_clients to tokens_runtime, tokens_system;
