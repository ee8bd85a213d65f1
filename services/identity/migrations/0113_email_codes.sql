-- Codes that sign in, sent by mail. Each belongs to one sign-in and is kept as a hash that includes it; the first that is used removes them all.
create table email_codes (
  sign_in_id uuid not null references sign_in_transactions (id) on delete cascade,
  code_hash bytea not null check (length(code_hash) = 32),
  expires_at timestamptz not null,
  primary key (sign_in_id, code_hash)
);
alter table email_codes enable row level security;
alter table email_codes force row level security;
create policy email_codes_system on email_codes to identity_system using (true) with check (true);
grant select, insert, delete on email_codes to identity_system;
--> statement-breakpoint
alter table sign_in_transactions add column by_email_code boolean not null default false;
--> statement-breakpoint
-- How many codes a person was sent lately.
create index sign_in_transactions_by_mail on sign_in_transactions (user_id, created_at) where by_email_code;
