-- A suspended member keeps roles and attributes; nobody but an active one is permitted anything.
ALTER TABLE memberships DROP CONSTRAINT memberships_status_check;
--> statement-breakpoint
ALTER TABLE memberships ADD CONSTRAINT memberships_status_check CHECK (status IN ('active', 'suspended', 'removed'));
