-- Invitations leave some time after they are over, with the addresses in them and the secrets of their links.
CREATE INDEX invitations_by_expiry ON invitations (expires_at);
--> statement-breakpoint
GRANT DELETE ON invitations, invitation_secrets TO orgs_system;
