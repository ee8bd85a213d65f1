-- Wrong passwords are counted by address and not by person, so an unknown address costs and answers what a known one does.
-- A key is the SHA-256 of what is counted by: no address stands here in the clear.
drop table sign_in_throttles;
create table sign_in_counters (
  scope text not null check (scope in ('device', 'pair', 'account', 'source', 'mail')),
  key bytea not null check (length(key) = 32),
  failures double precision not null check (failures >= 0),
  counted_at timestamptz not null default now(),
  -- When this counter last told somebody that it had reached its limit.
  alarmed_at timestamptz,
  primary key (scope, key)
);
create index sign_in_counters_counted on sign_in_counters (counted_at);
alter table sign_in_counters enable row level security;
alter table sign_in_counters force row level security;
create policy sign_in_counters_system on sign_in_counters to identity_system using (true) with check (true);
grant select, insert, update, delete on sign_in_counters to identity_system;
--> statement-breakpoint
-- Held by the client that began a registration: only with it does a link activate that registration's password when others registered the address too.
create table registration_handles (
  handle_hash bytea primary key check (length(handle_hash) = 32),
  verification_id uuid not null references email_verifications (id) on delete cascade,
  created_at timestamptz not null default now()
);
create index registration_handles_by_verification on registration_handles (verification_id);
alter table registration_handles enable row level security;
alter table registration_handles force row level security;
create policy registration_handles_system on registration_handles to identity_system using (true) with check (true);
grant select, insert, delete on registration_handles to identity_system;
--> statement-breakpoint
-- The network a registration came from, as the limits count it. Registrations of an address that somebody has proven stay open beside it until they
-- expire: they answer as those of an unproven address do, and no mail of theirs activates anything.
alter table email_verifications add column source text not null default 'unknown';
create index email_verifications_expiring on email_verifications (registered_at) where proven_at is null;
create index sign_in_transactions_expiring on sign_in_transactions (expires_at);
create index email_verification_secrets_expiring on email_verification_secrets (expires_at);
-- Locked and counted by every registration, known address or not.
alter table emails add column registered_at timestamptz not null default now();
grant update (registered_at), delete on emails to identity_system;
grant delete on email_verifications, users to identity_system;
-- Upkeep may remove who never proved an address, and nobody else.
create policy users_delete_unproven on users as restrictive for delete to identity_system
  using (not exists (select from credentials c where c.user_id = users.id));
create policy emails_delete_unproven on emails as restrictive for delete to identity_system using (verified_at is null);
