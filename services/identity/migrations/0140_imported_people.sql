-- A person may bring the hash another system made of their password; it is replaced by argon2id when they first sign in.
alter table credentials drop constraint credentials_phc_check;
alter table credentials add constraint credentials_phc_check check (
  phc ~ '^\$(argon2(id|i|d)|2[abxy]|scrypt|firebase-scrypt|pbkdf2-sha(1|256|512))\$' and length(phc) <= 1024
);
--> statement-breakpoint
-- Who came from where: the identifier of the other system makes a line that is imported again the same line.
create table imported_people (
  external_id text primary key check (length(external_id) between 1 and 255),
  user_id uuid not null unique references users (id) on delete cascade,
  imported_at timestamptz not null default now()
);
alter table imported_people enable row level security;
alter table imported_people force row level security;
create policy imported_people_system on imported_people to identity_system using (true) with check (true);
grant select, insert on imported_people to identity_system;
