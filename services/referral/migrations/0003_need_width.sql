-- Bytes for as many characters as the contract allows, of up to four bytes each. A column at a time, so that a migration
-- that is stopped goes on where it was.
ALTER TABLE referral MODIFY need_system VARBINARY(1020) NOT NULL;
ALTER TABLE referral MODIFY need_code VARBINARY(256) NOT NULL;
