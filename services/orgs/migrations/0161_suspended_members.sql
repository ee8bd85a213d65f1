-- A suspended member keeps the row with roles and attributes, and does not act for the organization.
ALTER TABLE memberships DROP CONSTRAINT memberships_status_check;
--> statement-breakpoint
ALTER TABLE memberships ADD CONSTRAINT memberships_status_check CHECK (status IN ('active', 'suspended', 'removed'));
--> statement-breakpoint
-- Lists show who is suspended, too.
CREATE INDEX memberships_in_list ON memberships (org_id, joined_at, id) WHERE status <> 'removed';
--> statement-breakpoint
DROP INDEX memberships_in_order_joined;
