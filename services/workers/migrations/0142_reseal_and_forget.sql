-- A new key-encryption key seals the secrets of endpoints anew.
GRANT UPDATE (secret_sealed, previous_secret_sealed) ON webhook_endpoints TO workers_system;
--> statement-breakpoint
-- Owners of a deleted organization are forgotten with it.
GRANT DELETE ON organization_owners TO workers_system;
--> statement-breakpoint
-- An alert is news in the version in which it was told: several events may be handled in one transaction, and at one time of it.
ALTER TABLE security_alerts ADD COLUMN announced_version bigint NOT NULL DEFAULT 1;
