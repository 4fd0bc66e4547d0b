//! Events as other systems send them: one CloudEvents 1.0 JSON object per line.

use doorstep_domain::time::Micros;
use serde::Serialize;
use std::io::{self, Write};

/// What happened, by its CloudEvents `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A courier starts a shift.
    Online,
    /// A courier ends it.
    Offline,
    /// A customer wants something delivered.
    Requested,
    /// A courier took it on.
    Assigned,
    /// The courier gave it back.
    Unassigned,
    /// The courier has it.
    PickedUp,
    /// It arrived.
    Delivered,
    /// Nobody was there.
    Failed,
    /// It is back where it came from.
    Returned,
    /// It was called off.
    Cancelled,
}

impl Kind {
    /// The CloudEvents `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Online => "courier.online",
            Kind::Offline => "courier.offline",
            Kind::Requested => "delivery.requested",
            Kind::Assigned => "delivery.assigned",
            Kind::Unassigned => "delivery.unassigned",
            Kind::PickedUp => "delivery.picked_up",
            Kind::Delivered => "delivery.delivered",
            Kind::Failed => "delivery.failed",
            Kind::Returned => "delivery.returned",
            Kind::Cancelled => "delivery.cancelled",
        }
    }
}

/// What a completed delivery was worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completed {
    /// Whose goods.
    pub merchant_id: String,
    /// Value of the goods in minor units.
    pub order_minor: i64,
    /// Tip for the courier in minor units.
    pub tip_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Distance carried in metres.
    pub distance_m: i64,
    /// Which telling this is; the first has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// One event; `source` and `id` together are its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimEvent {
    /// Unique within the source.
    pub id: String,
    /// Who tells it.
    pub source: String,
    /// What happened.
    pub kind: Kind,
    /// The delivery, or the courier for a shift.
    pub subject: String,
    /// When it happened, in whole seconds.
    pub at: Micros,
    /// Where.
    pub market: String,
    /// Who carries, from assignment on.
    pub courier_id: Option<String>,
    /// What a [`Kind::Delivered`] event says.
    pub completed: Option<Completed>,
}

#[derive(Serialize)]
struct Line<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: &'a str,
    time: Micros,
    market: &'a str,
    #[serde(skip_serializing_if = "Content::is_empty")]
    data: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    courier_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    completed: Option<&'a Completed>,
}

impl Content<'_> {
    fn is_empty(&self) -> bool {
        self.courier_id.is_none() && self.completed.is_none()
    }
}

impl SimEvent {
    /// The event as JSON without the end of the line.
    pub fn to_line(&self) -> Vec<u8> {
        let line = Line {
            specversion: "1.0",
            id: &self.id,
            source: &self.source,
            kind: self.kind.as_str(),
            subject: &self.subject,
            time: self.at,
            market: &self.market,
            data: Content {
                courier_id: self.courier_id.as_deref(),
                completed: self.completed.as_ref(),
            },
        };
        serde_json::to_vec(&line).unwrap_or_default()
    }
}

/// Writes events one per line and says how many; fails where `out` does.
pub fn write_events(
    out: &mut dyn Write,
    events: impl IntoIterator<Item = SimEvent>,
) -> io::Result<u64> {
    write_lines(out, events.into_iter().map(|event| event.to_line()))
}

/// Writes lines, such as [`crate::dirt::Dirty`] makes, and says how many.
pub fn write_lines(
    out: &mut dyn Write,
    lines: impl IntoIterator<Item = Vec<u8>>,
) -> io::Result<u64> {
    let mut count = 0;
    for mut line in lines {
        line.push(b'\n');
        out.write_all(&line)?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_is_written_as_its_example() {
        let event = SimEvent {
            id: "trip-24-d".into(),
            source: "/taxis/sf".into(),
            kind: Kind::Delivered,
            subject: "trip-24".into(),
            at: Micros(1_211_215_202_000_000),
            market: "sf".into(),
            courier_id: Some("cab-17".into()),
            completed: Some(Completed {
                merchant_id: "m8".into(),
                order_minor: 2599,
                tip_minor: 400,
                currency: "USD".into(),
                distance_m: 3525,
                revision: None,
            }),
        };
        let expected = concat!(
            r#"{"specversion":"1.0","id":"trip-24-d","source":"/taxis/sf","#,
            r#""type":"delivery.delivered","subject":"trip-24","time":"2008-05-19T16:40:02Z","#,
            r#""market":"sf","data":{"courier_id":"cab-17","merchant_id":"m8","#,
            r#""order_minor":2599,"tip_minor":400,"currency":"USD","distance_m":3525}}"#,
        );
        assert_eq!(String::from_utf8(event.to_line()).unwrap(), expected);
    }
}
