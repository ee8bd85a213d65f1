-- The authorization model: catalog, roles, who holds them, policies; and what authz knows of people, organizations and memberships.
-- Everything a decision reads has validity-ranged rows: a change closes the current row and inserts the next, so any past moment can be asked about.
-- Row-level security is forced: without app.org_id or app.user_id the runtime role sees the platform's rows and nothing else.

-- Applications as they were declared. `manifest` is the whole declaration; the two tables below are its index.
CREATE TABLE applications (
  id uuid NOT NULL,
  version bigint NOT NULL,
  key text NOT NULL,
  manifest jsonb NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (id, version)
);
--> statement-breakpoint
CREATE UNIQUE INDEX applications_key_unique ON applications (key) WHERE valid_to IS NULL;
--> statement-breakpoint
-- A resource type belongs to one application.
CREATE TABLE resource_types (
  key text PRIMARY KEY,
  application text NOT NULL
);
--> statement-breakpoint
CREATE TABLE permissions (
  resource_type text NOT NULL REFERENCES resource_types (key) ON DELETE CASCADE,
  action text NOT NULL,
  sensitive boolean NOT NULL DEFAULT false,
  PRIMARY KEY (resource_type, action)
);
--> statement-breakpoint
-- Roles of the platform (org_id null) and of organizations. The id stays over all versions.
CREATE TABLE roles (
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid,
  application text,
  key text NOT NULL,
  name text NOT NULL,
  permissions text[] NOT NULL,
  inherits text[] NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (id, version),
  CHECK ((org_id IS NULL) = (application IS NOT NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX roles_current_unique ON roles (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX roles_key_unique ON roles (org_id, key) NULLS NOT DISTINCT WHERE valid_to IS NULL;
--> statement-breakpoint
-- Who holds which role. Limits and expiry are checked when a decision is made. principal_id of a user is the user's id.
CREATE TABLE assignments (
  id uuid PRIMARY KEY,
  scope text NOT NULL CHECK (scope IN ('platform', 'organization')),
  org_id uuid,
  principal_type text NOT NULL CHECK (principal_type IN ('user', 'service_account', 'group', 'agent')),
  principal_id uuid NOT NULL,
  -- The membership a user holds it through; it ends with it.
  membership_id uuid,
  role_id uuid NOT NULL,
  resource_type text,
  resource_id text,
  expires_at timestamptz,
  given_by text NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  CHECK ((scope = 'platform') = (org_id IS NULL)),
  CHECK ((resource_type IS NULL) = (resource_id IS NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX assignments_current_unique ON assignments (org_id, principal_type, principal_id, role_id, resource_type, resource_id) NULLS NOT DISTINCT WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX assignments_of_membership ON assignments (membership_id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX assignments_of_role ON assignments (role_id) WHERE valid_to IS NULL;
--> statement-breakpoint
-- One row per membership: the lock and the version of the set of roles it holds.
CREATE TABLE role_holders (
  membership_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  -- Version of the membership whose given roles were applied last: roles come with joining, once per joining.
  joined_version bigint NOT NULL DEFAULT 0
);
--> statement-breakpoint
CREATE TABLE policies (
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid,
  application text,
  key text NOT NULL,
  effect text NOT NULL CHECK (effect IN ('allow', 'deny')),
  resource_type text NOT NULL,
  actions text[] NOT NULL,
  roles text[],
  -- As people wrote it, and as the engine compiles it.
  when_source text,
  condition jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (id, version),
  CHECK ((org_id IS NULL) = (application IS NOT NULL)),
  CHECK ((when_source IS NULL) = (condition IS NULL))
);
--> statement-breakpoint
CREATE UNIQUE INDEX policies_current_unique ON policies (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX policies_key_unique ON policies (org_id, key) NULLS NOT DISTINCT WHERE valid_to IS NULL;
--> statement-breakpoint
-- Copies of what identity and orgs own. A removed membership and a disabled user stay as versioned rows.
CREATE TABLE users (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  version bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'disabled')),
  email_verified boolean NOT NULL DEFAULT false,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX users_current_unique ON users (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE TABLE organizations (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  version bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'suspended', 'removed')),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX organizations_current_unique ON organizations (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE TABLE memberships (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'removed')),
  is_owner boolean NOT NULL,
  attributes jsonb NOT NULL,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX memberships_current_unique ON memberships (id) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX memberships_of_person ON memberships (org_id, user_id) WHERE valid_to IS NULL;
--> statement-breakpoint
ALTER TABLE roles ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE assignments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE role_holders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE policies ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- The platform's roles and policies are everybody's to read and nobody's to write through the runtime role.
CREATE POLICY roles_of_platform ON roles FOR SELECT TO authz_runtime USING (org_id IS NULL);
CREATE POLICY roles_of_organization ON roles TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY policies_of_platform ON policies FOR SELECT TO authz_runtime USING (org_id IS NULL);
CREATE POLICY policies_of_organization ON policies TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY assignments_of_organization ON assignments TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY assignments_of_person ON assignments FOR SELECT TO authz_runtime
  USING (principal_type = 'user' AND principal_id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY role_holders_of_organization ON role_holders TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY users_of_person ON users FOR SELECT TO authz_runtime USING (id = nullif(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY organizations_of_scope ON organizations FOR SELECT TO authz_runtime USING (id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY memberships_of_organization ON memberships FOR SELECT TO authz_runtime USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY roles_system ON roles TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY policies_system ON policies TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY assignments_system ON assignments TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY role_holders_system ON role_holders TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY users_system ON users TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY organizations_system ON organizations TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY memberships_system ON memberships TO authz_system USING (true) WITH CHECK (true);
--> statement-breakpoint
-- Rows that decide are never overwritten: the only column anybody may change is the end of their validity.
GRANT SELECT ON applications, resource_types, permissions, users, organizations, memberships TO authz_runtime;
GRANT SELECT, INSERT, UPDATE (valid_to) ON roles, assignments, policies TO authz_runtime;
GRANT SELECT, UPDATE (version) ON role_holders TO authz_runtime;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (valid_to) ON applications, roles, assignments, policies, users, organizations, memberships TO authz_system;
GRANT SELECT, INSERT, DELETE ON resource_types, permissions TO authz_system;
GRANT SELECT, INSERT, UPDATE (version, joined_version) ON role_holders TO authz_system;
