-- The operator who sees the platform as the person of the session does; null for a session of the person's own.
alter table sessions add column impersonated_by uuid check (impersonated_by <> user_id);
