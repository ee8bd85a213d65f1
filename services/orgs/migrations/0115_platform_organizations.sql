-- Operators of the platform find organizations, suspend and restore them. They use the system role, which nobody's organization binds.
CREATE INDEX organizations_by_name ON organizations (lower(name) text_pattern_ops);
--> statement-breakpoint
CREATE INDEX organizations_by_slug ON organizations (slug text_pattern_ops);
--> statement-breakpoint
GRANT UPDATE (status, version, min_version, floor_changed_at) ON organizations TO orgs_system;
