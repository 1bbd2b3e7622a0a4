-- Sensitivity labels: bit n is set for label number n. Nothing had any. A placement repeats those of its referral.
ALTER TABLE referral ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE placement ADD COLUMN labels INT NOT NULL DEFAULT 0;
