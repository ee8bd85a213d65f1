-- Addresses whose mail server refused them for good. No address is here: a hash is enough to know one again.
CREATE TABLE undeliverable_addresses (
  id uuid PRIMARY KEY,
  address_hash bytea NOT NULL UNIQUE CHECK (octet_length(address_hash) = 32),
  -- Whose it is, where the mail was to a person.
  user_id uuid,
  -- The mail that was refused last, and what the server answered.
  mail text NOT NULL,
  reason text NOT NULL,
  refusals bigint NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX undeliverable_addresses_of_person ON undeliverable_addresses (user_id, id) WHERE user_id IS NOT NULL;
--> statement-breakpoint
ALTER TABLE undeliverable_addresses ENABLE ROW LEVEL SECURITY;
ALTER TABLE undeliverable_addresses FORCE ROW LEVEL SECURITY;
CREATE POLICY undeliverable_addresses_system ON undeliverable_addresses TO workers_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (user_id, mail, reason, refusals, last_at), DELETE ON undeliverable_addresses TO workers_system;
