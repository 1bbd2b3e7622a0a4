-- Passkeys (W3C Web Authentication). `credential_id`: what the authenticator calls it, nobody else's. `public_key`: a
-- point of P-256, uncompressed. `sign_count`: what was shown last. `suspect_time`: when it was last refused because that
-- number went back.
CREATE TABLE passkey (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  credential_id VARBINARY(1023) NOT NULL,
  public_key BINARY(65) NOT NULL,
  sign_count BIGINT NOT NULL,
  display_name VARCHAR(200) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  use_time DATETIME(6) NULL,
  suspect_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE KEY passkey_credential (credential_id),
  KEY passkey_user (organization_id, user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What was given out to be signed: one for each session and purpose (1 making, 2 showing), gone when it is used.
CREATE TABLE passkey_challenge (
  organization_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  session_id BINARY(16) NOT NULL,
  purpose TINYINT NOT NULL,
  challenge BINARY(32) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, user_id, session_id, purpose),
  KEY passkey_challenge_expire_time (expire_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Whoever administers here, or reviews emergency access, needs a passkey.
ALTER TABLE organization ADD COLUMN passkey_required_for_administrators TINYINT NOT NULL DEFAULT 0;
