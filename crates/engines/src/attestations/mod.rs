//! Attestations: a person is asked, on a schedule, and answers with words and evidence.
