-- People of a domain are offered the organization (what 'join' was), or are members once they prove their address.
ALTER TABLE domains NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE domains DROP CONSTRAINT domains_capture_check;
--> statement-breakpoint
UPDATE domains SET capture = 'offer' WHERE capture = 'join';
--> statement-breakpoint
ALTER TABLE domains ADD CONSTRAINT domains_capture_check CHECK (capture IN ('off', 'offer', 'join'));
--> statement-breakpoint
ALTER TABLE domains FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- People who have proven an address, until it was looked whether a domain makes them members.
CREATE TABLE capture_checks (
  user_id uuid PRIMARY KEY,
  -- Of the person, as the event said that asked for the look.
  version bigint NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
CREATE INDEX capture_checks_due ON capture_checks (due_at);
--> statement-breakpoint
ALTER TABLE capture_checks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY capture_checks_system ON capture_checks TO orgs_system USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE, UPDATE (version, due_at) ON capture_checks TO orgs_system;
