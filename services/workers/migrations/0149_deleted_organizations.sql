-- The endpoints of a deleted organization go, with their deliveries.
GRANT DELETE ON webhook_endpoints TO workers_system;
