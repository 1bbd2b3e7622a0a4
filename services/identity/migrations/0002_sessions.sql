-- Sessions: the time between signing in and out. `methods`: how the user proved who they are, separated by commas.
-- `generation`: of the refresh token that was given out last. `end_reason`: number of the contract; 0 while it goes on
-- (a session also ends by itself at expire_time, or when it was not refreshed for long).
CREATE TABLE session (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  generation INT NOT NULL,
  methods VARBINARY(64) NOT NULL,
  auth_time DATETIME(6) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  refresh_time DATETIME(6) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  end_time DATETIME(6) NULL,
  end_reason TINYINT NOT NULL,
  PRIMARY KEY (organization_id, id),
  KEY session_user (organization_id, user_id, end_reason, id),
  KEY session_expire_time (expire_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Every refresh token that a session had, by its SHA-256: a used one that is shown again gives a thief away. The key
-- has no organization in front: the token is all that its bearer shows. `successor_key`: a random key with which the
-- next token is made from the text of this one, so that the same one can be given out again for a few seconds without
-- being kept anywhere; set when the token is used, gone when the next one is.
CREATE TABLE refresh_token (
  token_hash BINARY(32) NOT NULL,
  organization_id BINARY(16) NOT NULL,
  session_id BINARY(16) NOT NULL,
  generation INT NOT NULL,
  use_time DATETIME(6) NULL,
  successor_key VARBINARY(32) NULL,
  expire_time DATETIME(6) NOT NULL,
  PRIMARY KEY (token_hash),
  UNIQUE KEY refresh_token_generation (organization_id, session_id, generation),
  KEY refresh_token_expire_time (expire_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
