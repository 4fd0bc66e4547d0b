//! Arguments of `simulate provider`.

use super::span;
use crate::load::Outage;
use clap::{Args, ValueEnum};
use doorstep_sim::provider::{Dirt, Kind, Odds};
use std::net::SocketAddr;

/// Arguments of `simulate provider`.
#[derive(Debug, Args)]
pub(crate) struct Provider {
    /// Which one.
    #[arg(long, value_enum)]
    pub kind: ProviderKind,
    /// Where its API listens; port 0 is any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9101")]
    pub listen: SocketAddr,
    /// Where its messages go.
    #[arg(long, value_name = "URL")]
    pub events_to: String,
    /// The same seed lives the same lives.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// How many times as fast as in the world, where a delivery takes half an hour.
    #[arg(long, default_value = "60", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub speed: u32,
    /// What its messages are signed with; hexadecimal suits all of them.
    #[arg(long, default_value = "5eed5eed5eed5eed")]
    pub secret: String,
    /// What its API wants to be shown; by default `client:secret`, `developer:key:c2VjcmV0` and
    /// `key`.
    #[arg(long)]
    pub credential: Option<String>,
    /// The account that Uber Direct's API names.
    #[arg(long, default_value = "cus_simulated")]
    pub account: String,
    /// Calls that its API takes in a second; more are answered with 429.
    #[arg(long, default_value = "50", value_parser = clap::value_parser!(u32).range(1..))]
    pub calls_per_second: u32,
    #[command(flatten)]
    pub odds: ProviderOdds,
    /// When it is out, after its start, and for how long; connections are refused meanwhile.
    #[arg(long, value_name = "AFTER+LENGTH", value_parser = outage)]
    pub outage: Vec<Outage>,
}

/// What goes wrong, each a share of one.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct ProviderOdds {
    /// Messages sent twice.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub duplicates: u32,
    /// Messages sent after the next one.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub reorder: u32,
    /// Messages up to a quarter of an hour late, of the world's.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub late: u32,
    /// Messages never sent.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub lost: u32,
    /// Deliveries of which nothing is told from some moment on.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub silent: u32,
    /// Messages beside which a forger sends one.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub forged: u32,
    /// Bookings that are made and whose answer is cut off.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub lost_answers: u32,
    /// Bookings refused.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub refused: u32,
    /// Deliveries called off before the pickup.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub canceled: u32,
    /// Deliveries that their courier gives back once.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub reassigned: u32,
    /// Deliveries that cannot be brought.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub undeliverable: u32,
}

/// Which provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ProviderKind {
    /// Uber Direct.
    UberDirect,
    /// DoorDash Drive.
    DoordashDrive,
    /// Onfleet.
    Onfleet,
}

impl ProviderKind {
    pub(crate) fn kind(self) -> Kind {
        match self {
            ProviderKind::UberDirect => Kind::UberDirect,
            ProviderKind::DoordashDrive => Kind::DoordashDrive,
            ProviderKind::Onfleet => Kind::Onfleet,
        }
    }

    /// What its API wants to be shown where nobody says.
    pub(crate) fn usual_credential(self) -> &'static str {
        match self {
            ProviderKind::UberDirect => "client:secret",
            ProviderKind::DoordashDrive => "developer:key:c2VjcmV0",
            ProviderKind::Onfleet => "key",
        }
    }
}

impl ProviderOdds {
    /// What becomes of messages.
    pub(crate) fn dirt(&self) -> Dirt {
        Dirt {
            duplicated_bp: self.duplicates,
            reordered_bp: self.reorder,
            late_bp: self.late,
            lost_bp: self.lost,
            silent_bp: self.silent,
            forged_bp: self.forged,
        }
    }

    /// What becomes of deliveries.
    pub(crate) fn odds(&self) -> Odds {
        Odds {
            refused_bp: self.refused,
            canceled_bp: self.canceled,
            reassigned_bp: self.reassigned,
            undeliverable_bp: self.undeliverable,
        }
    }
}

/// A share of one, as basis points.
fn share(text: &str) -> Result<u32, String> {
    let share: f64 = text.parse().map_err(|_| "is not a number such as 0.2".to_owned())?;
    if !(0.0..=1.0).contains(&share) {
        return Err("is not between 0 and 1".to_owned());
    }
    Ok((share * 10_000.0).round() as u32)
}

fn outage(text: &str) -> Result<Outage, String> {
    let wrong = || "is not two times such as 10s+5s".to_owned();
    let (after, length) = text.split_once('+').ok_or_else(wrong)?;
    Ok(Outage { after: span(after)?, length: span(length)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn shares_and_outages_are_read() {
        let cases = [("0", Ok(0)), ("0.02", Ok(200)), ("1", Ok(10_000))];
        for (text, expected) in cases {
            assert_eq!(share(text), expected, "{text}");
        }
        for wrong in ["", "2", "-0.1", "often"] {
            assert!(share(wrong).is_err(), "{wrong:?}");
        }
        let (after, length) = (Duration::from_secs(10), Duration::from_millis(500));
        assert_eq!(outage("10s+500ms"), Ok(Outage { after, length }));
        assert!(outage("10s").is_err() && outage("10s+soon").is_err());
    }
}
