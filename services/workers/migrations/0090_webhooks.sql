-- Webhooks: endpoints of organizations, what is delivered to them, and every attempt with its answer.
CREATE TABLE webhook_endpoints (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) <= 2048),
  description text NOT NULL DEFAULT '',
  event_types text[] NOT NULL CHECK (cardinality(event_types) BETWEEN 1 AND 50),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  -- Set when nobody of the organization disabled it.
  disabled_reason text,
  version bigint NOT NULL DEFAULT 1,
  -- Ciphertexts that name their key-encryption key.
  secret_sealed text NOT NULL,
  previous_secret_sealed text,
  previous_secret_until timestamptz,
  -- The first failure since the last success.
  failing_since timestamptz,
  -- Whom a notice goes to.
  created_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((previous_secret_sealed IS NULL) = (previous_secret_until IS NULL))
);
CREATE INDEX webhook_endpoints_of_organization ON webhook_endpoints (org_id, id);
--> statement-breakpoint
-- One row per event and endpoint. About one thing (`ordering_key`) one is pending at a time: the earliest that waits, by `seq`.
CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  org_id uuid NOT NULL,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  ordering_key text NOT NULL,
  payload jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'pending', 'delivered', 'failed')),
  -- How often it was begun: once, and once more for each replay. The job of the present run.
  run int NOT NULL DEFAULT 0,
  job_id uuid,
  attempts int NOT NULL DEFAULT 0,
  last_status int,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, ordering_key, seq) WHERE state = 'waiting';
CREATE UNIQUE INDEX webhook_deliveries_one_pending ON webhook_deliveries (endpoint_id, ordering_key) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at) WHERE settled_at IS NOT NULL;
--> statement-breakpoint
CREATE TABLE webhook_attempts (
  id uuid PRIMARY KEY,
  delivery_id uuid NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
  org_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  duration_ms int NOT NULL,
  status int,
  response_body text,
  error text
);
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (delivery_id, id);
--> statement-breakpoint
DO $$
DECLARE
  organization text := $p$ org_id = nullif(current_setting('app.org_id', true), '')::uuid $p$;
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY %I ON %I TO workers_runtime USING (%s) WITH CHECK (%s)', owned || '_tenant', owned, organization, organization);
    EXECUTE format('CREATE POLICY %I ON %I TO workers_system USING (true) WITH CHECK (true)', owned || '_system', owned);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO workers_runtime;
GRANT SELECT, INSERT, UPDATE (state, run, job_id, settled_at, last_error) ON webhook_deliveries TO workers_runtime;
GRANT SELECT ON webhook_attempts TO workers_runtime;
GRANT SELECT, UPDATE (status, disabled_reason, version, failing_since, updated_at) ON webhook_endpoints TO workers_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO workers_system;
GRANT SELECT, INSERT ON webhook_attempts TO workers_system;
