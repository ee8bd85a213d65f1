-- From when on an organization requires a second factor of whoever acts for it; null: it does not.
alter table organization_states add column mfa_required_from timestamptz;
