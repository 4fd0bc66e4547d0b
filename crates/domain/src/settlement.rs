//! Settlement: completions, fees, postings, adjustments.
