-- What could not be done has an id of its own, so that an operator can name it. Jobs have one already.
alter table dead_letters add column id uuid not null default uuidv7();
alter table parked_events add column id uuid not null default uuidv7();
create unique index dead_letters_by_id on dead_letters (id);
create unique index parked_events_by_id on parked_events (id);
--> statement-breakpoint
-- The list is in the order of time, over all consumers, projections and pipelines.
drop index dead_letters_open;
create index dead_letters_open on dead_letters (first_failed_at, id) where state = 'dead';
create index parked_events_in_order on parked_events (parked_at, id);
create index job_ledger_dead on job_ledger (done_at, id) where state = 'dead';
--> statement-breakpoint
-- A letter leaves with its replay or with somebody's word that it is not wanted: the audit trail remembers, the table does not.
delete from dead_letters where state = 'replayed';
alter table dead_letters drop constraint dead_letters_state_check;
alter table dead_letters add constraint dead_letters_state_check check (state in ('retrying', 'dead'));
