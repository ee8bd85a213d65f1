-- The event spine and the kit's own tables, in the schema of one service. Names are unqualified: the schema is the search_path.
-- Roles are named after the schema: <schema>_owner runs this file, <schema>_runtime serves requests, <schema>_system sequences, relays and consumes.

-- One row: the lock that orders the outbox, and its counter. The epoch changes only when a backup is restored.
create table spine_head (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null default gen_random_uuid(),
  position bigint not null default 0 check (position >= 0)
);
insert into spine_head default values;
--> statement-breakpoint
-- Taken at insert, after the state row is locked: two events of one aggregate are ordered as their transactions committed.
create sequence outbox_ordinal_seq as bigint;
create table outbox (
  id uuid not null,
  ordinal bigint not null default nextval('outbox_ordinal_seq'),
  -- Given by the sequencer after commit: contiguous, never changed again.
  position bigint check (position > 0),
  aggregate_type text not null,
  aggregate_id uuid not null,
  version bigint not null check (version >= 0),
  org_id uuid,
  subject text not null,
  payload jsonb not null,
  headers jsonb not null,
  occurred_at timestamptz not null default now(),
  primary key (id, occurred_at)
) partition by range (occurred_at);
-- Should the upkeep ever stand still for two weeks, writes still find a place.
create table outbox_default partition of outbox default;
create index outbox_unsequenced on outbox (ordinal) where position is null;
create index outbox_position on outbox (position) where position is not null;
--> statement-breakpoint
-- How far the relay has published.
create table relay_cursor (
  only_row boolean primary key default true check (only_row),
  published_position bigint not null default 0
);
insert into relay_cursor default values;
--> statement-breakpoint
-- What a consumer has taken: claimed in the transaction of the effect. Kept longer than any outbox keeps its events.
create table inbox (
  consumer text not null,
  event_id uuid not null,
  event_time timestamptz not null,
  producer text not null,
  position bigint not null,
  claimed_at timestamptz not null default now(),
  primary key (consumer, event_id, event_time)
) partition by range (event_time);
-- For an event older than any partition, as a producer may keep it that could not publish for long.
create table inbox_default partition of inbox default;
--> statement-breakpoint
-- How far a consumer's catch-up has gone through a producer's changes; the holder is the replica that walks.
create table consumer_cursors (
  consumer text not null,
  producer text not null,
  epoch uuid,
  position bigint not null default 0,
  holder uuid,
  held_until timestamptz not null default '-infinity',
  updated_at timestamptz not null default now(),
  primary key (consumer, producer)
);
-- How far a projection has applied a producer's events. parked_revision moves whenever something is parked or replayed.
create table projection_cursors (
  projection text not null,
  producer text not null,
  epoch uuid,
  position bigint not null default 0,
  parked_revision bigint not null default 0,
  updated_at timestamptz not null default now(),
  primary key (projection, producer)
);
-- Events a projection could not apply, and the later ones of their aggregates, in order.
create table parked_events (
  projection text not null,
  event_id uuid not null,
  aggregate_id uuid not null,
  position bigint not null,
  event jsonb not null,
  reason text not null,
  parked_at timestamptz not null default now(),
  primary key (projection, event_id)
);
create index parked_events_by_aggregate on parked_events (projection, aggregate_id, position);
-- Events whose effect failed: counted while retrying, then dead until somebody replays them.
create table dead_letters (
  consumer text not null,
  event_id uuid not null,
  producer text not null,
  event jsonb not null,
  state text not null default 'retrying' check (state in ('retrying', 'dead', 'replayed')),
  attempts int not null default 1,
  reason text not null,
  first_failed_at timestamptz not null default now(),
  last_failed_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index dead_letters_open on dead_letters (consumer, first_failed_at) where state = 'dead';
--> statement-breakpoint
-- One row per side effect and recipient, written in the transaction that decides it; the job re-checks it.
create table job_ledger (
  id uuid primary key,
  pipeline text not null,
  recipient_key text not null,
  event_id uuid not null,
  payload jsonb not null,
  state text not null default 'pending' check (state in ('pending', 'done', 'dead')),
  attempts int not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  done_at timestamptz,
  unique (pipeline, event_id, recipient_key)
);
create index job_ledger_due on job_ledger (due_at) where state = 'pending';
-- Answers kept for repeated requests.
create table idempotency_keys (
  caller text not null,
  route text not null,
  key text not null,
  request_hash bytea not null,
  state text not null default 'in_progress',
  status int,
  body jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (caller, route, key)
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);
-- Tables partitioned by time, and how long their rows are kept. A service adds its own in its migrations.
create table partitioned_tables (
  table_name text primary key,
  span text not null check (span in ('day', 'month')),
  retention_days int not null check (retention_days > 0),
  -- Partitions kept ready before and after today. An inbox needs as many days behind as an outbox keeps.
  behind_days int not null default 1 check (behind_days >= 0),
  ahead_days int not null default 14 check (ahead_days > 0)
);
insert into partitioned_tables (table_name, span, retention_days, behind_days) values ('outbox', 'day', 7, 1), ('inbox', 'day', 14, 8);
--> statement-breakpoint
-- Gives every committed event its position, in the order of ordinals. Locks only when there is something to do.
-- Repeat while `sequenced` equals the batch. Index access is forced because the tables are often empty when they are analysed.
create function sequence_outbox(batch int) returns table (epoch uuid, head bigint, sequenced int)
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  before_head bigint;
  current_epoch uuid;
  given int;
begin
  if not exists (select from outbox o where o.position is null) then
    return query select h.epoch, h.position, 0 from spine_head h;
    return;
  end if;
  select h.epoch, h.position into current_epoch, before_head from spine_head h for update;
  with pending as (
    select o.id, o.occurred_at, o.ordinal from outbox o where o.position is null order by o.ordinal limit batch
  ), numbered as (
    select p.id, p.occurred_at, before_head + row_number() over (order by p.ordinal) as next from pending p
  )
  update outbox o set position = n.next from numbered n where o.id = n.id and o.occurred_at = n.occurred_at;
  get diagnostics given = row_count;
  if given > 0 then
    update spine_head set position = before_head + given;
  end if;
  return query select current_epoch, before_head + given, given;
end $$;
revoke all on function sequence_outbox(int) from public;
--> statement-breakpoint
-- Creates partitions ahead and drops those beyond retention; never one that holds an unsequenced or unpublished event.
-- Attaching takes a lock that lets readers and writers pass; what can't get its lock in time waits for the next run.
-- Days that already have rows in the default partition stay there.
create function maintain_partitions() returns table (created int, dropped int)
language plpgsql security definer set lock_timeout = '500ms' as $$
declare
  spec record;
  child record;
  starts timestamp;
  last_start timestamp;
  step interval;
  stamp text;
  kept boolean;
begin
  created := 0;
  dropped := 0;
  if not pg_try_advisory_xact_lock(hashtext('maintain_partitions'), hashtext(current_schema())) then
    return next;
    return;
  end if;
  for spec in select * from partitioned_tables order by table_name loop
    step := case spec.span when 'day' then interval '1 day' else interval '1 month' end;
    stamp := case spec.span when 'day' then 'YYYYMMDD' else 'YYYYMM' end;
    starts := date_trunc(spec.span, (now() at time zone 'UTC') - make_interval(days => spec.behind_days));
    last_start := (now() at time zone 'UTC') + make_interval(days => spec.ahead_days);
    while starts <= last_start loop
      if to_regclass(format('%I.%I', current_schema(), spec.table_name || '_' || to_char(starts, stamp))) is null then
        begin
          execute format('create table %I (like %I including defaults including constraints including storage)',
            spec.table_name || '_' || to_char(starts, stamp), spec.table_name);
          execute format('alter table %I attach partition %I for values from (%L) to (%L)', spec.table_name,
            spec.table_name || '_' || to_char(starts, stamp), starts at time zone 'UTC', (starts + step) at time zone 'UTC');
          created := created + 1;
        exception when lock_not_available or check_violation then null;
        end;
      end if;
      starts := starts + step;
    end loop;
    for child in
      select c.relname as name, to_timestamp(substring(c.relname from '_(\d+)$'), stamp) at time zone current_setting('TimeZone') + step as ends
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass(format('%I.%I', current_schema(), spec.table_name)) and c.relname ~ '_\d{6,8}$'
    loop
      continue when child.ends > (now() at time zone 'UTC') - make_interval(days => spec.retention_days);
      kept := false;
      if spec.table_name = 'outbox' then
        execute format('select exists (select from %I where position is null or position > (select published_position from relay_cursor))', child.name) into kept;
      end if;
      continue when kept;
      begin
        execute format('drop table %I', child.name);
        dropped := dropped + 1;
      exception when lock_not_available then null;
      end;
    end loop;
  end loop;
  return next;
end $$;
revoke all on function maintain_partitions() from public;
do $$ begin execute format('alter function maintain_partitions() set search_path = %I, pg_temp', current_schema()); end $$;
select maintain_partitions();
--> statement-breakpoint
-- An event names an organization only from inside that organization's transaction. Nothing but the system role reads the outbox.
alter table outbox enable row level security;
alter table outbox force row level security;
do $$
declare
  runtime text := current_schema() || '_runtime';
  system text := current_schema() || '_system';
begin
  execute format($policy$create policy outbox_append on outbox for insert to %I
    with check (org_id is null or org_id = nullif(current_setting('app.org_id', true), '')::uuid)$policy$, runtime);
  execute format('create policy outbox_system on outbox to %I using (true) with check (true)', system);

  execute format('grant insert on outbox to %I', runtime);
  execute format('grant usage on sequence outbox_ordinal_seq to %I, %I', runtime, system);
  execute format('grant select, insert, update (position) on outbox to %I', system);
  execute format('grant select, update (position) on spine_head to %I', system);
  execute format('grant select on spine_head to %I', runtime);
  execute format('grant select, update on relay_cursor to %I', system);
  execute format('grant select, insert on inbox to %I', system);
  execute format('grant select, insert, update on consumer_cursors, projection_cursors to %I', system);
  execute format('grant select, insert, update, delete on parked_events, dead_letters to %I', system);
  execute format('grant select on consumer_cursors, projection_cursors, parked_events, dead_letters to %I', runtime);
  execute format('grant select, insert, update, delete on job_ledger to %I', system);
  execute format('grant select, insert, update on job_ledger to %I', runtime);
  execute format('grant select, insert, update, delete on idempotency_keys to %I, %I', runtime, system);
  execute format('grant select on partitioned_tables to %I', system);
  execute format('grant execute on function sequence_outbox(int) to %I', system);
  execute format('grant execute on function maintain_partitions() to %I', system);
end $$;
