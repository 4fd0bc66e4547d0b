//! Google's encoded polyline: differences, zigzag, five bits to a character.

use doorstep_domain::tracking::Position;

/// Encodes a line with one unit for each `unit_e7` times 10⁻⁷ degrees: 10 for six decimals, 100
/// for five.
pub(super) fn encode(line: &[Position], unit_e7: i32) -> String {
    let mut text = String::with_capacity(line.len() * 6);
    let (mut lat, mut lng) = (0, 0);
    let unit = f64::from(unit_e7);
    for place in line {
        let [north, east] =
            [place.lat_e7, place.lng_e7].map(|e7| (f64::from(e7) / unit).round() as i64);
        push(&mut text, north - lat);
        push(&mut text, east - lng);
        (lat, lng) = (north, east);
    }
    text
}

fn push(text: &mut String, step: i64) {
    let mut left = (step << 1) ^ (step >> 63);
    while left >= 0x20 {
        text.push(letter(0x20 | (left & 0x1f)));
        left >>= 5;
    }
    text.push(letter(left));
}

/// Six bits from `?` on.
fn letter(bits: i64) -> char {
    u8::try_from(bits + 63).map_or('?', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the description of the format.
    #[test]
    fn the_published_example_comes_out() {
        let line: Vec<Position> = [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]
            .iter()
            .map(|(lat, lng)| Position::from_degrees(*lat, *lng).unwrap())
            .collect();
        assert_eq!(encode(&line, 100), "_p~iF~ps|U_ulLnnqC_mqNvxq`@");
        assert_eq!(encode(&line[..1], 10), "_izlhA~rlgdF");
    }
}
