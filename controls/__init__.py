"""Controls test recorded evidence: pure functions that an auditor's laptop runs again."""
