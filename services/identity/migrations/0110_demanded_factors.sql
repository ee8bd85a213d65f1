-- An organization that a sign-in turns out to be for may require a second factor of it.
grant update (requires_mfa) on sign_in_transactions to identity_system;
