-- Passkeys (WebAuthn level 3). A credential belongs to one person; its signature counter is moved by compare-and-set.
create table passkeys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  credential_id bytea not null unique check (length(credential_id) between 1 and 1023),
  -- COSE_Key (RFC 9052 §7).
  public_key bytea not null,
  sign_count bigint not null check (sign_count >= 0),
  name text not null,
  transports text[] not null,
  -- Copied to other devices of the person (backup state, WebAuthn §6.1.3).
  is_backed_up boolean not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_by_user on passkeys (user_id, created_at);
--> statement-breakpoint
-- Challenges that were given out, as hashes; using one deletes it. Without a person: for whoever has a discoverable credential.
create table passkey_challenges (
  challenge_hash bytea primary key check (length(challenge_hash) = 32),
  purpose text not null check (purpose in ('registration', 'authentication')),
  user_id uuid references users (id) on delete cascade,
  sign_in_id uuid references sign_in_transactions (id) on delete cascade,
  expires_at timestamptz not null,
  check (purpose = 'authentication' or (user_id is not null and sign_in_id is null))
);
create index passkey_challenges_expiring on passkey_challenges (expires_at);
--> statement-breakpoint
do $$
declare owned text;
begin
  foreach owned in array array['passkeys', 'passkey_challenges'] loop
    execute format('create policy %I on %I to identity_system using (true) with check (true)', owned || '_system', owned);
    execute format('alter table %I enable row level security', owned);
    execute format('alter table %I force row level security', owned);
  end loop;
end $$;
grant select, insert, update (sign_count, name, is_backed_up, last_used_at), delete on passkeys to identity_system;
grant select, insert, delete on passkey_challenges to identity_system;
