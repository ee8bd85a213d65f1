-- Webhooks of the platform, of no organization: each hears of what happens in organizations, in none, or both.
ALTER TABLE webhook_endpoints ALTER COLUMN org_id DROP NOT NULL;
ALTER TABLE webhook_deliveries ALTER COLUMN org_id DROP NOT NULL;
ALTER TABLE webhook_attempts ALTER COLUMN org_id DROP NOT NULL;
ALTER TABLE webhook_endpoints
  ADD COLUMN sources text[],
  ADD CHECK (sources <@ ARRAY['organizations', 'platform'] AND cardinality(sources) >= 1),
  ADD CHECK ((org_id IS NULL) = (sources IS NOT NULL));
--> statement-breakpoint
-- They are seen only where neither an organization nor a person is in scope; an organization's are never seen there.
DO $$
DECLARE
  platform text := $p$ org_id IS NULL AND nullif(current_setting('app.org_id', true), '') IS NULL
    AND nullif(current_setting('app.user_id', true), '') IS NULL $p$;
  owned text;
BEGIN
  FOREACH owned IN ARRAY ARRAY['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I TO workers_runtime USING (%s) WITH CHECK (%s)',
      owned || '_platform', owned, platform, platform);
  END LOOP;
END $$;
