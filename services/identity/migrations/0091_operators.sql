-- Operators disable people, let them in again and look them up by the beginning of a name or address.
grant update (status) on users to identity_system;
create index users_by_name on users (lower(name) text_pattern_ops);
create index emails_by_beginning on emails (normalized_address text_pattern_ops);
