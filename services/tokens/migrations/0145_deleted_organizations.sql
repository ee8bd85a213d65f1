-- What belongs to a deleted organization goes with it.
grant delete on service_accounts, api_keys to tokens_system;
--> statement-breakpoint
create index oauth_client_secrets_by_organization on oauth_client_secrets (org_id) where org_id is not null;
