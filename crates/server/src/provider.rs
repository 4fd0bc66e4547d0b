//! Deliveries by others: what they tell, and what they are asked.

pub mod outbound;
