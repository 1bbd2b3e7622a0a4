-- Who may see whom. In identity the truth itself, in every other service a replica fed by identity's events.
-- kind: 1 care team (resource: person, subject: user), 2 member (person, population), 3 lead (population, user).
-- A relation is live from valid_from until valid_to (NULL: without an end), unless it was revoked: revoking counts at
-- once, whatever the clocks of the servers say.
CREATE TABLE access_relation (
  organization_id BINARY(16) NOT NULL,
  resource_id BINARY(16) NOT NULL,
  kind TINYINT NOT NULL,
  subject_id BINARY(16) NOT NULL,
  valid_from DATETIME(6) NOT NULL,
  valid_to DATETIME(6) NULL,
  revoke_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, resource_id, kind, subject_id),
  KEY access_relation_subject (organization_id, subject_id, kind, resource_id, valid_from, valid_to, revoke_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
