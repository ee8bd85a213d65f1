-- A search by words looks at a span of time: records lie about in the order of time, so which blocks have those of a
-- span is told by a few blocks, where an index of every record would have as many entries as the span has records.
CREATE INDEX audit_events_span ON audit_events USING brin (occurred_at) WITH (pages_per_range = 32, autosummarize = on);
--> statement-breakpoint
-- Both are there twice, as `audit_events_of_organization_not_done` and `audit_events_not_done`.
DROP INDEX audit_events_of_organization_by_outcome;
--> statement-breakpoint
DROP INDEX audit_events_by_outcome;
