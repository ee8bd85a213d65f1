-- A code and the life of the session it hangs on are one statement, by the role that stores codes.
grant update (idle_expires_at) on sessions to tokens_system;
