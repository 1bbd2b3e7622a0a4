-- Free text is sealed by the service: bytes and no characters, 45 longer than the text. A column at a time, so that a
-- migration that is stopped goes on where it was.
ALTER TABLE case_record MODIFY close_note BLOB NOT NULL;
ALTER TABLE service_need MODIFY need_display VARBINARY(1100) NOT NULL;
ALTER TABLE service_need MODIFY note BLOB NOT NULL;
ALTER TABLE safety_alert MODIFY action_note BLOB NOT NULL;
