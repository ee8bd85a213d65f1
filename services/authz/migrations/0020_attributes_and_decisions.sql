-- The application `gatehouse` in its next version: two permissions. `attributes.write` is needed to write what policies read of people, of the
-- organization and of stored subjects: who sets such an attribute gives what policies make of it, so it is the owner's, or that of a role the
-- organization makes. `decisions.read` shows whom recorded decisions were about; `admin` holds it as well.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' || '[{"name": "attributes.write"}, {"name": "decisions.read"}]'),
      '{roles}',
      (SELECT jsonb_agg(CASE WHEN role ->> 'key' = 'admin' THEN jsonb_set(role, '{permissions}', role -> 'permissions' || '["gatehouse:decisions.read"]') ELSE role END ORDER BY place)
        FROM jsonb_array_elements(manifest -> 'roles') WITH ORDINALITY AS listed (role, place))
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action) VALUES ('gatehouse', 'attributes.write'), ('gatehouse', 'decisions.read');

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key = 'admin' AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || '{"gatehouse:decisions.read"}', inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key = 'admin' AND valid_to = begins;
END $$;
