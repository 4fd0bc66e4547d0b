//! Pay.
