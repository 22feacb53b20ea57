//! Papers: reports, the policy and posters as tagged PDF.
