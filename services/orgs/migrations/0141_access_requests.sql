-- People ask to join an organization that takes requests, or for roles in their own.
ALTER TABLE organizations ADD COLUMN takes_join_requests boolean NOT NULL DEFAULT false;
--> statement-breakpoint
GRANT UPDATE (takes_join_requests) ON organizations TO orgs_runtime;
--> statement-breakpoint
CREATE TABLE access_requests (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  user_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('join', 'role')),
  roles text[] NOT NULL,
  reason text NOT NULL,
  duration_seconds integer,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'denied', 'cancelled', 'expired')),
  version bigint NOT NULL DEFAULT 1,
  decided_by uuid,
  decision_reason text,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz(3) NOT NULL,
  settled_at timestamptz,
  CHECK ((status IN ('approved', 'denied')) = (decided_by IS NOT NULL))
);
--> statement-breakpoint
-- One open request per person and organization.
CREATE UNIQUE INDEX access_requests_open_unique ON access_requests (org_id, user_id) WHERE status = 'pending';
--> statement-breakpoint
CREATE INDEX access_requests_newest_first ON access_requests (org_id, id DESC);
--> statement-breakpoint
CREATE INDEX access_requests_of_person ON access_requests (user_id, id DESC);
--> statement-breakpoint
CREATE INDEX access_requests_by_expiry ON access_requests (expires_at);
--> statement-breakpoint
ALTER TABLE access_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY access_requests_of_organization ON access_requests TO orgs_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY access_requests_of_person ON access_requests FOR SELECT TO orgs_runtime
  USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY access_requests_system ON access_requests TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (status, roles, version, decided_by, decision_reason, settled_at) ON access_requests TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT, DELETE ON access_requests TO orgs_system;
--> statement-breakpoint
-- Whoever asked to join becomes a member by the hand of the organization; who left before goes on where they were.
GRANT UPDATE (roles, joined_at) ON memberships TO orgs_runtime;
