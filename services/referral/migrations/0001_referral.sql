-- Referrals and what became of them.

CREATE TABLE referral (
  -- The organization that made it: the tenant.
  organization_id           BINARY(16)   NOT NULL,
  id                        BINARY(16)   NOT NULL,
  version                   BIGINT       NOT NULL,
  person_id                 BINARY(16)   NOT NULL,
  healthcare_service_id     BINARY(16)   NOT NULL,
  service_need_id           BINARY(16)   NULL,
  need_system               VARBINARY(255) NOT NULL,
  need_code                 VARBINARY(64) NOT NULL,
  need_display              VARCHAR(255) NOT NULL,
  priority                  TINYINT      NOT NULL,
  -- Free text about the person: read and written in one place, so that it can be sealed there.
  note                      BLOB         NOT NULL,
  state                     TINYINT      NOT NULL,
  state_time                DATETIME(6)  NOT NULL,
  reason_code               VARBINARY(64) NOT NULL,
  reason_text               BLOB         NOT NULL,
  requester_id              BINARY(16)   NOT NULL,
  -- From REQUESTED on.
  recipient_organization_id BINARY(16)   NULL,
  consent_id                BINARY(16)   NULL,
  consent_end_time          DATETIME(6)  NULL,
  consent_revoked           TINYINT      NOT NULL DEFAULT 0,
  hold_id                   BINARY(16)   NULL,
  create_time               DATETIME(6)  NOT NULL,
  update_time               DATETIME(6)  NOT NULL,
  PRIMARY KEY (organization_id, id),
  -- Lists run newest first, by one state or by all. Ids are made in the order of time.
  KEY by_state (organization_id, state, id),
  KEY by_person (organization_id, person_id, id),
  KEY received (recipient_organization_id, id),
  KEY received_by_state (recipient_organization_id, state, id),
  KEY by_consent (consent_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE placement (
  organization_id           BINARY(16)   NOT NULL,
  id                        BINARY(16)   NOT NULL,
  referral_id               BINARY(16)   NOT NULL,
  person_id                 BINARY(16)   NOT NULL,
  healthcare_service_id     BINARY(16)   NOT NULL,
  recipient_organization_id BINARY(16)   NOT NULL,
  state                     TINYINT      NOT NULL,
  start_time                DATETIME(6)  NULL,
  end_time                  DATETIME(6)  NULL,
  create_time               DATETIME(6)  NOT NULL,
  update_time               DATETIME(6)  NOT NULL,
  PRIMARY KEY (organization_id, id),
  -- An accepted referral becomes one placement, whatever happens twice.
  UNIQUE KEY one_for_each_referral (organization_id, referral_id),
  KEY by_state (organization_id, state, id),
  KEY by_person (organization_id, person_id, id),
  KEY received (recipient_organization_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Consents that identity says were revoked, so that no referral is sent with one that was read a moment before.
CREATE TABLE revoked_consent (
  consent_id  BINARY(16)  NOT NULL,
  revoke_time DATETIME(6) NOT NULL,
  PRIMARY KEY (consent_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
