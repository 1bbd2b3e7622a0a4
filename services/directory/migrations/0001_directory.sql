-- The directory is shared by all organizations of an installation, so its rows are keyed by id alone. The whole entry
-- is the document; the other columns are copies of what is searched, and are written with it.
CREATE TABLE provider (
  id BINARY(16) NOT NULL,
  display_name VARCHAR(255) NOT NULL,
  managing_organization_id BINARY(16) NULL,
  document MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY provider_display_name (display_name, id),
  KEY provider_managing_organization (managing_organization_id, display_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- cell_id: S2 leaf cell of the position, signed. Nothing where the position is not known.
CREATE TABLE location (
  id BINARY(16) NOT NULL,
  display_name VARCHAR(255) NOT NULL,
  cell_id BIGINT NULL,
  latitude DOUBLE NULL,
  longitude DOUBLE NULL,
  document MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY location_display_name (display_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- state: 1 active, 2 inactive, 3 defunct, 4 temporarily closed. age_from and age_to: 0 and 255 where no limit is known.
-- positioned: whether any of its locations has a position.
CREATE TABLE healthcare_service (
  id BINARY(16) NOT NULL,
  provider_id BINARY(16) NOT NULL,
  display_name VARCHAR(255) NOT NULL,
  state TINYINT NOT NULL,
  age_from SMALLINT NOT NULL,
  age_to SMALLINT NOT NULL,
  positioned TINYINT NOT NULL,
  document MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY healthcare_service_display_name (display_name, id),
  KEY healthcare_service_provider (provider_id, display_name, id),
  KEY healthcare_service_search (state, display_name, id),
  KEY healthcare_service_unpositioned (state, positioned, display_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE healthcare_service_kind (
  healthcare_service_id BINARY(16) NOT NULL,
  kind VARBINARY(64) NOT NULL,
  PRIMARY KEY (healthcare_service_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- language: the primary language only ("en" of "en-GB"), by which the search compares.
CREATE TABLE healthcare_service_language (
  healthcare_service_id BINARY(16) NOT NULL,
  language VARBINARY(8) NOT NULL,
  PRIMARY KEY (healthcare_service_id, language)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE healthcare_service_need (
  healthcare_service_id BINARY(16) NOT NULL,
  code VARBINARY(64) NOT NULL,
  code_system VARBINARY(255) NOT NULL,
  PRIMARY KEY (healthcare_service_id, code, code_system)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Where a service is offered; cell and position are copies of the location's, for the search around a point.
CREATE TABLE healthcare_service_location (
  healthcare_service_id BINARY(16) NOT NULL,
  location_id BINARY(16) NOT NULL,
  cell_id BIGINT NULL,
  latitude DOUBLE NULL,
  longitude DOUBLE NULL,
  PRIMARY KEY (healthcare_service_id, location_id),
  KEY healthcare_service_location_cell (cell_id, healthcare_service_id, location_id, latitude, longitude),
  KEY healthcare_service_location_location (location_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
