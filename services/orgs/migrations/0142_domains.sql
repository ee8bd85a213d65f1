-- Domains an organization claims, and proves by a record in DNS.
CREATE TABLE domains (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  name text NOT NULL CHECK (name = lower(name)),
  proof text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'verified', 'lapsed')),
  capture text NOT NULL DEFAULT 'off' CHECK (capture IN ('off', 'join')),
  version bigint NOT NULL DEFAULT 1,
  last_check text CHECK (last_check IN ('found', 'missing', 'unanswered', 'taken')),
  checked_at timestamptz(3),
  -- Checks in a row that found no record.
  missed_checks integer NOT NULL DEFAULT 0,
  next_check_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT domains_once_per_organization UNIQUE (org_id, name)
);
--> statement-breakpoint
-- One organization has a domain at a time, whoever proves it in the same moment.
CREATE UNIQUE INDEX domains_verified_unique ON domains (name) WHERE status = 'verified';
--> statement-breakpoint
CREATE INDEX domains_newest_first ON domains (org_id, id DESC);
--> statement-breakpoint
CREATE INDEX domains_next_check ON domains (next_check_at);
--> statement-breakpoint
ALTER TABLE domains ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY domains_of_organization ON domains TO orgs_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY domains_system ON domains TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE, UPDATE (capture, version) ON domains TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT, DELETE, UPDATE (status, version, last_check, checked_at, missed_checks, next_check_at) ON domains TO orgs_system;
