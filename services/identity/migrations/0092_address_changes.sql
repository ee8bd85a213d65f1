-- Changes of address: asked for, proven at the new address, and for some days undone from the old one. One of a person is open at a time.
create table address_changes (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  address text not null check (length(address) <= 254),
  normalized_address text not null,
  requested_at timestamptz not null default now(),
  confirmed_at timestamptz,
  -- What the address was before, while the change can be taken back.
  old_address text check (length(old_address) <= 254),
  old_normalized_address text,
  undone_at timestamptz,
  check ((confirmed_at is null) = (old_address is null)),
  check ((old_address is null) = (old_normalized_address is null)),
  check (undone_at is null or confirmed_at is not null)
);
create unique index address_changes_one_open on address_changes (user_id) where confirmed_at is null;
create index address_changes_by_user on address_changes (user_id);
create index address_changes_requested on address_changes (requested_at);
create table address_change_secrets (
  secret_hash bytea primary key check (length(secret_hash) = 32),
  change_id uuid not null references address_changes (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  purpose text not null check (purpose in ('confirm', 'undo')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index address_change_secrets_by_change on address_change_secrets (change_id);
create index address_change_secrets_by_user on address_change_secrets (user_id);
alter table address_changes enable row level security;
alter table address_changes force row level security;
alter table address_change_secrets enable row level security;
alter table address_change_secrets force row level security;
create policy address_changes_system on address_changes to identity_system using (true) with check (true);
create policy address_change_secrets_system on address_change_secrets to identity_system using (true) with check (true);
grant select, insert, update (confirmed_at, old_address, old_normalized_address, undone_at), delete on address_changes to identity_system;
grant select, insert, delete on address_change_secrets to identity_system;
grant update (address, normalized_address) on emails to identity_system;
