-- Who is who. Codes and identifiers are VARBINARY: no collation may take two of them for one.

-- The tenants. An organization is its own tenant, so its key is its id alone.
CREATE TABLE organization (
  id BINARY(16) NOT NULL,
  display_name VARCHAR(200) NOT NULL,
  kind TINYINT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Staff. `login` is in canonical form and unique over all organizations. `roles`: bit n is set for role number n.
CREATE TABLE user (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  login VARBINARY(254) NOT NULL,
  display_name VARCHAR(200) NOT NULL,
  roles INT NOT NULL,
  disabled TINYINT NOT NULL,
  password_hash VARBINARY(255) NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE KEY user_login (login)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Persons. Everything personal stands in `profile` and nowhere else in this table; it is written and read by one piece
-- of code (api/person_profile), which is where sealing goes.
CREATE TABLE person (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  version BIGINT NOT NULL,
  profile MEDIUMBLOB NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- An identifier belongs to one person of an organization. `identifier_key`: a digest of its canonical form.
CREATE TABLE person_identifier (
  organization_id BINARY(16) NOT NULL,
  identifier_key BINARY(32) NOT NULL,
  person_id BINARY(16) NOT NULL,
  PRIMARY KEY (organization_id, identifier_key),
  KEY person_identifier_person (organization_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What persons are found by: whole keys, compared byte by byte (domain/search_keys), so that a key can become a keyed
-- hash. kind: 1 beginning of a name word, 2 birth date.
CREATE TABLE person_search (
  organization_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  search_key VARBINARY(64) NOT NULL,
  person_id BINARY(16) NOT NULL,
  PRIMARY KEY (organization_id, kind, search_key, person_id),
  KEY person_search_person (organization_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Consents. `purposes`, `categories`: bit n is set for number n of the contract.
CREATE TABLE consent (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  recipient_id BINARY(16) NOT NULL,
  purposes INT NOT NULL,
  categories INT NOT NULL,
  start_time DATETIME(6) NOT NULL,
  end_time DATETIME(6) NULL,
  revoke_time DATETIME(6) NULL,
  grantor TINYINT NOT NULL,
  sign_date DATE NULL,
  recorded_by BINARY(16) NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id),
  KEY consent_person (organization_id, person_id, id),
  KEY consent_recipient (organization_id, person_id, recipient_id, end_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Keys that access tokens are signed with, one row a generation. The private key stands here until there is a key ring
-- outside of the database (storage/signing_keys is the only code that reads it).
CREATE TABLE signing_key (
  generation INT NOT NULL,
  key_id VARBINARY(64) NOT NULL,
  private_key VARBINARY(1024) NOT NULL,
  public_key BINARY(32) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  use_time DATETIME(6) NOT NULL,
  retire_time DATETIME(6) NULL,
  PRIMARY KEY (generation),
  UNIQUE KEY signing_key_key_id (key_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Failures in a row of one login name from one source, also of names that do not exist. `login_key`: a digest.
CREATE TABLE sign_in_attempt (
  login_key BINARY(32) NOT NULL,
  source VARBINARY(64) NOT NULL,
  failures INT NOT NULL,
  rest_until DATETIME(6) NOT NULL,
  last_time DATETIME(6) NOT NULL,
  PRIMARY KEY (login_key, source),
  KEY sign_in_attempt_last_time (last_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
