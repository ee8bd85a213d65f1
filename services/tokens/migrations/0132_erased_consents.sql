-- What an erased person allowed applications goes with them.
grant delete on oauth_consents to tokens_system;
