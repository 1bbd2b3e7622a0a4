-- Sessions that ended before their time, for as long as an access token of theirs could still be shown. In identity the
-- truth itself, in every other service a replica fed by identity's events. session_id: 16 zero bytes for all sessions of
-- the user; then `issued_before` counts: tokens issued before it are refused. `write_time` is the database's clock: what
-- is read again and again looks only at what was written of late.
CREATE TABLE session_revocation (
  organization_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  session_id BINARY(16) NOT NULL,
  issued_before DATETIME(6) NULL,
  write_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, user_id, session_id),
  KEY session_revocation_write_time (write_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
