-- Everybody's values of one outcome within a period, for cohort measures: all that is counted by stands in the index.
ALTER TABLE assessment_outcome ADD KEY assessment_outcome_by_time
  (organization_id, instrument, outcome, effective_time, person_id, assessment_id, position);
