-- The audit trail. Rows are written in the inbox transaction of the event they tell of and never changed: no role may UPDATE or DELETE;
-- they leave with their month, when the owner's upkeep drops it after ten years.
CREATE TABLE audit_events (
  -- The id of the event it tells of: the same event cannot be told twice.
  id uuid NOT NULL,
  -- Database time of the change, in the producer's transaction.
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  producer text NOT NULL,
  action text NOT NULL,
  actor_type text NOT NULL,
  actor_id text,
  target_type text NOT NULL,
  target_id text NOT NULL,
  -- The organization whose trail it belongs to.
  org_id uuid,
  -- The person whose activity it belongs to: whom it concerns, else who did it.
  user_id uuid,
  client_address text,
  user_agent text,
  request_id text,
  correlation_id text NOT NULL,
  data jsonb NOT NULL,
  PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
--> statement-breakpoint
CREATE INDEX audit_events_in_order ON audit_events (occurred_at, id);
--> statement-breakpoint
CREATE INDEX audit_events_of_organization ON audit_events (org_id, occurred_at, id) WHERE org_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_events_of_organization_by_action ON audit_events (org_id, action, occurred_at, id) WHERE org_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_events_of_person ON audit_events (user_id, occurred_at, id) WHERE user_id IS NOT NULL;
--> statement-breakpoint
-- 70 days behind: an event replayed from a parked or restored producer still finds its month.
INSERT INTO partitioned_tables (table_name, span, retention_days, behind_days, ahead_days) VALUES ('audit_events', 'month', 3650, 70, 62);
--> statement-breakpoint
SELECT maintain_partitions();
--> statement-breakpoint
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY audit_events_tenant ON audit_events FOR SELECT TO workers_runtime USING (
  org_id = nullif(current_setting('app.org_id', true), '')::uuid
  OR user_id = nullif(current_setting('app.user_id', true), '')::uuid
);
--> statement-breakpoint
CREATE POLICY audit_events_read ON audit_events FOR SELECT TO workers_system USING (true);
--> statement-breakpoint
CREATE POLICY audit_events_record ON audit_events FOR INSERT TO workers_system WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT ON audit_events TO workers_runtime;
--> statement-breakpoint
GRANT SELECT, INSERT ON audit_events TO workers_system;
