//! What is where now: the newest position of every courier, in memory.
