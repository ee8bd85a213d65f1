-- What the rules of alerts remember of events, noted and judged in one statement. Each is noted before it is judged, in
-- the order they are given; answered are those whose condition holds. Without is_told a new device of a person who has
-- others is not noted: that is for the transaction that tells of it.
CREATE FUNCTION note_findings(asked jsonb, is_told boolean) RETURNS TABLE (place int, event_id uuid)
LANGUAGE plpgsql SECURITY INVOKER AS $$
#variable_conflict use_column
DECLARE
  one record;
  others int;
  was_known boolean;
BEGIN
  -- Who notes something under a key, or of a person, waits for who did before, and sees it. All wait in one order.
  PERFORM pg_advisory_xact_lock(l.key) FROM (
    SELECT DISTINCT hashtextextended(g.locked, 0) AS key FROM jsonb_to_recordset(asked) AS g (locked text) ORDER BY 1
  ) l;
  FOR one IN
    SELECT * FROM jsonb_to_recordset(asked) AS g (
      place int, event_id uuid, kind text, key text, member text, at timestamptz, seconds int, at_least int,
      user_id uuid)
    ORDER BY g.place
  LOOP
    one.member := coalesce(one.member, '');
    IF one.kind = 'unknown_device' THEN
      CONTINUE WHEN EXISTS (SELECT FROM erased_people e WHERE e.user_id = one.user_id);
      UPDATE known_devices d SET seen_at = now()
        WHERE d.user_id = one.user_id AND d.device = sha256(convert_to(one.key, 'UTF8'));
      was_known := FOUND;
      CONTINUE WHEN was_known;
      SELECT count(*) INTO others FROM known_devices d WHERE d.user_id = one.user_id;
      IF is_told OR others = 0 THEN
        INSERT INTO known_devices (user_id, device) VALUES (one.user_id, sha256(convert_to(one.key, 'UTF8')));
        DELETE FROM known_devices k WHERE others >= 51 AND k.user_id = one.user_id AND k.device = (
          SELECT d.device FROM known_devices d WHERE d.user_id = one.user_id ORDER BY d.seen_at LIMIT 1);
      END IF;
      CONTINUE WHEN others = 0;
    ELSE
      INSERT INTO alert_observations (key, event_id, member, at)
        VALUES (sha256(convert_to(one.key, 'UTF8')), one.event_id, one.member, one.at) ON CONFLICT DO NOTHING;
      CONTINUE WHEN NOT CASE one.kind
        -- Some window that holds the moment has so many different members.
        WHEN 'many_members' THEN EXISTS (
          SELECT FROM alert_observations last
          WHERE last.key = sha256(convert_to(one.key, 'UTF8'))
            AND last.at BETWEEN one.at AND one.at + make_interval(secs => one.seconds)
            AND (SELECT count(DISTINCT seen.member) FROM alert_observations seen
              WHERE seen.key = last.key AND seen.at > last.at - make_interval(secs => one.seconds)
                AND seen.at <= last.at) >= one.at_least)
        -- A success at or after the moment has so many failures in the window before it.
        ELSE EXISTS (
          SELECT FROM alert_observations success
          WHERE success.key = sha256(convert_to(one.key, 'UTF8')) AND success.member = 'success'
            AND success.at BETWEEN one.at AND one.at + make_interval(secs => one.seconds)
            AND (SELECT count(*) FROM alert_observations failure
              WHERE failure.key = success.key AND failure.member = 'failure'
                AND failure.at > success.at - make_interval(secs => one.seconds)
                AND failure.at <= success.at) >= one.at_least)
        END;
    END IF;
    place := one.place;
    event_id := one.event_id;
    RETURN NEXT;
  END LOOP;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION note_findings(jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_findings(jsonb, boolean) TO workers_system;
