-- A draft remembers the version of the policy that was in force when it was begun, so that publishing it cannot undo a newer one unseen.
-- The base of what was begun before is not known: whoever publishes it names the version that it replaces.
ALTER TABLE policy_drafts ADD COLUMN base_version bigint NOT NULL DEFAULT 0;
--> statement-breakpoint
ALTER TABLE policy_drafts ALTER COLUMN base_version DROP DEFAULT;
--> statement-breakpoint
GRANT UPDATE (base_version) ON policy_drafts TO authz_runtime;
