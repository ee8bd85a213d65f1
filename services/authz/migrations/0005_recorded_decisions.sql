-- Decisions as they were made, sampled, with the values they were made from: what a draft would have said can be asked of them.
-- Attributes marked sensitive are left out and named in `withheld`.

CREATE TABLE decisions (
  id uuid NOT NULL DEFAULT uuidv7(),
  decided_at timestamptz(3) NOT NULL,
  org_id uuid NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  resource_type text COLLATE "C" NOT NULL,
  resource_id text NOT NULL,
  action text COLLATE "C" NOT NULL,
  -- Keys of the roles held for this resource.
  roles text[] NOT NULL,
  -- By source and name, as they were believed.
  attributes jsonb NOT NULL,
  -- `source.name` of those left out.
  withheld text[] NOT NULL,
  allowed boolean NOT NULL,
  reason jsonb NOT NULL,
  PRIMARY KEY (id, decided_at)
) PARTITION BY RANGE (decided_at);
--> statement-breakpoint
CREATE INDEX decisions_of_organization ON decisions (org_id, decided_at DESC, id DESC);
--> statement-breakpoint
INSERT INTO partitioned_tables (table_name, span, retention_days, behind_days, ahead_days) VALUES ('decisions', 'day', 30, 1, 14);
--> statement-breakpoint
SELECT maintain_partitions();
--> statement-breakpoint
-- Every decision a draft is about is recorded while it shadows the policy in force.
CREATE TABLE policy_shadows (
  policy_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  started_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  ends_at timestamptz(3) NOT NULL DEFAULT clock_timestamp() + interval '7 days'
);
--> statement-breakpoint
ALTER TABLE decisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE policy_shadows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY decisions_of_organization ON decisions FOR SELECT TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY decisions_system ON decisions FOR INSERT TO authz_system WITH CHECK (true);
CREATE POLICY policy_shadows_of_organization ON policy_shadows TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT ON decisions TO authz_runtime;
-- One batch holds decisions of many organizations.
GRANT INSERT ON decisions TO authz_system;
GRANT SELECT, INSERT, UPDATE (started_at, ends_at), DELETE ON policy_shadows TO authz_runtime;
