-- The order in which a person was told: given under their lock, so that who listens from one of them on misses none,
-- whatever the clocks of the replicas say.
ALTER TABLE notifications ADD COLUMN seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY;
--> statement-breakpoint
CREATE INDEX notifications_told ON notifications (user_id, seq);
