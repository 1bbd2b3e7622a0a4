-- One row for each request that changed something: the claim, and the response to give when the request comes again.
CREATE TABLE idempotency (
  organization_id BINARY(16) NOT NULL,
  principal_id BINARY(16) NOT NULL,
  method VARBINARY(128) NOT NULL,
  request_id BINARY(16) NOT NULL,
  request_hash VARBINARY(32) NOT NULL,
  response MEDIUMBLOB NULL,
  create_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, principal_id, method, request_id),
  KEY idempotency_create_time (create_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
