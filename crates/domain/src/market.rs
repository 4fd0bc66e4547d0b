//! A market and its terms.
