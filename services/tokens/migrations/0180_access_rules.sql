-- The rules of an organization on sessions, as orgs announced them; null: it never set one.
ALTER TABLE organization_states ADD COLUMN access_rules jsonb;
