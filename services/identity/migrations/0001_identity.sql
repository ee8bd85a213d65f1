-- People, their addresses and passwords, the proofs of addresses, sign-ins that wait for a step.
-- The schema is the search_path; roles are identity_runtime (a person's own rows) and identity_system (look-ups by address or secret hash, upkeep).

create table users (
  id uuid primary key,
  name text not null,
  status text not null default 'active' check (status in ('active', 'disabled')),
  version bigint not null default 1 check (version > 0),
  -- The floor: access tokens below it are void. floor_changed_at tells a starting gateway which floors still matter.
  min_version bigint not null default 0 check (min_version <= version),
  floor_changed_at timestamptz,
  -- An accepted invitation makes one person, however often it is asked for.
  invitation_id uuid unique,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index users_floors on users (floor_changed_at) where floor_changed_at is not null;
--> statement-breakpoint
-- The unique normalized address settles who registered first. The reference is deferred because the address is claimed before the person exists.
create table emails (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade deferrable initially deferred,
  address text not null check (length(address) <= 254),
  normalized_address text not null,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  constraint emails_normalized_address unique (normalized_address),
  constraint emails_one_per_user unique (user_id)
);
--> statement-breakpoint
-- The password of a person whose address is proven: Argon2id in PHC format, the string names its own parameters.
create table credentials (
  user_id uuid primary key references users (id) on delete cascade,
  phc text not null check (phc like '$argon2id$%'),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
--> statement-breakpoint
-- One registration of an address nobody has proven: the name and the password that its own mail activates. Its secrets are minted when the mail is sent.
-- Whichever registration is proven first settles them all: name and hash leave every row, proven_at stays on the one.
create table email_verifications (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  email_id uuid not null references emails (id) on delete cascade,
  name text,
  phc text check (phc like '$argon2id$%'),
  registered_at timestamptz not null default now(),
  -- Counts the requests for the mail; mail_requested_at is the last one.
  version bigint not null default 0 check (version >= 0),
  mail_requested_at timestamptz,
  proven_at timestamptz,
  check ((name is null) = (phc is null)),
  check (proven_at is null or phc is null)
);
create index email_verifications_by_email on email_verifications (email_id, registered_at desc);
create unique index email_verifications_one_proven on email_verifications (email_id) where proven_at is not null;
create table email_verification_secrets (
  secret_hash bytea primary key check (length(secret_hash) = 32),
  verification_id uuid not null references email_verifications (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  email_id uuid not null references emails (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index email_verification_secrets_by_email on email_verification_secrets (email_id);
--> statement-breakpoint
-- A sign-in whose password was that of a registration, and that waits until this registration is the proven one. organization_choice tells "none asked for" from "nothing said".
create table sign_in_transactions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  verification_id uuid not null references email_verifications (id) on delete cascade,
  challenge_hash bytea not null unique check (length(challenge_hash) = 32),
  next text[] not null check (cardinality(next) > 0),
  amr text[] not null,
  organization_choice text not null check (organization_choice in ('unsaid', 'none', 'named')),
  organization_id uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  consumed_at timestamptz,
  check ((organization_choice = 'named') = (organization_id is not null))
);
create index sign_in_transactions_by_user on sign_in_transactions (user_id, created_at desc);
--> statement-breakpoint
-- Attempts per person and source, halving with time: guessing slows down, the person at another place is not locked out.
create table sign_in_throttles (
  user_id uuid not null references users (id) on delete cascade,
  source text not null,
  attempts double precision not null,
  counted_at timestamptz not null default now(),
  primary key (user_id, source)
);
create index sign_in_throttles_counted on sign_in_throttles (counted_at);
--> statement-breakpoint
-- One row once the operator's administrator exists; whoever inserts it makes the account.
create table bootstrap_marker (
  only_one boolean primary key default true check (only_one),
  user_id uuid not null references users (id) deferrable initially deferred,
  created_at timestamptz not null default now()
);
--> statement-breakpoint
-- A request sees the rows of the person it acts for; look-ups that begin with an address or a secret run as the system role.
do $$
declare person text := $p$ nullif(current_setting('app.user_id', true), '')::uuid $p$;
declare owned text;
begin
  execute format('create policy users_person on users to identity_runtime using (id = %s) with check (id = %s)', person, person);
  execute format('create policy emails_person on emails to identity_runtime using (user_id = %s) with check (user_id = %s)', person, person);
  foreach owned in array array['users', 'emails', 'credentials', 'email_verifications', 'email_verification_secrets', 'sign_in_transactions', 'sign_in_throttles', 'bootstrap_marker'] loop
    execute format('create policy %I on %I to identity_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
--> statement-breakpoint
grant select, update (name, version, updated_at) on users to identity_runtime;
grant select on emails to identity_runtime;
grant select, insert, update (name, invitation_id, version, updated_at) on users to identity_system;
grant select, insert, update (verified_at) on emails to identity_system;
grant select, insert, update (phc, changed_at) on credentials to identity_system;
grant select, insert, update (name, phc, version, mail_requested_at, proven_at) on email_verifications to identity_system;
grant select, insert, update (used_at), delete on email_verification_secrets to identity_system;
grant select, insert, update (consumed_at), delete on sign_in_transactions to identity_system;
grant select, insert, update, delete on sign_in_throttles to identity_system;
grant select, insert on bootstrap_marker to identity_system;
