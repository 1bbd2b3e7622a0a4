-- The audit: who did what to whose data. Bodies are trellis.audit.v1.AuditRecord.

-- Where records are made durable: in the transaction of the change, or many together before their answers leave. Keys grow
-- with time and nothing else is indexed, so that a row costs little. The chainer moves the rows on within a moment.
CREATE TABLE audit_journal (
  record_id BINARY(16) NOT NULL,
  organization_id BINARY(16) NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (record_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One chain for each organization (the nil id: for none): sequence 1, 2, 3, ... without a gap. `hash` is the chain's head
-- after this record. The other columns repeat what stands in the body, for look-ups; the verifier compares them.
CREATE TABLE audit_record (
  organization_id BINARY(16) NOT NULL,
  sequence BIGINT NOT NULL,
  record_id BINARY(16) NOT NULL,
  record_time DATETIME(6) NOT NULL,
  user_id BINARY(16) NOT NULL,
  method VARBINARY(128) NOT NULL,
  code TINYINT NOT NULL,
  hash VARBINARY(32) NOT NULL,
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (organization_id, sequence),
  KEY audit_record_time (organization_id, record_time, sequence),
  KEY audit_record_user (organization_id, user_id, record_time, sequence),
  KEY audit_record_method (organization_id, method, record_time, sequence),
  KEY audit_record_code (organization_id, code, record_time, sequence)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Which records name a person. disclosed: data of the person left the organization.
CREATE TABLE audit_person (
  organization_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  record_time DATETIME(6) NOT NULL,
  sequence BIGINT NOT NULL,
  disclosed TINYINT NOT NULL,
  PRIMARY KEY (organization_id, person_id, record_time, sequence)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- How far each chain has come, and how far it is signed. due_time: when the next checkpoint is due; NULL: all is signed.
CREATE TABLE audit_head (
  organization_id BINARY(16) NOT NULL,
  size BIGINT NOT NULL,
  hash VARBINARY(32) NOT NULL,
  signed_size BIGINT NOT NULL,
  due_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id),
  KEY audit_head_due (due_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row: its lock makes the chainers of all replicas take turns.
CREATE TABLE audit_turn (
  id TINYINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

INSERT INTO audit_turn (id) VALUES (1);

-- Signed checkpoints (C2SP signed notes) of each chain.
CREATE TABLE audit_checkpoint (
  organization_id BINARY(16) NOT NULL,
  size BIGINT NOT NULL,
  sign_time DATETIME(6) NOT NULL,
  note VARBINARY(1024) NOT NULL,
  PRIMARY KEY (organization_id, size)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
