-- The application `gatehouse` in its next version: operators see the platform as a person does. It is sensitive; the
-- role `platform-admin` holds it.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
  added text := 'users.impersonate';
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' ||
        jsonb_build_array(jsonb_build_object('name', added, 'sensitive', true))),
      '{roles}',
      (SELECT jsonb_agg(CASE WHEN role ->> 'key' = 'platform-admin'
          THEN jsonb_set(role, '{permissions}', role -> 'permissions' || to_jsonb('gatehouse:' || added)) ELSE role END)
        FROM jsonb_array_elements(manifest -> 'roles') AS role)
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action, sensitive) VALUES ('gatehouse', added, true);

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key = 'platform-admin' AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || ('gatehouse:' || added), inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key = 'platform-admin' AND valid_to = begins;
END $$;
