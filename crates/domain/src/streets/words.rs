//! The words of street names: what is written in many ways is read in one.

/// Types of streets, as they are written, and the one form. After USPS Publication 28, appendix C1.
const KINDS: [(&str, &[&str]); 27] = [
    ("ST", &["STREET", "STR", "STRT"]),
    ("AVE", &["AVENUE", "AV", "AVN"]),
    ("BLVD", &["BOULEVARD", "BOUL", "BLV", "BVD", "BL"]),
    ("DR", &["DRIVE", "DRV"]),
    ("RD", &["ROAD"]),
    ("LN", &["LANE"]),
    ("CT", &["COURT"]),
    ("PL", &["PLACE"]),
    ("PLZ", &["PLAZA", "PZ"]),
    ("TER", &["TERRACE", "TERR"]),
    ("WAY", &["WY"]),
    ("ALY", &["ALLEY", "AL"]),
    ("CIR", &["CIRCLE", "CR"]),
    ("HWY", &["HIGHWAY"]),
    ("PKWY", &["PARKWAY", "PKY"]),
    ("SQ", &["SQUARE"]),
    ("CTR", &["CENTER", "CENTRE", "CNTR"]),
    ("BLDG", &["BUILDING"]),
    ("LOOP", &[]),
    ("RAMP", &[]),
    ("PATH", &[]),
    ("STWY", &["STAIRWAY"]),
    ("TUNL", &["TUNNEL"]),
    ("ROW", &[]),
    ("WALK", &[]),
    ("HL", &["HILL"]),
    ("EXPY", &["EXPRESSWAY", "EXPWY"]),
];

const SAME: [(&str, &str); 28] = [
    ("FIRST", "1ST"),
    ("SECOND", "2ND"),
    ("THIRD", "3RD"),
    ("FOURTH", "4TH"),
    ("FIFTH", "5TH"),
    ("SIXTH", "6TH"),
    ("SEVENTH", "7TH"),
    ("EIGHTH", "8TH"),
    ("NINTH", "9TH"),
    ("TENTH", "10TH"),
    ("ELEVENTH", "11TH"),
    ("TWELFTH", "12TH"),
    ("N", "NORTH"),
    ("S", "SOUTH"),
    ("SO", "SOUTH"),
    ("E", "EAST"),
    ("W", "WEST"),
    ("NO", "NORTH"),
    ("MOUNT", "MT"),
    ("FORT", "FT"),
    ("JUNIOR", "JR"),
    ("DOCTOR", "DR"),
    ("SGT", "SERGEANT"),
    ("INT", "INTERNATIONAL"),
    ("INTL", "INTERNATIONAL"),
    ("HTS", "HEIGHTS"),
    ("PK", "PARK"),
    ("MTN", "MOUNTAIN"),
];

/// The one form of a type of street.
pub(super) fn kind(word: &str) -> Option<&'static str> {
    let known = KINDS.iter().find(|(form, forms)| *form == word || forms.contains(&word));
    known.map(|(form, _)| *form)
}

/// The one form of any other word: ordinals without leading zeros, directions in full.
pub(super) fn one_form(word: &str) -> String {
    if let Some((_, form)) = SAME.iter().find(|(written, _)| *written == word) {
        return (*form).to_owned();
    }
    let short = word.trim_start_matches('0');
    let is_ordinal = is_ordinal(word);
    (if is_ordinal && !short.is_empty() { short } else { word }).to_owned()
}

/// `3RD`, `06TH`: digits and an ending.
pub(super) fn is_ordinal(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = &word[digits.len()..];
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(ending, "ST" | "ND" | "RD" | "TH")
}

/// A number as the ordinal of it.
pub(super) fn ordinal(number: &str) -> String {
    let short = number.trim_start_matches('0');
    let ending = match short.as_bytes() {
        [.., b'1', _] => "TH",
        [.., b'1'] => "ST",
        [.., b'2'] => "ND",
        [.., b'3'] => "RD",
        _ => "TH",
    };
    format!("{short}{ending}")
}
