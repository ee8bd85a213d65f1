-- Roles of an organization that require a second factor, as orgs announced them; null: it never named one.
ALTER TABLE organization_states ADD COLUMN mfa_roles jsonb;
