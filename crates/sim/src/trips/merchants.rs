//! Merchants for the real trips: real names where the list of businesses is there.

use super::{TripsError, malformed, rows};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};

const BUSINESSES: &str = "sf/food_businesses.csv.zst";

/// How many merchants share the trips of a day.
const MERCHANTS: usize = 60;

#[derive(Deserialize)]
struct Business {
    name: String,
}

/// Identifiers of the merchants, each once, in the order of the list.
pub(super) fn read(data_folder: &Path) -> Result<Vec<String>, TripsError> {
    let path = data_folder.join(BUSINESSES);
    if !path.is_file() {
        return Ok((1..=MERCHANTS).map(|number| format!("merchant-{number}")).collect());
    }
    let businesses: Vec<Business> =
        rows(&path)?.collect::<Result<_, _>>().map_err(|error| malformed(&path, error))?;
    let names: Vec<&str> = businesses.iter().map(|business| business.name.as_str()).collect();
    Ok(chosen(&names))
}

/// Every so manyth name, so that the choice spreads over the whole list.
fn chosen(names: &[&str]) -> Vec<String> {
    let stride = (names.len() / MERCHANTS).max(1);
    let mut seen = BTreeSet::new();
    let slugs = names.iter().step_by(stride).map(|name| slug(name));
    slugs.filter(|slug| !slug.is_empty() && seen.insert(slug.clone())).take(MERCHANTS).collect()
}

/// "Andronico's Market" is `andronicos-market`.
fn slug(name: &str) -> String {
    let spoken = name.replace('\'', "").to_lowercase();
    let words = spoken.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_words_joined_by_hyphens() {
        let cases = [
            ("Andronico's Market", "andronicos-market"),
            ("SB40/Carmens  Restaurant", "sb40-carmens-restaurant"),
            ("General Nutrition Center #176", "general-nutrition-center-176"),
            ("!", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(slug(name), expected);
        }
    }

    #[test]
    fn merchants_are_chosen_once_each() {
        assert_eq!(chosen(&["A", "a", "!", "B"]), ["a", "b"]);
        let many: Vec<String> = (0..6_000).map(|number| format!("m {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(chosen(&many).len(), MERCHANTS);
    }
}
