-- Of a deleted organization the model ends, and what it said about its things goes.
DO $$
DECLARE owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['groups', 'entities', 'policy_drafts', 'policy_shadows'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I TO authz_system USING (true) WITH CHECK (true)', owned || '_system', owned);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT, UPDATE (valid_to) ON groups, entities TO authz_system;
--> statement-breakpoint
GRANT UPDATE (attributes) ON entities TO authz_system;
--> statement-breakpoint
GRANT SELECT, DELETE ON policy_drafts, policy_shadows TO authz_system;
--> statement-breakpoint
-- The application `gatehouse` in its next version: deleting an organization, which ownership alone brings.
DO $$
DECLARE begins timestamptz := clock_timestamp();
BEGIN
  UPDATE applications SET valid_to = begins WHERE key = 'gatehouse' AND valid_to IS NULL;
  INSERT INTO applications (id, version, key, manifest, valid_from)
  SELECT id, version + 1, key,
    jsonb_set(manifest, '{resource_types,0,actions}', manifest #> '{resource_types,0,actions}' || '[{"name": "organization.delete"}]'),
    begins
  FROM applications WHERE key = 'gatehouse' AND valid_to = begins;

  INSERT INTO permissions (resource_type, action, sensitive) VALUES ('gatehouse', 'organization.delete', false);
END $$;
