-- Rate limits: one row per hashed key, which says when its bucket is full again; no row is a full bucket.
-- They belong to no tenant: the limit of a recipient or an inviter counts over all organizations.
CREATE TABLE budgets (
  key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
  full_at timestamptz NOT NULL
);
--> statement-breakpoint
CREATE INDEX budgets_full_at ON budgets (full_at);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (full_at) ON budgets TO orgs_runtime;
--> statement-breakpoint
GRANT SELECT, UPDATE (full_at), DELETE ON budgets TO orgs_system;
