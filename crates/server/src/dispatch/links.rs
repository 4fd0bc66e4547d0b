//! The customer's link: whoever has it sees one delivery, for as long as that matters.
//!
//! Its token is HMAC-SHA-256 (RFC 2104) over the delivery's name, by a secret of this installation:
//! nothing of it is kept, and it can be told again.

use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use doorstep_store::{LaneId, secret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::OnceLock;

/// Under which name the secret is kept.
const NAME: &str = "tracking-links";

/// Bytes of a token: nobody guesses 128 bits.
const TOKEN_BYTES: usize = 16;

/// The secret of the installation, once it was read.
#[derive(Debug, Default)]
pub struct Links(OnceLock<Vec<u8>>);

/// Where a customer follows a delivery: the path behind the server's address.
pub fn tracking_url(app: &App, delivery: &str) -> Result<String, AppError> {
    Ok(format!("/track/{}", signed(app, delivery)?))
}

/// Whether the secret was read, so that nothing of links blocks.
pub(crate) fn are_at_hand(app: &App) -> bool {
    app.dispatch.links.0.get().is_some()
}

/// A name with its token, for a link: of a delivery, or of an order.
pub(crate) fn signed(app: &App, name: &str) -> Result<String, AppError> {
    Ok(format!("{name}.{}", token(app, name)?))
}

/// What a link opens, a delivery or an order; none where the token is not its own.
pub fn opened(app: &App, link: &str) -> Result<Option<String>, AppError> {
    let Some((delivery, presented)) = link.rsplit_once('.') else {
        return Ok(None);
    };
    let expected = token(app, delivery)?;
    Ok(is_equal(expected.as_bytes(), presented.as_bytes()).then(|| delivery.to_owned()))
}

fn token(app: &App, delivery: &str) -> Result<String, AppError> {
    let key = match app.dispatch.links.0.get() {
        Some(key) => key,
        None => {
            let kept = kept(app)?;
            app.dispatch.links.0.get_or_init(|| kept)
        }
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|error| AppError::machine("the secret of links", error))?;
    mac.update(delivery.as_bytes());
    Ok(hex(&mac.finalize().into_bytes()[..TOKEN_BYTES]))
}

/// The secret that is kept; the first process makes it.
fn kept(app: &App) -> Result<Vec<u8>, AppError> {
    if let Some(kept) = app.store.read(|tx| secret::load(tx, NAME).map_err(AppError::from))? {
        return Ok(kept);
    }
    let mut made = [0_u8; 32];
    getrandom::fill(&mut made)
        .map_err(|error| AppError::machine("the system's randomness", error))?;
    app.store.lane(&LaneId::new("secrets")?, move |tx| {
        secret::keep(tx, NAME, &made).map_err(AppError::from)
    })
}

/// Compares in a time that says nothing of where they differ.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b));
    one.len() == other.len() && differing == 0
}
