-- The schema of the coordinator's desk. Persons, users, populations' leads and assessments are known by id alone.

CREATE TABLE population (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  display_name VARCHAR(200) NOT NULL,
  kind TINYINT NOT NULL,
  description TEXT NOT NULL,
  member_count BIGINT NOT NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Members of now. Who was a member when, and thereby who could see whom, is known to identity.
CREATE TABLE population_member (
  organization_id BINARY(16) NOT NULL,
  population_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  add_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, population_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row for each person of whom anything is known here: the lock that everything takes that changes what is known.
CREATE TABLE person_status (
  organization_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The latest assessment of a person with each instrument, with or without a case.
CREATE TABLE person_assessment (
  organization_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  instrument VARBINARY(80) NOT NULL,
  assessment_id BINARY(16) NOT NULL,
  effective_time DATETIME(6) NOT NULL,
  outcome VARBINARY(64) NOT NULL,
  number DOUBLE NULL,
  stage VARBINARY(64) NOT NULL,
  flag TINYINT NULL,
  band VARBINARY(64) NOT NULL,
  worse_outcome VARBINARY(64) NOT NULL,
  worse_number DOUBLE NULL,
  worse_stage VARBINARY(64) NOT NULL,
  worse_band VARBINARY(64) NOT NULL,
  worse_than_baseline TINYINT NOT NULL,
  worse_than_previous TINYINT NOT NULL,
  PRIMARY KEY (organization_id, person_id, instrument)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- open_person_id is the person while the case is open, then NULL: a person has at most one open case.
CREATE TABLE case_record (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  open_person_id BINARY(16) NULL,
  coordinator_id BINARY(16) NOT NULL,
  review_interval_s BIGINT NOT NULL,
  state TINYINT NOT NULL,
  close_reason TINYINT NOT NULL,
  close_note TEXT NOT NULL,
  version BIGINT NOT NULL,
  open_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  close_time DATETIME(6) NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE KEY case_open (organization_id, open_person_id),
  KEY case_person (organization_id, person_id, id),
  KEY case_state (organization_id, state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- settled: the coordinator has decided (met in another way, dropped); referrals no longer move it.
CREATE TABLE service_need (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  case_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  need_system VARBINARY(1020) NOT NULL,
  need_code VARBINARY(256) NOT NULL,
  need_display VARCHAR(255) NOT NULL,
  note TEXT NOT NULL,
  state TINYINT NOT NULL,
  settled TINYINT NOT NULL,
  state_time DATETIME(6) NOT NULL,
  referral_id BINARY(16) NULL,
  version BIGINT NOT NULL,
  create_time DATETIME(6) NOT NULL,
  update_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id),
  KEY service_need_case (organization_id, case_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Where each referral stands, as the referral service's feed tells it.
CREATE TABLE referral_status (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  service_need_id BINARY(16) NULL,
  state TINYINT NOT NULL,
  state_time DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id),
  KEY referral_person (organization_id, person_id, state),
  KEY referral_need (organization_id, service_need_id, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The unique key is the promise that a critical answer opens exactly one alert, however often it is told.
CREATE TABLE safety_alert (
  organization_id BINARY(16) NOT NULL,
  id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  assessment_id BINARY(16) NOT NULL,
  instrument VARBINARY(80) NOT NULL,
  rule VARBINARY(64) NOT NULL,
  item VARBINARY(64) NOT NULL,
  level TINYINT NOT NULL,
  state TINYINT NOT NULL,
  open_time DATETIME(6) NOT NULL,
  acknowledge_time DATETIME(6) NULL,
  acknowledged_by BINARY(16) NULL,
  action TINYINT NOT NULL,
  action_note TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (organization_id, id),
  UNIQUE KEY safety_alert_once (organization_id, assessment_id, rule),
  KEY safety_alert_person (organization_id, person_id, state, open_time, id),
  KEY safety_alert_state (organization_id, state, open_time, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One finished line of the worklist for each open case. entry: the message trellis.caseload.v1.WorklistEntry, made of
-- the tables above and at any time to be made again. next_change_time: when time alone will change it.
CREATE TABLE worklist_entry (
  organization_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  case_id BINARY(16) NOT NULL,
  coordinator_id BINARY(16) NOT NULL,
  priority TINYINT NOT NULL,
  sort_key VARBINARY(32) NOT NULL,
  next_change_time DATETIME(6) NULL,
  entry BLOB NOT NULL,
  PRIMARY KEY (organization_id, person_id),
  KEY worklist_coordinator (organization_id, coordinator_id, sort_key),
  KEY worklist_change (next_change_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row for each subject of a relation to a person: a user of the care team, or a population. sort_key is that of the
-- person's worklist_entry, NULL while there is no open case. Orders the worklist for each subject; whether a relation is
-- live is not decided here, but by access_relation when the list is read.
CREATE TABLE worklist_line (
  organization_id BINARY(16) NOT NULL,
  subject_id BINARY(16) NOT NULL,
  person_id BINARY(16) NOT NULL,
  sort_key VARBINARY(32) NULL,
  PRIMARY KEY (organization_id, subject_id, person_id),
  KEY worklist_order (organization_id, subject_id, sort_key),
  KEY worklist_person (organization_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
