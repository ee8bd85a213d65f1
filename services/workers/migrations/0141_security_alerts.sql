-- Security alerts, and what their rules have to remember to find something.
CREATE TABLE security_alerts (
  id uuid PRIMARY KEY,
  rule text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'resolved')),
  -- What makes two findings the same thing, hashed.
  same_as bytea NOT NULL CHECK (octet_length(same_as) = 32),
  -- Neither: it is the platform's alone.
  org_id uuid,
  user_id uuid,
  data jsonb NOT NULL,
  count bigint NOT NULL DEFAULT 1,
  version bigint NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  -- When it was told last.
  announced_at timestamptz NOT NULL DEFAULT now(),
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK (org_id IS NULL OR user_id IS NULL)
);
-- Of one thing one alert is unresolved.
CREATE UNIQUE INDEX security_alerts_unresolved ON security_alerts (same_as) WHERE status <> 'resolved';
CREATE INDEX security_alerts_of_organization ON security_alerts (org_id, id) WHERE org_id IS NOT NULL;
CREATE INDEX security_alerts_of_person ON security_alerts (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX security_alerts_last ON security_alerts (last_at);
--> statement-breakpoint
-- Events that count within a window; forgotten soon after it.
CREATE TABLE alert_observations (
  key bytea NOT NULL CHECK (octet_length(key) = 32),
  event_id uuid NOT NULL,
  member text NOT NULL,
  at timestamptz NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (key, event_id)
);
CREATE INDEX alert_observations_in_order ON alert_observations (key, at);
CREATE INDEX alert_observations_noted ON alert_observations (noted_at);
--> statement-breakpoint
-- Devices people signed in from, each as a hash of its kind.
CREATE TABLE known_devices (
  user_id uuid NOT NULL,
  device bytea NOT NULL CHECK (octet_length(device) = 32),
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, device)
);
--> statement-breakpoint
-- Who owns what, as orgs announced it last.
CREATE TABLE organization_owners (
  membership_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  is_owner boolean NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX organization_owners_of ON organization_owners (org_id) WHERE is_owner;
--> statement-breakpoint
DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['security_alerts', 'alert_observations', 'known_devices', 'organization_owners'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY %I ON %I TO workers_system USING (true) WITH CHECK (true)', owned || '_system', owned);
  END LOOP;
END $$;
CREATE POLICY security_alerts_tenant ON security_alerts TO workers_runtime USING (
  org_id = nullif(current_setting('app.org_id', true), '')::uuid
  OR user_id = nullif(current_setting('app.user_id', true), '')::uuid
);
GRANT SELECT, UPDATE (status, version, acknowledged_at, acknowledged_by, resolved_at, resolved_by, resolution)
  ON security_alerts TO workers_runtime;
GRANT SELECT, INSERT, UPDATE, DELETE ON security_alerts TO workers_system;
GRANT SELECT, INSERT, DELETE ON alert_observations TO workers_system;
GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON known_devices TO workers_system;
GRANT SELECT, INSERT, UPDATE (is_owner, version) ON organization_owners TO workers_system;
