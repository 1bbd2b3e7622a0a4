-- Keys that what is stored is sealed with: one for each person, and one for each organization (person_id all zeros) for
-- what belongs to no person. Wrapped by the master key `master_key` of the key ring. A destroyed key has neither bytes nor
-- master key; its row stays, so that the key is never made again.
CREATE TABLE data_key (
  organization_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  master_key VARBINARY(32) NOT NULL,
  wrapped_key VARBINARY(128) NOT NULL,
  create_time DATETIME(6) NOT NULL,
  destroy_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, person_id),
  KEY data_key_master (master_key, organization_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
