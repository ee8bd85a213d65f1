-- The audit trail as evidence: a chain of hashes per organization, where people were only as ciphertext under their own key, checkpoints signed.
ALTER TABLE audit_events
  ADD COLUMN outcome text NOT NULL DEFAULT 'success' CHECK (outcome IN ('success', 'failure', 'denied')),
  -- Client address and user agent, sealed under the key of this person.
  ADD COLUMN personal_of uuid,
  ADD COLUMN personal_sealed text,
  ADD CONSTRAINT audit_events_personal CHECK ((personal_of IS NULL) = (personal_sealed IS NULL));
--> statement-breakpoint
-- SQL cannot seal what was written in clear before: it goes, since nobody could erase it later. Only the owner can, and only without its own policies.
ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE audit_events SET client_address = NULL, user_agent = NULL
  WHERE (client_address IS NOT NULL OR user_agent IS NOT NULL) AND (actor_type = 'user' OR user_id IS NOT NULL);
--> statement-breakpoint
UPDATE audit_events SET outcome = 'failure' WHERE action LIKE 'sign\_in%';
--> statement-breakpoint
CREATE INDEX audit_events_of_organization_by_outcome ON audit_events (org_id, outcome, occurred_at, id)
  WHERE org_id IS NOT NULL AND outcome <> 'success';
--> statement-breakpoint
CREATE INDEX audit_events_by_outcome ON audit_events (outcome, occurred_at, id) WHERE outcome <> 'success';
--> statement-breakpoint
-- One key per person, sealed under the key-encryption key. An erased person keeps the row without the key, so that none is made again.
CREATE TABLE audit_person_keys (
  user_id uuid PRIMARY KEY,
  key_sealed text,
  made_at timestamptz NOT NULL DEFAULT now(),
  destroyed_at timestamptz,
  CHECK ((key_sealed IS NULL) = (destroyed_at IS NOT NULL))
);
--> statement-breakpoint
-- Records that have no link yet: written by the statement that writes the record, taken by the one that links it.
CREATE TABLE audit_unsealed (
  record_id uuid PRIMARY KEY,
  occurred_at timestamptz NOT NULL,
  -- The organization, or all zeros for the platform.
  chain uuid NOT NULL
);
--> statement-breakpoint
INSERT INTO audit_unsealed (record_id, occurred_at, chain)
  SELECT id, occurred_at, coalesce(org_id, '00000000-0000-0000-0000-000000000000') FROM audit_events;
--> statement-breakpoint
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE TABLE audit_chains (
  chain uuid PRIMARY KEY,
  length bigint NOT NULL DEFAULT 0,
  head bytea NOT NULL,
  -- The length that the newest checkpoint covers.
  checkpointed bigint NOT NULL DEFAULT 0,
  CHECK (checkpointed <= length)
);
CREATE INDEX audit_chains_grown ON audit_chains (chain) WHERE checkpointed < length;
--> statement-breakpoint
CREATE TABLE audit_links (
  chain uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  record_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  hash bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain, seq, sealed_at)
) PARTITION BY RANGE (sealed_at);
--> statement-breakpoint
INSERT INTO partitioned_tables (table_name, span, retention_days, behind_days, ahead_days) VALUES ('audit_links', 'month', 3650, 0, 62);
--> statement-breakpoint
SELECT maintain_partitions();
--> statement-breakpoint
-- A statement is a JWS of ES256 over the root of the heads of all chains that had grown.
CREATE TABLE audit_checkpoints (
  id uuid PRIMARY KEY,
  made_at timestamptz NOT NULL DEFAULT now(),
  size int NOT NULL CHECK (size > 0),
  statement text NOT NULL
);
--> statement-breakpoint
CREATE TABLE audit_checkpoint_heads (
  chain uuid NOT NULL,
  length bigint NOT NULL,
  head bytea NOT NULL,
  checkpoint_id uuid NOT NULL REFERENCES audit_checkpoints (id),
  index int NOT NULL,
  path bytea NOT NULL,
  PRIMARY KEY (chain, length)
);
--> statement-breakpoint
-- Public keys that ever signed a checkpoint: the signatures of a retired one are still to be verified.
CREATE TABLE audit_signing_keys (
  kid text PRIMARY KEY,
  jwk jsonb NOT NULL,
  first_used_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['audit_person_keys', 'audit_unsealed', 'audit_chains', 'audit_links', 'audit_checkpoint_heads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY %I ON %I TO workers_system USING (true) WITH CHECK (true)', owned || '_system', owned);
  END LOOP;
  FOREACH owned IN ARRAY ARRAY['audit_chains', 'audit_links', 'audit_checkpoint_heads'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO workers_runtime USING (chain = nullif(current_setting(''app.org_id'', true), '''')::uuid)', owned || '_tenant', owned);
    EXECUTE format('GRANT SELECT ON %I TO workers_runtime', owned);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT SELECT ON audit_checkpoints, audit_signing_keys TO workers_runtime;
GRANT SELECT, INSERT, UPDATE (key_sealed, destroyed_at) ON audit_person_keys TO workers_system;
GRANT SELECT, INSERT, DELETE ON audit_unsealed TO workers_system;
GRANT SELECT, INSERT, UPDATE (length, head, checkpointed) ON audit_chains TO workers_system;
GRANT SELECT, INSERT ON audit_links, audit_checkpoints, audit_checkpoint_heads, audit_signing_keys TO workers_system;
