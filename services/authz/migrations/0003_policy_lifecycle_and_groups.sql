-- What policies promise about themselves and what lifts their refusal; drafts of policies; groups, whose members hold what the group holds.

ALTER TABLE policies ADD COLUMN obligation jsonb, ADD COLUMN tests jsonb;
--> statement-breakpoint
-- One draft per policy. It decides nothing, so it is overwritten; its version never comes back, so a stale If-Match never fits.
CREATE SEQUENCE policy_draft_versions;
--> statement-breakpoint
CREATE TABLE policy_drafts (
  policy_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  version bigint NOT NULL DEFAULT nextval('policy_draft_versions'),
  content jsonb NOT NULL,
  saved_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
--> statement-breakpoint
CREATE TABLE groups (
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (id, version)
);
--> statement-breakpoint
CREATE UNIQUE INDEX groups_current_unique ON groups (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX groups_key_unique ON groups (org_id, key) WHERE valid_to IS NULL;
--> statement-breakpoint
-- A person belongs to a group through their membership of the organization, and no longer than it lasts.
CREATE TABLE group_members (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL,
  group_id uuid NOT NULL,
  membership_id uuid NOT NULL,
  user_id uuid NOT NULL,
  added_by text NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX group_members_current_unique ON group_members (group_id, membership_id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX group_members_of_membership ON group_members (membership_id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX assignments_of_organization_page ON assignments (org_id, id) WHERE valid_to IS NULL;
--> statement-breakpoint
ALTER TABLE policy_drafts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE groups ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE group_members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY policy_drafts_of_organization ON policy_drafts TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY groups_of_organization ON groups TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY group_members_of_organization ON group_members TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY group_members_system ON group_members TO authz_system USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (content, version, saved_at), DELETE ON policy_drafts TO authz_runtime;
GRANT USAGE ON SEQUENCE policy_draft_versions TO authz_runtime;
GRANT SELECT, INSERT, UPDATE (valid_to) ON groups, group_members TO authz_runtime;
-- Leaving the organization, learned by the projection, ends belonging to its groups.
GRANT SELECT, UPDATE (valid_to) ON group_members TO authz_system;
--> statement-breakpoint
CREATE INDEX assignments_of_group ON assignments (principal_id) WHERE principal_type = 'group' AND valid_to IS NULL;
--> statement-breakpoint
-- Questions about the past find their rows without reading everybody's.
CREATE INDEX roles_history ON roles (org_id);
CREATE INDEX policies_history ON policies (org_id);
CREATE INDEX assignments_history ON assignments (principal_id);
CREATE INDEX group_members_history ON group_members (membership_id);
CREATE INDEX users_history ON users (id);
CREATE INDEX organizations_history ON organizations (id);
CREATE INDEX memberships_history ON memberships (org_id, user_id);
