-- The entity directory: what an organization's applications store about resources and subjects of any type, over time.
-- A deleted entity leaves a row that says so, in the next version: who stores it again continues from there.

CREATE TABLE entities (
  id uuid NOT NULL,
  version bigint NOT NULL,
  org_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  -- As the application names it.
  key text COLLATE "C" NOT NULL,
  attributes jsonb NOT NULL,
  role_ids uuid[] NOT NULL DEFAULT '{}',
  deleted boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  PRIMARY KEY (id, version)
);
--> statement-breakpoint
CREATE UNIQUE INDEX entities_current_unique ON entities (org_id, type, key) WHERE valid_to IS NULL;
--> statement-breakpoint
CREATE INDEX entities_history ON entities (org_id, type, key, valid_from);
--> statement-breakpoint
ALTER TABLE entities ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY entities_of_organization ON entities TO authz_runtime
  USING (org_id = nullif(current_setting('app.org_id', true), '')::uuid)
  WITH CHECK (org_id = nullif(current_setting('app.org_id', true), '')::uuid);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (valid_to) ON entities TO authz_runtime;
--> statement-breakpoint
-- The application `gatehouse` in its next version: two permissions. `admin` may read the directory; what is stored in it decides about an
-- application's own things, so writing it is the owner's, or that of a role the organization makes.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' || '[{"name": "entities.read"}, {"name": "entities.write"}]'),
      '{roles}',
      (SELECT jsonb_agg(CASE WHEN role ->> 'key' = 'admin' THEN jsonb_set(role, '{permissions}', role -> 'permissions' || '["gatehouse:entities.read"]') ELSE role END ORDER BY place)
        FROM jsonb_array_elements(manifest -> 'roles') WITH ORDINALITY AS listed (role, place))
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action) VALUES ('gatehouse', 'entities.read'), ('gatehouse', 'entities.write');

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key = 'admin' AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || '{"gatehouse:entities.read"}', inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key = 'admin' AND valid_to = begins;
END $$;
