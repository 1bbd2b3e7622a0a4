-- Free text is sealed by the service: bytes and no characters, 45 longer than the text.
ALTER TABLE referral MODIFY need_display VARBINARY(1100) NOT NULL;
