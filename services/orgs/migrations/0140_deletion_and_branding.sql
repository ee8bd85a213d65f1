-- Owners delete their organization after a grace, in which it can be restored. A deleted one stays as a tombstone: id, version and floor.
ALTER TABLE organizations
  DROP CONSTRAINT organizations_status_check,
  ADD COLUMN logo_url text,
  ADD COLUMN colors jsonb,
  ADD COLUMN deletion_due_at timestamptz,
  ADD CONSTRAINT organizations_status_check CHECK (status IN ('active', 'suspended', 'deleting', 'deleted')),
  ADD CONSTRAINT organizations_deletion_check CHECK (
    CASE status WHEN 'deleting' THEN deletion_due_at IS NOT NULL WHEN 'suspended' THEN true ELSE deletion_due_at IS NULL END);
--> statement-breakpoint
CREATE INDEX organizations_deletion_due ON organizations (deletion_due_at) WHERE deletion_due_at IS NOT NULL;
--> statement-breakpoint
GRANT UPDATE (slug, logo_url, colors, deletion_due_at) ON organizations TO orgs_runtime;
--> statement-breakpoint
GRANT UPDATE (name, slug, logo_url, colors, deletion_due_at) ON organizations TO orgs_system;
--> statement-breakpoint
GRANT DELETE ON memberships TO orgs_system;
