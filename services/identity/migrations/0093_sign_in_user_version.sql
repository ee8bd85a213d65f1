-- The version of the person whom the checked password found: a session of it is refused once the password is another one. Null of a step-up.
alter table sign_in_transactions add column user_version bigint check (user_version > 0);
