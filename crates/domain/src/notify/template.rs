//! Words with `{placeholders}`, read once, so that one that is unknown is found before anybody is
//! told anything.

use serde::Deserialize;
use std::str::FromStr;

/// What may stand in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// What the asker calls the delivery, or else its name.
    Reference,
    /// Whose goods.
    Merchant,
    /// Where.
    Market,
    /// How the delivery stands.
    Status,
    /// Who carries it: their first name.
    Courier,
    /// When it came to this, on the clock of the market.
    Time,
    /// Why, where somebody said so.
    Reason,
    /// Where the customer can follow it.
    TrackingUrl,
}

impl Placeholder {
    /// Every one.
    pub const ALL: [Placeholder; 8] = [
        Placeholder::Reference,
        Placeholder::Merchant,
        Placeholder::Market,
        Placeholder::Status,
        Placeholder::Courier,
        Placeholder::Time,
        Placeholder::Reason,
        Placeholder::TrackingUrl,
    ];

    /// As it stands between the braces.
    pub fn as_str(self) -> &'static str {
        match self {
            Placeholder::Reference => "reference",
            Placeholder::Merchant => "merchant",
            Placeholder::Market => "market",
            Placeholder::Status => "status",
            Placeholder::Courier => "courier",
            Placeholder::Time => "time",
            Placeholder::Reason => "reason",
            Placeholder::TrackingUrl => "tracking_url",
        }
    }
}

/// Words with placeholders; `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Words(String),
    Filled(Placeholder),
}

impl Template {
    /// The words, each placeholder filled with what `value` makes of it.
    pub fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        let filled = self.pieces.iter().map(|piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Filled(placeholder) => value(*placeholder),
        });
        filled.collect()
    }

    /// Whether this stands in it.
    pub fn has(&self, placeholder: Placeholder) -> bool {
        self.pieces.contains(&Piece::Filled(placeholder))
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Template, String> {
        let (mut pieces, mut words, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            let (brace, behind) = rest[at..].split_at(1);
            if let Some(behind) = behind.strip_prefix(brace) {
                words.push_str(brace);
                rest = behind;
                continue;
            }
            let inside = behind.split_once('}').filter(|_| brace == "{");
            let (name, behind) = inside.ok_or_else(|| {
                format!("{text:?} has a {brace:?} without its other; as a letter it is doubled")
            })?;
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            }
            pieces.push(Piece::Filled(named(name)?));
            rest = behind;
        }
        words.push_str(rest);
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        Ok(Template { pieces })
    }
}

impl TryFrom<String> for Template {
    type Error = String;
    fn try_from(text: String) -> Result<Template, String> {
        text.parse()
    }
}

fn named(name: &str) -> Result<Placeholder, String> {
    let found = Placeholder::ALL.into_iter().find(|one| one.as_str() == name);
    found.ok_or_else(|| {
        let known: Vec<_> = Placeholder::ALL.iter().map(|one| one.as_str()).collect();
        format!("{{{name}}} is not known: {} are", known.join(", "))
    })
}
