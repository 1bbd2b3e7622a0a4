-- The feed: what this schema tells others (event, feed_head) and how far it has come in what others tell (feed_follower).

-- One row for each thing that happened, written in the transaction of the change. `position` is NULL until the
-- sequencer has given the committed event its place. `write_time` is the database's clock: of two changes of the same
-- record, which exclude each other by a row lock, the later one has the later time, whatever the clocks of the servers say.
CREATE TABLE event (
  event_id BINARY(16) NOT NULL,
  organization_id BINARY(16) NOT NULL,
  position BIGINT NULL,
  write_time DATETIME(6) NOT NULL,
  occur_time DATETIME(6) NOT NULL,
  type VARBINARY(128) NOT NULL,
  trace_id VARBINARY(32) NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (event_id),
  UNIQUE KEY event_position (position),
  KEY event_waiting (position, write_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row: the greatest position given out. Its lock makes the sequencers of all replicas take turns.
CREATE TABLE feed_head (
  id TINYINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

INSERT INTO feed_head (id, position) VALUES (1, 0);

-- One row for each feed that this service follows. Who holds the lease may apply events; `fence` grows with each new
-- holder, so that one who lost the lease without noticing can commit nothing. `caught_up_time`: when the holder last
-- saw that nothing more had come (the database's clock).
CREATE TABLE feed_follower (
  feed VARBINARY(64) NOT NULL,
  owner BINARY(16) NOT NULL,
  fence BIGINT NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  position BIGINT NOT NULL,
  caught_up_time DATETIME(6) NULL,
  PRIMARY KEY (feed)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
