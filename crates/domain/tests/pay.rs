//! Pay: tables first, then laws, then a second book that must agree.

mod clock_changes;
mod intervals;
mod laws;
mod lines;
mod plans;
mod presence;
mod scene;
mod second_book;
mod versions;
mod windows;
mod written;
