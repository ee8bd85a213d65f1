-- Lists as of a moment read rows that have ended too: these are found by the order of their pages.
CREATE INDEX groups_history ON groups (org_id, key);
--> statement-breakpoint
CREATE INDEX assignments_page_history ON assignments (org_id, id);
--> statement-breakpoint
CREATE INDEX group_members_page_history ON group_members (group_id, user_id);
