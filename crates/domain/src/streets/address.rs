//! An address as somebody wrote it: house number, words of the street, postal code.

use super::words;

/// Words looked at; who writes more describes the way to the back door.
const WORDS_MAX: usize = 16;

/// What an address says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The house number, without letters.
    pub number: Option<i64>,
    /// The street and whatever follows it, in upper case.
    pub words: Vec<String>,
    /// The other street of a corner.
    pub corner: Vec<String>,
    /// Five digits at the end.
    pub zip: Option<String>,
}

/// A street's name in the one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// All words but the type, without what is between them.
    pub base: String,
    /// The type of street.
    pub kind: Option<&'static str>,
}

impl Address {
    /// Reads an address.
    pub(super) fn read(text: &str) -> Address {
        let mut words = split(text);
        let zip = take_zip(&mut words);
        let number = take_number(&mut words);
        let parts: Vec<&[String]> = words.split(|word| is_corner(word)).collect();
        let corner = match (number, parts.as_slice()) {
            (None, [first, second, ..]) if !first.is_empty() && !second.is_empty() => {
                Some((first.to_vec(), second.to_vec()))
            }
            _ => None,
        };
        let (mut words, corner) = corner.unwrap_or((words, Vec::new()));
        words.truncate(WORDS_MAX);
        Address { number, words, corner, zip }
    }

    /// The first number among the words from `after` on, where it stands behind the street.
    pub(super) fn number_behind(&self, after: usize) -> Option<i64> {
        self.words.get(after)?.parse().ok()
    }
}

impl Name {
    /// The name that some words are.
    pub(super) fn of(words: &[String]) -> Name {
        let skip = usize::from(words.len() > 1 && words[0] == "THE");
        let words = &words[skip..];
        let kind = if words.len() > 1 { words::kind(&words[words.len() - 1]) } else { None };
        let plain = &words[..words.len() - usize::from(kind.is_some())];
        let mut base = String::new();
        for (place, word) in plain.iter().enumerate() {
            let is_saint = word == "ST" && place == 0 && words.len() > 1;
            // `24 ST` is 24TH ST; `E ST` is a letter and no direction.
            let is_count = kind.is_some() && word.bytes().all(|byte| byte.is_ascii_digit());
            base.push_str(&match word {
                _ if is_saint => "SAINT".to_owned(),
                word if is_count && plain.len() == 1 => words::ordinal(word),
                word if plain.len() == 1 && word.len() == 1 => word.clone(),
                word => words::one_form(word),
            });
        }
        Name { base, kind }
    }
}

/// Words of letters and digits in upper case; apostrophes and dots vanish, the rest parts.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    for letter in text.chars().flat_map(char::to_uppercase) {
        match letter {
            '\'' | '\u{2019}' | '`' | '.' => {}
            '&' | '#' | '@' => {
                end(&mut word);
                word.push(letter);
                end(&mut word);
            }
            letter if letter.is_alphanumeric() || "-/".contains(letter) => word.push(letter),
            _ => end(&mut word),
        }
    }
    end(&mut word);
    joined_ordinals(words)
}

/// `24 TH` is one word.
fn joined_ordinals(words: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(before)
                if matches!(word.as_str(), "TH" | "ND" | "RD")
                    && before.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                before.push_str(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

fn is_corner(word: &str) -> bool {
    matches!(word, "&" | "@" | "AND" | "AT" | "/")
}

/// A postal code stands behind at least a number and a street.
fn take_zip(words: &mut Vec<String>) -> Option<String> {
    let is_zip = |word: &str| {
        let five = word.split('-').next().unwrap_or_default();
        five.len() == 5 && five.bytes().all(|byte| byte.is_ascii_digit())
    };
    let at = words.iter().rposition(|word| is_zip(word)).filter(|at| *at >= 2)?;
    let zip = words.drain(at..).next()?;
    zip.get(..5).map(str::to_owned)
}

/// `0427`, `1753-57`, `12A`, but not `3RD`.
fn take_number(words: &mut Vec<String>) -> Option<i64> {
    let first = words.first().filter(|_| words.len() > 1)?;
    if words::is_ordinal(first) {
        return None;
    }
    let digits = first.bytes().take_while(u8::is_ascii_digit).count();
    let letters = first[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let number = (letters <= 1).then(|| first[..digits].parse().ok())??;
    words.remove(0);
    let is_more = |word: &str| word == "1/2" || word.starts_with('-');
    // `450 A Irving St` is a door of 450; `450 A St` is on A Street.
    let is_door = words.len() > 2 && words[0].len() == 1 && words::kind(&words[1]).is_none();
    if words.len() > 1 && (is_more(&words[0]) || is_door) {
        words.remove(0);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let cases = [
            ("1200 IRVING ST ", Some(1200), "IRVING ST", None),
            ("0427 CASTRO St", Some(427), "CASTRO ST", None),
            ("1753-57 Taraval St.", Some(1753), "TARAVAL ST", None),
            (
                "651 06th Ave , San Francisco, CA 94118-1234",
                Some(651),
                "06TH AVE SAN FRANCISCO CA",
                Some("94118"),
            ),
            ("12A O'Farrell", Some(12), "OFARRELL", None),
            ("1 1/2 Geary St", Some(1), "GEARY ST", None),
            ("450 A Irving St", Some(450), "IRVING ST", None),
            ("450 A St", Some(450), "A ST", None),
            ("3rd St", None, "3RD ST", None),
            ("3 24 th St", Some(3), "24TH ST", None),
            ("Rua Augusta 12", None, "RUA AUGUSTA 12", None),
            ("94110", None, "94110", None),
        ];
        for (text, number, words, zip) in cases {
            let read = Address::read(text);
            let found = (read.number, read.words.join(" "), read.zip.as_deref());
            assert_eq!(found, (number, words.to_owned(), zip), "{text}");
        }
        let corner = Address::read("Stockton & O'Farrell St (N/W)");
        assert_eq!(
            (corner.words.join(" "), corner.corner.join(" ")),
            ("STOCKTON".to_owned(), "OFARRELL ST N/W".to_owned())
        );
    }

    #[test]
    fn a_name_has_one_form() {
        let cases = [
            ("06TH AVE", "6TH", Some("AVE")),
            ("Sixth Avenue", "6TH", Some("AVE")),
            ("24 Street", "24TH", Some("ST")),
            ("St Francis Blvd", "SAINTFRANCIS", Some("BLVD")),
            ("SAINT FRANCIS BLVD", "SAINTFRANCIS", Some("BLVD")),
            ("S. Van Ness Av", "SOUTHVANNESS", Some("AVE")),
            ("The Embarcadero", "EMBARCADERO", None),
            ("Mc Allister St", "MCALLISTER", Some("ST")),
            ("E ST", "E", Some("ST")),
            ("BROADWAY", "BROADWAY", None),
            ("LA PLAYA", "LAPLAYA", None),
        ];
        for (text, base, kind) in cases {
            let expected = Name { base: base.to_owned(), kind };
            assert_eq!(Name::of(&split(text)), expected, "{text}");
        }
    }
}
