-- Private keys are sealed from now on with the installation's own key (storage/signing_keys). A new one is made when
-- none is there; tokens signed with an old one would have ended within five minutes anyway.
DELETE FROM signing_key;

-- Everybody who signs in here with a password needs a second factor.
ALTER TABLE organization ADD COLUMN second_factor_required TINYINT NOT NULL DEFAULT 0;

-- Tries of one login name from everywhere but known devices, also of names that do not exist. A try is counted before
-- the password is looked at, so that no crowd of them is looked at at once. `failures`: in a row. `known`: the name is
-- somebody's, and its failures are kept until they sign in. `login_key`: a digest.
CREATE TABLE sign_in_account (
  login_key BINARY(32) NOT NULL,
  known TINYINT NOT NULL,
  failures INT NOT NULL,
  hour_start DATETIME(6) NOT NULL,
  hour_failures INT NOT NULL,
  rest_until DATETIME(6) NOT NULL,
  last_time DATETIME(6) NOT NULL,
  PRIMARY KEY (login_key),
  KEY sign_in_account_last_time (known, last_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Devices that users have signed in from, by the SHA-256 of what the device keeps. `failures`: in a row, from here.
CREATE TABLE known_device (
  organization_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  token_hash BINARY(32) NOT NULL,
  failures INT NOT NULL,
  rest_until DATETIME(6) NOT NULL,
  use_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, user_id, token_hash),
  KEY known_device_use_time (use_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Second factors. `seed`: in force, sealed; NULL where there is none. `last_step`: the step whose code was used last.
-- `next_seed`: begun and not confirmed yet, sealed.
CREATE TABLE second_factor (
  organization_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  seed VARBINARY(128) NULL,
  last_step BIGINT NOT NULL,
  confirm_time DATETIME(6) NULL,
  next_seed VARBINARY(128) NULL,
  next_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Keys of service accounts, by the SHA-256 of what the program shows.
CREATE TABLE service_key (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  key_hash BINARY(32) NOT NULL,
  display_name VARCHAR(200) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  use_time DATETIME(6) NULL,
  revoke_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE KEY service_key_hash (key_hash),
  KEY service_key_user (organization_id, user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
