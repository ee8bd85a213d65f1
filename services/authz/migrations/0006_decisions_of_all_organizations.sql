-- Platform administrators try an application's manifest on decisions of all organizations: read by the system role, newest first whoever they are about.
CREATE INDEX decisions_by_time ON decisions (decided_at DESC, id DESC);
--> statement-breakpoint
GRANT SELECT ON decisions TO authz_system;
CREATE POLICY decisions_of_all ON decisions FOR SELECT TO authz_system USING (true);
