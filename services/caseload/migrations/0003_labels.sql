-- Sensitivity labels: bit n is set for label number n. Nothing had any. worse_labels: of what the change compares with.
ALTER TABLE case_record ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE service_need ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE safety_alert ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE person_assessment ADD COLUMN labels INT NOT NULL DEFAULT 0;
ALTER TABLE person_assessment ADD COLUMN worse_labels INT NOT NULL DEFAULT 0;
