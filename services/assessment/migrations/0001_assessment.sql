-- One administration of an instrument to one person. Written once.
CREATE TABLE assessment (
  organization_id    BINARY(16)  NOT NULL,
  id                 BINARY(16)  NOT NULL,
  person_id          BINARY(16)  NOT NULL,
  instrument         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  instrument_version INT         NOT NULL,
  effective_time     DATETIME(6) NOT NULL,
  method             TINYINT     NOT NULL COMMENT '1 self report, 2 clinician, 3 informant',
  state              TINYINT     NOT NULL COMMENT '1 recorded, 2 entered in error',
  recorder_id        BINARY(16)  NOT NULL,
  answers            MEDIUMBLOB  NOT NULL COMMENT 'read and written by storage/answer_codec.h alone',
  revision           INT         NOT NULL,
  create_time        DATETIME(6) NOT NULL,
  update_time        DATETIME(6) NOT NULL,
  PRIMARY KEY (organization_id, id),
  KEY assessment_by_person (organization_id, person_id, effective_time, id),
  KEY assessment_by_person_and_instrument (organization_id, person_id, instrument, effective_time, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Its results, in the order in which trajectories are read: baseline, previous value and every page are one range.
CREATE TABLE assessment_outcome (
  organization_id    BINARY(16)  NOT NULL,
  person_id          BINARY(16)  NOT NULL,
  instrument         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  outcome            VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  effective_time     DATETIME(6) NOT NULL,
  assessment_id      BINARY(16)  NOT NULL,
  instrument_version INT         NOT NULL,
  position           DOUBLE      NULL COMMENT 'the number, the position of the stage, or 0 and 1 (NULL: left open)',
  incomplete         TINYINT     NOT NULL COMMENT '1: missing answers could change it',
  PRIMARY KEY (organization_id, person_id, instrument, outcome, effective_time, assessment_id),
  KEY assessment_outcome_by_assessment (organization_id, assessment_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Answers that somebody must react to.
CREATE TABLE assessment_critical_answer (
  organization_id BINARY(16)  NOT NULL,
  assessment_id   BINARY(16)  NOT NULL,
  rule            VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item            VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  level           TINYINT     NOT NULL COMMENT '1 high, 2 urgent',
  PRIMARY KEY (organization_id, assessment_id, rule)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row for each person and instrument, locked by whoever records, so that recordings of one series take turns and
-- each sees the one before it.
CREATE TABLE assessment_series (
  organization_id BINARY(16)  NOT NULL,
  person_id       BINARY(16)  NOT NULL,
  instrument      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  recorded        BIGINT      NOT NULL COMMENT 'how many assessments were recorded',
  PRIMARY KEY (organization_id, person_id, instrument)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
