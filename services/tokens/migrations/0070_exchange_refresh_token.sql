-- The exchange of a refresh token, in one statement and one round trip. Who decides that it may be exchanged is the code (domain/token-family.ts); this is the race:
-- under the lock of the session it checks that what the decision was made from still holds, and exchanges, or changes nothing and says false.
-- It runs as its caller under row-level security: the person is a parameter because a statement of its own for the scope would be another round trip.
create function exchange_refresh_token(
  person uuid, person_version bigint, session uuid, session_version bigint, token uuid, successor uuid, successor_hash bytea, sealed bytea, grace_seconds int,
  network text, device text, address text, idle_until timestamptz, organization uuid
) returns boolean
language plpgsql security invoker as $$
declare
  spent refresh_tokens;
begin
  perform set_config('app.user_id', person::text, true);
  perform from sessions s where s.id = session and s.version = session_version and s.status = 'active' for update;
  if not found then return false; end if;
  perform from user_states u where u.id = person and u.version = person_version and u.status = 'active';
  if not found then return false; end if;
  -- The one winner.
  update refresh_tokens r set used_at = clock_timestamp(), repeat_until = clock_timestamp() + make_interval(secs => grace_seconds), successor_id = successor,
    successor_sealed = sealed, used_network = network, used_device = device
  where r.id = token and r.used_at is null
    and exists (select from refresh_families f where f.id = r.family_id and f.status = 'active')
  returning r.* into spent;
  if not found then return false; end if;
  insert into refresh_tokens (id, family_id, session_id, user_id, client_id, hash, previous_id, created_at, repeats_elsewhere)
  values (successor, spent.family_id, spent.session_id, spent.user_id, spent.client_id, successor_hash, token, clock_timestamp(), 0);
  -- The token is in use: the sealed copy of it has done its duty.
  update refresh_tokens r set successor_sealed = null
  where r.id = spent.previous_id and r.created_at <= spent.created_at and r.successor_sealed is not null;
  -- An exchange that nobody repeated from elsewhere begins the count anew.
  update refresh_families f set shared_exchanges = 0
  where f.id = spent.family_id and f.shared_exchanges > 0 and f.shared_token_id is distinct from spent.previous_id;
  update sessions s set last_seen_at = clock_timestamp(), idle_expires_at = idle_until, last_organization_id = organization,
    client_address = coalesce(address, s.client_address)
  where s.id = session;
  return true;
end $$;
revoke all on function exchange_refresh_token(uuid, bigint, uuid, bigint, uuid, uuid, bytea, bytea, int, text, text, text, timestamptz, uuid) from public;
grant execute on function exchange_refresh_token(uuid, bigint, uuid, bigint, uuid, uuid, bytea, bytea, int, text, text, text, timestamptz, uuid) to tokens_runtime;
