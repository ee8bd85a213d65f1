-- The audit lists filter by actor, action and target, each in the order of time and in both directions.
CREATE INDEX audit_events_of_organization_by_actor ON audit_events (org_id, actor_id, occurred_at, id) WHERE org_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_events_of_organization_by_target ON audit_events (org_id, target_id, occurred_at, id) WHERE org_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, occurred_at, id);
--> statement-breakpoint
CREATE INDEX audit_events_by_action ON audit_events (action, occurred_at, id);
--> statement-breakpoint
CREATE INDEX audit_events_by_target ON audit_events (target_id, occurred_at, id);
