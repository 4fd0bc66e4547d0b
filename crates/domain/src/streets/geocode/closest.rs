//! Streets whose name is nearly what was asked.

use super::super::address::Name;
use super::super::words::is_ordinal;
use super::{Candidate, Geocoder, by_kind, kind_of};

/// Words of a misspelt name that are looked at.
const WORDS_MAX: usize = 4;

/// Shortest name that may be misspelt: of three letters every other is another street.
const LETTERS_MIN: usize = 4;

/// Streets that are looked at further.
const CANDIDATES: usize = 4;

impl Geocoder {
    /// The streets nearest by edit distance, of at most a quarter of the letters.
    pub(super) fn closest(&self, words: &[String]) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for count in 1..=words.len().min(WORDS_MAX) {
            let asked = Name::of(&words[..count]);
            let letters: Vec<char> = asked.base.chars().collect();
            if letters.len() < LETTERS_MIN || is_ordinal(&asked.base) {
                continue;
            }
            let asked_kind = kind_of(&asked, words.get(count));
            let most = letters.len() / 4;
            for (street, known) in self.streets.iter().enumerate() {
                let Some(kind) = by_kind(known.name.kind, asked_kind) else { continue };
                let base = known.name.base.as_str();
                // Hardly anybody mistakes the first letter.
                let begins_alike = base.chars().next() == letters.first().copied();
                if !begins_alike || is_ordinal(base) || base.len().abs_diff(asked.base.len()) > most
                {
                    continue;
                }
                if let Some(letters_off) = letters_off(&letters, base, most) {
                    let near = 1.0 - 1.5 * letters_off as f64 / letters.len() as f64;
                    let confidence = kind * near * 0.9;
                    found.push(Candidate { street, words: count, letters_off, confidence });
                }
            }
        }
        found.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        found.truncate(CANDIDATES);
        found
    }
}

/// Letters to be added, removed, changed, or exchanged with the next (Damerau and Levenshtein,
/// restricted to one exchange each); `None` above `most`.
fn letters_off(asked: &[char], known: &str, most: usize) -> Option<usize> {
    let known: Vec<char> = known.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=known.len()).collect();
    for (row, letter) in asked.iter().enumerate() {
        let mut next = Vec::with_capacity(last.len());
        next.push(row + 1);
        for (column, other) in known.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            let mut least = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_exchanged =
                row > 0 && column > 0 && asked[row - 1] == *other && known[column - 1] == *letter;
            if is_exchanged {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        if next.iter().all(|off| *off > most) {
            return None;
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().filter(|off| *off <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted_as_a_typist_errs() {
        let cases = [
            ("MISSION", "MISSION", 2, Some(0)),
            ("MISION", "MISSION", 2, Some(1)),
            ("MISSOIN", "MISSION", 2, Some(1)),
            ("NOISSIM", "MISSION", 2, None),
            ("", "AB", 2, Some(2)),
            ("GEARYS", "GEARY", 1, Some(1)),
            ("POST", "PINE", 2, None),
        ];
        for (asked, known, most, expected) in cases {
            let asked_letters: Vec<char> = asked.chars().collect();
            assert_eq!(letters_off(&asked_letters, known, most), expected, "{asked} {known}");
        }
    }
}
