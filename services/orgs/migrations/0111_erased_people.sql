-- An erased person leaves every organization, with what it kept about them.
GRANT UPDATE (min_version, floor_changed_at) ON memberships TO orgs_system;
--> statement-breakpoint
CREATE INDEX memberships_ever_of_person ON memberships (user_id);
--> statement-breakpoint
CREATE INDEX invitations_accepted_by ON invitations (accepted_by) WHERE accepted_by IS NOT NULL;
