-- Labels of an assessment beside those that its instrument gives: bit n is set for label number n. None had any.
-- The results repeat them, so that a trajectory is still one range of one index.
ALTER TABLE assessment ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE assessment_outcome ADD COLUMN labels INT NOT NULL DEFAULT 0;
