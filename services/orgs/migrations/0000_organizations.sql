-- Organizations, who belongs to them, and who is invited.
-- Row-level security is forced: without app.org_id (or app.user_id for one's own memberships) the runtime role sees no row.

CREATE TABLE organizations (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  slug text NOT NULL CONSTRAINT organizations_slug_unique UNIQUE,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  version bigint NOT NULL DEFAULT 1,
  min_version bigint NOT NULL DEFAULT 0,
  floor_changed_at timestamptz,
  created_by uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (min_version <= version)
);
--> statement-breakpoint
-- One row per person and organization for ever: a removed membership is a tombstone, and who rejoins continues its version,
-- so an access token of the time before stays below the floor.
CREATE TABLE memberships (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  user_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'removed')),
  is_owner boolean NOT NULL DEFAULT false,
  attributes jsonb NOT NULL DEFAULT '{}',
  roles text[] NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  min_version bigint NOT NULL DEFAULT 0,
  floor_changed_at timestamptz,
  joined_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz,
  CONSTRAINT memberships_person_unique UNIQUE (org_id, user_id),
  CHECK (min_version <= version),
  CHECK (status = 'active' OR NOT is_owner),
  CHECK ((status = 'removed') = (removed_at IS NOT NULL))
);
--> statement-breakpoint
CREATE INDEX memberships_in_order_joined ON memberships (org_id, joined_at, id) WHERE status = 'active';
--> statement-breakpoint
CREATE INDEX memberships_of_person ON memberships (user_id, org_id) WHERE status = 'active';
--> statement-breakpoint
CREATE INDEX memberships_floors ON memberships (floor_changed_at) WHERE floor_changed_at IS NOT NULL;
--> statement-breakpoint
CREATE TABLE invitations (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  email text NOT NULL,
  roles text[] NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
  version bigint NOT NULL DEFAULT 1,
  invited_by uuid NOT NULL,
  accepted_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  CHECK ((status = 'accepted') = (accepted_by IS NOT NULL))
);
--> statement-breakpoint
-- One open invitation per address: it settles the race of two people inviting the same person.
CREATE UNIQUE INDEX invitations_open_unique ON invitations (org_id, email) WHERE status = 'pending';
--> statement-breakpoint
CREATE INDEX invitations_newest_first ON invitations (org_id, id DESC);
--> statement-breakpoint
-- Secrets of sent links, as SHA-256 only. Whether one still opens anything is the invitation's status.
CREATE TABLE invitation_secrets (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  invitation_id uuid NOT NULL REFERENCES invitations (id),
  org_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
CREATE INDEX invitation_secrets_of_invitation ON invitation_secrets (invitation_id);
--> statement-breakpoint
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE invitation_secrets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY memberships_of_organization ON memberships TO orgs_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY memberships_of_person ON memberships FOR SELECT TO orgs_runtime
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY organizations_of_scope ON organizations TO orgs_runtime
  USING (id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY organizations_of_person ON organizations FOR SELECT TO orgs_runtime
  USING (EXISTS (
    SELECT 1 FROM memberships m
    WHERE m.org_id = organizations.id AND m.status = 'active'
      AND m.user_id = nullif(current_setting('app.user_id', true), '')::uuid
  ));
--> statement-breakpoint
CREATE POLICY invitations_of_organization ON invitations TO orgs_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY organizations_system ON organizations TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY memberships_system ON memberships TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY invitations_system ON invitations TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY invitation_secrets_system ON invitation_secrets TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (name, status, version, min_version, floor_changed_at) ON organizations TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (status, is_owner, attributes, version, min_version, floor_changed_at, removed_at) ON memberships TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (status, version, settled_at) ON invitations TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT ON organizations TO orgs_system;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (status, is_owner, attributes, roles, version, joined_at, removed_at) ON memberships TO orgs_system;
--> statement-breakpoint
GRANT SELECT, UPDATE (status, version, accepted_by, settled_at) ON invitations TO orgs_system;
--> statement-breakpoint
GRANT SELECT, INSERT ON invitation_secrets TO orgs_system;
