//! Chinese text: classifier, near duplicates, redaction of personal data
