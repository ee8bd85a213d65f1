-- A floor voids tokens of earlier versions, and is never lowered: neither by the runtime nor by the system role, which both may write it.
CREATE FUNCTION refuse_lower_floor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.min_version < old.min_version OR new.version < old.version THEN
    RAISE EXCEPTION 'a version or a floor of % was to be lowered', tg_table_name USING ERRCODE = 'check_violation';
  END IF;
  RETURN new;
END
$$;
--> statement-breakpoint
CREATE TRIGGER memberships_floor_rises BEFORE UPDATE OF version, min_version ON memberships
  FOR EACH ROW EXECUTE FUNCTION refuse_lower_floor();
--> statement-breakpoint
CREATE TRIGGER organizations_floor_rises BEFORE UPDATE OF version, min_version ON organizations
  FOR EACH ROW EXECUTE FUNCTION refuse_lower_floor();
