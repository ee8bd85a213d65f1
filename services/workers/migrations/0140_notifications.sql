-- What people are told inside the product, which of it they want, and who has a daily mail coming.
CREATE TABLE notifications (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  -- The same event tells a person once.
  event_id uuid NOT NULL,
  kind text NOT NULL,
  -- Ids and facts.
  data jsonb NOT NULL,
  -- False: it is for the daily mail alone.
  is_shown boolean NOT NULL,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  read_at timestamptz,
  UNIQUE (user_id, event_id)
);
CREATE INDEX notifications_listed ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_created ON notifications (created_at);
--> statement-breakpoint
-- A kind without a row has the defaults: shown, and in no mail.
CREATE TABLE notification_preferences (
  user_id uuid NOT NULL,
  kind text NOT NULL,
  in_app boolean NOT NULL,
  digest boolean NOT NULL,
  PRIMARY KEY (user_id, kind)
);
--> statement-breakpoint
-- The first notification of a day that a person wants by mail makes the mail due a day later.
CREATE TABLE notification_digests (
  user_id uuid PRIMARY KEY,
  since timestamptz NOT NULL,
  due_at timestamptz NOT NULL
);
CREATE INDEX notification_digests_due ON notification_digests (due_at);
--> statement-breakpoint
-- Whom no later event may bring back.
CREATE TABLE erased_people (
  user_id uuid PRIMARY KEY,
  erased_at timestamptz NOT NULL DEFAULT now()
);
--> statement-breakpoint
DO $$
DECLARE
  person text := $p$ user_id = nullif(current_setting('app.user_id', true), '')::uuid $p$;
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['notifications', 'notification_preferences', 'notification_digests', 'erased_people'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', owned);
    EXECUTE format('CREATE POLICY %I ON %I TO workers_system USING (true) WITH CHECK (true)', owned || '_system', owned);
  END LOOP;
  FOREACH owned IN ARRAY ARRAY['notifications', 'notification_preferences'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I TO workers_runtime USING (%s) WITH CHECK (%s)',
      owned || '_person', owned, person, person);
  END LOOP;
END $$;
GRANT SELECT, UPDATE (read_at) ON notifications TO workers_runtime;
GRANT SELECT, INSERT, UPDATE (in_app, digest) ON notification_preferences TO workers_runtime;
GRANT SELECT, INSERT, DELETE ON notifications TO workers_system;
GRANT SELECT, DELETE ON notification_preferences TO workers_system;
-- A row that is claimed is locked first, which takes the right to change a column.
GRANT SELECT, INSERT, UPDATE (due_at), DELETE ON notification_digests TO workers_system;
GRANT SELECT, INSERT ON erased_people TO workers_system;
