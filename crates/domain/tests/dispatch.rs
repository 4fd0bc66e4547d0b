//! Dispatch: what may follow what, who may take what, whom to ask.

mod claims;
mod searching;
mod words;
