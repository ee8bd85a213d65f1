-- Where a client is told that a session it had is over (OpenID Connect Back-Channel Logout 1.0).
alter table oauth_clients add column backchannel_logout_uri text check (length(backchannel_logout_uri) <= 2000);
grant update (backchannel_logout_uri) on oauth_clients to tokens_runtime, tokens_system;
