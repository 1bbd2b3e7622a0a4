-- Searches that few services meet begin at the filter, not at the place or the name.
CREATE INDEX healthcare_service_kind_kind ON healthcare_service_kind (kind, healthcare_service_id);
CREATE INDEX healthcare_service_language_language ON healthcare_service_language (language, healthcare_service_id);
CREATE INDEX healthcare_service_need_code ON healthcare_service_need (code, code_system, healthcare_service_id);
