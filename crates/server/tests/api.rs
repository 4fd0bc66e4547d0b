//! The interface over real HTTP.

mod access;
mod description;
mod events;
mod money;
mod problems;
mod streets;
