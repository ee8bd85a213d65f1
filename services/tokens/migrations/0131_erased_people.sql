-- Of an erased person's sessions stays that they were, not from where or with what.
grant update (device_name, client_address) on sessions to tokens_system;
