-- A second record of the same human being leads to the one that remains. All else of it stays as it was written, also
-- what it is found by: a search follows `merged_into`. So a merge can be undone without a trace.
ALTER TABLE person
  ADD COLUMN merged_into BINARY(16) NULL,
  ADD KEY person_merged_into (organization_id, merged_into, id);

-- Relations to persons as they stood before a merge gave them to somebody, or lengthened them: what is put back when the
-- merge is undone. `valid_from` NULL: there was no such relation.
CREATE TABLE shared_relation (
  organization_id BINARY(16) NOT NULL,
  resource_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  subject_id BINARY(16) NOT NULL,
  valid_from DATETIME(6) NULL,
  valid_to DATETIME(6) NULL,
  revoke_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, resource_id, kind, subject_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
