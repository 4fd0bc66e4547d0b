//! Lines that must not be believed, each for one reason.

use crate::chance::Chance;
use crate::event::{Completed, SimEvent};
use doorstep_domain::time::Micros;

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Malformed {
    /// The sender died in the middle of it.
    TruncatedJson,
    /// An order worth less than nothing.
    NegativeMoney,
    /// A market nobody configured.
    UnknownMarket,
    /// No merchant.
    MissingField,
    /// A clock that was never set.
    Year1970,
    /// A clock that was set wrongly.
    Year2999,
    /// Not the currency of the market.
    ForeignCurrency,
    /// A type nobody knows.
    UnknownType,
    /// A completion of a delivery that nobody ever heard of.
    DeliveredBeforeItExists,
}

impl Malformed {
    /// All of them.
    pub const ALL: [Malformed; 9] = [
        Malformed::TruncatedJson,
        Malformed::NegativeMoney,
        Malformed::UnknownMarket,
        Malformed::MissingField,
        Malformed::Year1970,
        Malformed::Year2999,
        Malformed::ForeignCurrency,
        Malformed::UnknownType,
        Malformed::DeliveredBeforeItExists,
    ];

    /// One of them, each as likely.
    pub(super) fn drawn(chance: &mut Chance) -> Malformed {
        let drawn = usize::try_from(chance.below(Self::ALL.len() as u64)).unwrap_or(0);
        Self::ALL[drawn]
    }

    /// A copy of a completion, with an id of its own, that is wrong in this way.
    pub(super) fn line(self, event: &SimEvent) -> Vec<u8> {
        let mut event = event.clone();
        event.id.push_str("-bad");
        match self {
            Malformed::NegativeMoney => change(&mut event, |it| it.order_minor = -it.order_minor),
            Malformed::ForeignCurrency => change(&mut event, |it| it.currency = "XAU".into()),
            Malformed::UnknownMarket => event.market = "atlantis".into(),
            Malformed::Year1970 => event.at = Micros(0),
            Malformed::Year2999 => event.at = YEAR_2999,
            Malformed::DeliveredBeforeItExists => event.subject.push_str("-ghost"),
            Malformed::TruncatedJson | Malformed::MissingField | Malformed::UnknownType => {}
        }
        let line = event.to_line();
        match self {
            Malformed::TruncatedJson => line[..line.len() * 2 / 3].to_vec(),
            Malformed::MissingField => replaced(&line, "\"merchant_id\"", "\"merchant\""),
            Malformed::UnknownType => replaced(&line, "delivery.delivered", "delivery.teleported"),
            _ => line,
        }
    }
}

const YEAR_2999: Micros = Micros(32_472_144_000_000_000);

fn change(event: &mut SimEvent, how: impl FnOnce(&mut Completed)) {
    if let Some(completed) = &mut event.completed {
        how(completed);
    }
}

fn replaced(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(line).replacen(from, to, 1).into_bytes()
}
