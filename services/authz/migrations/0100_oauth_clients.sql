-- The application `gatehouse` in its next version: `oauth_clients.read` and `oauth_clients.write` are about the applications of an organization that people
-- sign in to, and `admin` holds them. `platform.oauth_clients` is about those of the platform: sensitive, and `platform-admin` holds it.
DO $$
DECLARE
  begins timestamptz := clock_timestamp();
  names text[] := ARRAY['oauth_clients.read', 'oauth_clients.write'];
  keys text[] := ARRAY['gatehouse:oauth_clients.read', 'gatehouse:oauth_clients.write'];
  platform_name text := 'platform.oauth_clients';
  platform_keys text[] := ARRAY['gatehouse:platform.oauth_clients'];
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(
      jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}'
        || (SELECT jsonb_agg(jsonb_build_object('name', name)) FROM unnest(names) AS name)
        || jsonb_build_array(jsonb_build_object('name', platform_name, 'sensitive', true))),
      '{roles}',
      (SELECT jsonb_agg(CASE role ->> 'key'
          WHEN 'admin' THEN jsonb_set(role, '{permissions}', role -> 'permissions' || to_jsonb(keys))
          WHEN 'platform-admin' THEN jsonb_set(role, '{permissions}', role -> 'permissions' || to_jsonb(platform_keys))
          ELSE role END ORDER BY place)
        FROM jsonb_array_elements(manifest -> 'roles') WITH ORDINALITY AS listed (role, place))
    ),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action, sensitive) SELECT 'gatehouse', name, false FROM unnest(names) AS name;
  INSERT INTO permissions (resource_type, action, sensitive) VALUES ('gatehouse', platform_name, true);

  UPDATE roles SET valid_to = begins WHERE org_id IS NULL AND key IN ('admin', 'platform-admin') AND valid_to IS NULL;
  INSERT INTO roles (id, version, application, key, name, permissions, inherits, created_at, valid_from)
  SELECT id, version + 1, application, key, name, permissions || CASE key WHEN 'admin' THEN keys ELSE platform_keys END, inherits, created_at, begins
  FROM roles WHERE org_id IS NULL AND key IN ('admin', 'platform-admin') AND valid_to = begins;
END $$;
