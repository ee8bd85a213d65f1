-- Who exchanged a refresh token, as far as it can be told: the network and the kind of device. A repeat from elsewhere within the grace is counted.
alter table refresh_tokens
  add column used_network text,
  add column used_device text,
  add column repeats_elsewhere int not null default 0 check (repeats_elsewhere >= 0);
--> statement-breakpoint
-- How many exchanges in a row were repeated from elsewhere, and the last token that was. An exchange that was not begins the count anew.
alter table refresh_families
  add column shared_exchanges int not null default 0 check (shared_exchanges >= 0),
  add column shared_token_id uuid;
