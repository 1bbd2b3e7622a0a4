-- Labels of records that the user may read: bit n is set for label number n. Nobody had any.
ALTER TABLE user ADD COLUMN clearances INT NOT NULL DEFAULT 0;
