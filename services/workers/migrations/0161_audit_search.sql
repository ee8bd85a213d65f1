-- Words of a record that may be searched: what is in clear. Names and addresses of people are not in it, and where
-- they were is a ciphertext.
ALTER TABLE audit_events ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
  to_tsvector('simple', regexp_replace(
    action || ' ' || actor_type || ' ' || coalesce(actor_id, '') || ' ' || target_type || ' ' || target_id || ' ' ||
      coalesce(request_id, '') || ' ' || correlation_id || ' ' || data::text,
    '[^[:alnum:]]+', ' ', 'g'))
) STORED;
--> statement-breakpoint
-- What was added since the last vacuum is read one by one by each search, so it is kept short.
CREATE INDEX audit_events_words ON audit_events USING gin (words) WITH (gin_pending_list_limit = 256);
--> statement-breakpoint
-- What went wrong is rare among what happened, so it has indexes of its own in the order of time.
CREATE INDEX audit_events_of_organization_not_done ON audit_events (org_id, outcome, occurred_at, id)
  WHERE org_id IS NOT NULL AND outcome <> 'success';
--> statement-breakpoint
CREATE INDEX audit_events_not_done ON audit_events (outcome, occurred_at, id) WHERE outcome <> 'success';
