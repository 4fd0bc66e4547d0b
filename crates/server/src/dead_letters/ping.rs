//! Letters about pings: whose device said it, and in which form, without which nobody could read
//! it again.

use super::letter::{Letter, letter_id};
use doorstep_domain::event::Rejection;
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::time::Micros;
use serde::{Deserialize, Serialize};

/// In which form a ping came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PingForm {
    /// Our own JSON.
    Json,
    /// A binary batch.
    Binary,
    /// OwnTracks' JSON.
    Owntracks,
    /// Traccar Client's and OsmAnd's pairs, of a query or a form.
    Osmand,
    /// The current Traccar Client's JSON.
    OsmandJson,
}

impl PingForm {
    /// As it stands in letters and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            PingForm::Json => "json",
            PingForm::Binary => "binary",
            PingForm::Owntracks => "owntracks",
            PingForm::Osmand => "osmand",
            PingForm::OsmandJson => "osmand_json",
        }
    }
}

/// How pings came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The courier whose device it was; none where somebody spoke for many.
    pub device: Option<CourierId>,
    /// In which form.
    pub form: PingForm,
}

impl Letter {
    /// A letter about a ping refused at the door. What two couriers' devices said in the same
    /// words are two letters. `named` is whom the ping itself names, as far as that was read.
    pub fn of_ping(
        raw: &[u8],
        rejection: &Rejection,
        received_at: Micros,
        said: &Said,
        named: Option<&str>,
    ) -> Letter {
        let mut letter = Letter::refused(raw, rejection, received_at, None);
        let device = said.device.as_ref().map(CourierId::as_str);
        if let Some(device) = device {
            let code_of_courier = format!("{}@{device}", rejection.code.as_str());
            letter.header.letter_id = letter_id(&code_of_courier, raw);
        }
        letter.header.courier = device.or(named).map(str::to_owned);
        letter.header.form = Some(said.form);
        letter
    }

    /// The same, of a market that is known otherwise than from the letter.
    pub fn in_market(mut self, market: Option<&MarketId>) -> Letter {
        if let Some(market) = market {
            self.header.market = Some(market.as_str().to_owned());
        }
        self
    }
}
