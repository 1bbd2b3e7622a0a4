-- Codes are compared byte by byte. ascii_bin overlooks blanks at the end: 'phq9' and 'phq9 ' were one key.
ALTER TABLE assessment MODIFY instrument VARBINARY(64) NOT NULL;
ALTER TABLE assessment_outcome MODIFY instrument VARBINARY(64) NOT NULL, MODIFY outcome VARBINARY(64) NOT NULL;
ALTER TABLE assessment_critical_answer MODIFY rule VARBINARY(64) NOT NULL, MODIFY item VARBINARY(64) NOT NULL;
ALTER TABLE assessment_series MODIFY instrument VARBINARY(64) NOT NULL;
