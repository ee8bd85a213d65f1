-- A sign-in that waits for any step, or a session that is authenticated anew. What is missing follows from what was proven, so it is not stored.
alter table sign_in_transactions
  alter column verification_id drop not null,
  drop column next,
  add column purpose text not null default 'sign_in' check (purpose in ('sign_in', 'step_up')),
  -- Of a step-up: the session that is raised.
  add column session_id uuid,
  -- Whether one factor is not enough, whatever the person has enrolled.
  add column requires_mfa boolean not null default false,
  -- SHA-256 of the value of the browser that began it; null when the client named none.
  add column browser_hash bytea check (length(browser_hash) = 32),
  add column failures int not null default 0 check (failures >= 0),
  add check ((purpose = 'step_up') = (session_id is not null));
grant update (amr, failures) on sign_in_transactions to identity_system;
--> statement-breakpoint
-- Counts the changes of a person's factors: the version of that aggregate.
create table factor_sets (
  user_id uuid primary key references users (id) on delete cascade,
  version bigint not null default 1 check (version > 0)
);
--> statement-breakpoint
-- An authenticator app (RFC 6238). The secret is a ciphertext that names its key-encryption key. last_step is the last time step whose code was accepted
-- (§5.2: a code is accepted once); it only rises, and the code of the enrollment counts as the first.
create table totp_factors (
  user_id uuid primary key references users (id) on delete cascade,
  secret_encrypted text not null,
  confirmed_at timestamptz,
  last_step bigint,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  check ((confirmed_at is null) = (last_step is null))
);
create index totp_factors_unconfirmed on totp_factors (created_at) where confirmed_at is null;
--> statement-breakpoint
-- Look-up secrets (NIST SP 800-63B-4 §3.1.2), as hashes of 80 random bits. Each is used once.
create table recovery_codes (
  user_id uuid not null references users (id) on delete cascade,
  code_hash bytea not null check (length(code_hash) = 32),
  used_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (user_id, code_hash)
);
--> statement-breakpoint
do $$
declare owned text;
begin
  foreach owned in array array['factor_sets', 'totp_factors', 'recovery_codes'] loop
    execute format('create policy %I on %I to identity_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
grant select, insert, update (version) on factor_sets to identity_system;
grant select, insert, update, delete on totp_factors to identity_system;
grant select, insert, update (used_at), delete on recovery_codes to identity_system;
