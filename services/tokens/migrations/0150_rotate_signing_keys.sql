-- A rotation an operator wants brings forward the end of the key before, and a new key-encryption key seals private keys anew.
grant update (sign_until, publish_until, private_jwk_encrypted) on signing_keys to tokens_system;
