-- Emergency accesses, and so the queue of those that are to be reviewed. They stay when the person is erased; what was
-- written about the person is sealed with the person's key and goes with it. `reason`, `verdict`: numbers of the contract;
-- verdict 0: not reviewed. `explanation`, `review_note`: sealed.
CREATE TABLE emergency_access (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  reason TINYINT NOT NULL,
  explanation BLOB NOT NULL,
  start_time DATETIME(6) NOT NULL,
  expire_time DATETIME(6) NOT NULL,
  end_time DATETIME(6) NULL,
  verdict TINYINT NOT NULL,
  reviewer_id BINARY(16) NULL,
  review_note BLOB NOT NULL,
  review_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, id),
  KEY emergency_access_verdict (organization_id, verdict, id),
  KEY emergency_access_user (organization_id, user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
