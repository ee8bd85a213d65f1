-- Service accounts: a copy of what tokens owns, the roles they hold, and what people may do with them in Gatehouse itself.

CREATE TABLE service_accounts (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'disabled', 'deleted')),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz
);
--> statement-breakpoint
CREATE UNIQUE INDEX service_accounts_current_unique ON service_accounts (id) WHERE valid_to IS NULL;
--> statement-breakpoint
-- One row per service account whose roles were ever set: the lock and the version of the set.
CREATE TABLE service_account_role_sets (
  service_account_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  version bigint NOT NULL DEFAULT 1
);
--> statement-breakpoint
CREATE INDEX assignments_of_service_account ON assignments (principal_id) WHERE principal_type = 'service_account' AND valid_to IS NULL;
--> statement-breakpoint
ALTER TABLE service_accounts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE service_account_role_sets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY service_accounts_of_organization ON service_accounts FOR SELECT TO authz_runtime USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY service_accounts_system ON service_accounts TO authz_system USING (true) WITH CHECK (true);
CREATE POLICY service_account_role_sets_of_organization ON service_account_role_sets TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
GRANT SELECT ON service_accounts TO authz_runtime;
GRANT SELECT, INSERT, UPDATE (version) ON service_account_role_sets TO authz_runtime;
GRANT SELECT, INSERT, UPDATE (valid_to) ON service_accounts TO authz_system;
--> statement-breakpoint
-- The application `gatehouse` in its next version: three permissions, which `admin` holds as well, and the role that is one of them.
-- Whoever holds `authz.evaluate` may ask about others only as a service account.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
  names text[] := ARRAY['service_accounts.read', 'service_accounts.write', 'authz.evaluate'];
  keys text[] := ARRAY['gatehouse:service_accounts.read', 'gatehouse:service_accounts.write', 'gatehouse:authz.evaluate'];
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' || (SELECT jsonb_agg(jsonb_build_object('name', name)) FROM unnest(names) AS name)),
      '{roles}',
      (SELECT jsonb_agg(CASE WHEN role ->> 'key' = 'admin' THEN jsonb_set(role, '{permissions}', role -> 'permissions' || to_jsonb(keys)) ELSE role END)
        FROM jsonb_array_elements(manifest -> 'roles') AS role) || '[{"key": "evaluator", "name": "Evaluator", "permissions": ["gatehouse:authz.evaluate"]}]'
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action, sensitive) SELECT 'gatehouse', name, false FROM unnest(names) AS name;

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key = 'admin' AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || keys, inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key = 'admin' AND valid_to = begins;
  INSERT INTO roles (id, version, application, key, name, permissions, valid_from)
  VALUES ('019abc00-0000-7000-8000-000000000006', 1, 'gatehouse', 'evaluator', 'Evaluator', '{"gatehouse:authz.evaluate"}', begins);
END $$;
