-- The application `gatehouse` in its next version: `platform.webhooks` makes the platform's own webhooks, whose
-- receivers hear of every organization. It is sensitive; the role `platform-admin` holds it.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
  names text[] := ARRAY['platform.webhooks'];
  keys text[] := ARRAY(SELECT 'gatehouse:' || name FROM unnest(names) AS name);
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' ||
        (SELECT jsonb_agg(jsonb_build_object('name', name, 'sensitive', true)) FROM unnest(names) AS name)),
      '{roles}',
      (SELECT jsonb_agg(CASE WHEN role ->> 'key' = 'platform-admin'
          THEN jsonb_set(role, '{permissions}', role -> 'permissions' || to_jsonb(keys)) ELSE role END)
        FROM jsonb_array_elements(manifest -> 'roles') AS role)
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action, sensitive) SELECT 'gatehouse', name, true FROM unnest(names) AS name;

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key = 'platform-admin' AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || keys, inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key = 'platform-admin' AND valid_to = begins;
END $$;
