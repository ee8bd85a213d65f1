-- An invitation that is sent again: secrets from before open nothing, and who sent it is who invites.
ALTER TABLE invitations ADD COLUMN resent_at timestamptz;
--> statement-breakpoint
GRANT UPDATE (invited_by, expires_at, resent_at) ON invitations TO orgs_runtime;
