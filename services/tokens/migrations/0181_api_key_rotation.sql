-- Keys are rotated with an overlap, their owners are reminded before one expires, and told when its maker is gone.
-- `replaced_by` has no foreign key: the old key is claimed before the new one is there.
alter table api_keys
  add column replaced_by uuid,
  add column reminded_days smallint check (reminded_days in (14, 3));
create index api_keys_expiring on api_keys (expires_at)
  where status = 'active' and replaced_by is null and reminded_days is distinct from 3;
create index api_keys_by_maker on api_keys (created_by, id) where status = 'active';
grant update (expires_at, replaced_by) on api_keys to tokens_runtime;
grant update (expires_at, replaced_by, reminded_days) on api_keys to tokens_system;
