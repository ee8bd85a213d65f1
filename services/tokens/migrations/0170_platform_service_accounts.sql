-- Service accounts of the platform: no organization owns them, and no request of one sees them. Their keys are exchanged for one organization at a time.
alter table service_accounts alter column org_id drop not null;
alter table api_keys alter column org_id drop not null;
-- The foreign key with the organization in it says nothing where there is none.
alter table api_keys add foreign key (service_account_id) references service_accounts (id);
create index service_accounts_of_platform on service_accounts (id) where org_id is null and status <> 'deleted';
--> statement-breakpoint
-- Organizations that an account of the platform asked about, with the day of the last: each organization is told once a day.
create table platform_account_uses (
  service_account_id uuid not null references service_accounts (id),
  org_id uuid not null,
  used_on date not null,
  primary key (service_account_id, org_id)
);
create index platform_account_uses_by_organization on platform_account_uses (org_id);
--> statement-breakpoint
create policy platform_account_uses_system on platform_account_uses to tokens_system using (true) with check (true);
alter table platform_account_uses enable row level security;
alter table platform_account_uses force row level security;
grant select, insert, update (used_on), delete on platform_account_uses to tokens_system;
-- Operators change what is the platform's as the system role, which makes no account and no key for an organization.
do $$
declare owned text;
begin
  foreach owned in array array['service_accounts', 'api_keys'] loop
    execute format('drop policy %I on %I', owned || '_system', owned);
    execute format('create policy %I on %I for select to tokens_system using (true)', owned || '_system_reads', owned);
    execute format('create policy %I on %I for update to tokens_system using (true)', owned || '_system_updates', owned);
    execute format('create policy %I on %I for delete to tokens_system using (true)', owned || '_system_deletes', owned);
    execute format('create policy %I on %I for insert to tokens_system with check (org_id is null)', owned || '_system_makes', owned);
  end loop;
end $$;
grant insert, update (name, status, version, floor_changed_at, updated_at) on service_accounts to tokens_system;
grant insert, update (status, version, min_version, floor_changed_at) on api_keys to tokens_system;
