-- What sessions must be like that act for an organization, and who invites.
ALTER TABLE organizations
  ADD COLUMN session_idle_seconds integer CHECK (session_idle_seconds > 0),
  ADD COLUMN session_lifetime_seconds integer CHECK (session_lifetime_seconds > 0),
  ADD COLUMN allowed_addresses text[] NOT NULL DEFAULT '{}',
  ADD COLUMN sign_in_methods text[] NOT NULL DEFAULT '{}'
    CHECK (sign_in_methods <@ ARRAY['password', 'passkey', 'email_code']),
  ADD COLUMN invitations_by text NOT NULL DEFAULT 'permitted' CHECK (invitations_by IN ('permitted', 'owners'));
--> statement-breakpoint
GRANT UPDATE (session_idle_seconds, session_lifetime_seconds, allowed_addresses, sign_in_methods, invitations_by)
  ON organizations TO orgs_runtime;
