-- What an organization demands of those who act for it. The settings have a version of their own, for those who change them at the same time.
ALTER TABLE organizations
  ADD COLUMN settings_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN mfa_mode text NOT NULL DEFAULT 'off' CHECK (mfa_mode IN ('off', 'optional', 'required')),
  ADD COLUMN mfa_required_from timestamptz,
  ADD CONSTRAINT organizations_mfa_check CHECK ((mfa_mode = 'required') = (mfa_required_from IS NOT NULL));
--> statement-breakpoint
GRANT UPDATE (settings_version, mfa_mode, mfa_required_from) ON organizations TO orgs_runtime;
