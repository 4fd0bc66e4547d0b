//! What was: raw topics as Parquet files, written exactly once.
