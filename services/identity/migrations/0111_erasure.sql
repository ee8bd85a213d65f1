-- Erasing people. The row of a person goes, and with it all that refers to it; what is left is that somebody had this id, in which version it ended, for
-- readers that begin anew and gateways that hold tokens of it. Nothing here tells who it was.
create table erased_users (
  id uuid primary key,
  version bigint not null check (version > 0),
  erased_at timestamptz not null default now()
);
create index erased_users_lately on erased_users (erased_at);
alter table erased_users enable row level security;
alter table erased_users force row level security;
create policy erased_users_system on erased_users to identity_system using (true) with check (true);
grant select, insert on erased_users to identity_system;
--> statement-breakpoint
-- The first administrator can be erased as everybody can; the marker keeps that there was one.
alter table bootstrap_marker drop constraint bootstrap_marker_user_id_fkey;
--> statement-breakpoint
-- A person who wants to be erased, and when that is due.
alter table users add column deletion_due_at timestamptz;
create index users_deletion_due on users (deletion_due_at) where deletion_due_at is not null;
grant update (deletion_due_at) on users to identity_runtime, identity_system;
-- Nobody who has proven an address can be deleted whose erasure is not due, whatever the code says.
drop policy users_delete_unproven on users;
create policy users_delete_unproven_or_due on users as restrictive for delete to identity_system
  using (deletion_due_at <= now() or not exists (select from credentials c where c.user_id = users.id));
