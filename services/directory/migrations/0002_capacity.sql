-- The places of a healthcare service. A service without a row has an unknown capacity.
-- stated_by: 1 a package, 2 staff. version and update_time: of the provider's own figures, not of held and placed.
CREATE TABLE capacity (
  healthcare_service_id BINARY(16) NOT NULL,
  unit VARCHAR(64) NOT NULL,
  description VARCHAR(1000) NOT NULL,
  maximum INT NOT NULL,
  elsewhere INT NOT NULL,
  held INT NOT NULL,
  placed INT NOT NULL,
  stated_by TINYINT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (healthcare_service_id),
  CONSTRAINT capacity_not_negative CHECK (maximum >= 0 AND elsewhere >= 0 AND held >= 0 AND placed >= 0),
  CONSTRAINT capacity_not_oversold CHECK (elsewhere + held + placed <= maximum)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A place kept or taken. Belongs to the organization that holds, and is also found by the provider's staff: keyed by id
-- alone. state: 1 active, 2 confirmed, 3 released, 4 expired.
CREATE TABLE capacity_hold (
  id BINARY(16) NOT NULL,
  healthcare_service_id BINARY(16) NOT NULL,
  organization_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  request_id BINARY(16) NOT NULL,
  reference VARCHAR(128) NOT NULL,
  state TINYINT NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY capacity_hold_request (organization_id, user_id, request_id),
  KEY capacity_hold_expire (state, expire_time),
  KEY capacity_hold_service (healthcare_service_id, state, expire_time),
  CONSTRAINT capacity_hold_state CHECK (state BETWEEN 1 AND 4)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
