-- Rules on a second factor by role: [{role, mode, required_from}], in order of the roles.
ALTER TABLE organizations ADD COLUMN mfa_roles jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(mfa_roles) = 'array');
--> statement-breakpoint
GRANT UPDATE (mfa_roles) ON organizations TO orgs_runtime;
