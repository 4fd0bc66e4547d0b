//! Whole days through the whole server: imported, priced, closed, read. Each measurement is a
//! process of its own, so that its memory is its own, and ends with one line of JSON for
//! `cargo xtask bench`.
#![expect(clippy::expect_used, reason = "a measurement that fails ends")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod cities;
mod figures;
mod import;
mod pay;
mod settle;
mod shelf;
mod world;

const USAGE: &str = "\
Usage: days <measurement>

  city DAYS     write the events of DAYS days, a million each, where they are missing
  import DAYS   import those events until every fact is priced
  settle        close a day of a million completions, and read it
  shelf N       put N million stock rows in place where they are missing, load them, and ask
  pay           read single courier-days of a million, at rest and while events come in
";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| *word != "--bench").collect();
    let days = |text: &str| text.parse().expect("a number of days");
    let figures = match words[..] {
        ["city", count] => cities::measure(days(count)),
        ["import", count] => import::measure(days(count)),
        ["settle"] => settle::measure(),
        ["pay"] => pay::measure(),
        ["shelf", millions] => shelf::measure(days(millions)),
        _ => return eprint!("{USAGE}"),
    };
    println!("{figures}");
}
