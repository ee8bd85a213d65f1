-- A session is of the version of the person that identity saw when it authenticated them. A new password or a disabled account says below which version
-- sessions are over, so a sign-in that was under way meanwhile gets none, whatever arrives first.
alter table sessions add column user_version bigint not null default 0;
alter table user_states add column sessions_min_version bigint not null default 0;
-- The session that changed the password goes on as one of the new version.
grant update (user_version) on sessions to tokens_system;
