//! Finding items by words of their names, however these are spelled: sorted words, each with the
//! names that have it.

use std::collections::{BinaryHeap, HashMap};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of a query that are looked at: nobody types more, and each costs.
const WORDS_MAX: usize = 12;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// As they are compared: without case, accents and signs.
    words: Vec<String>,
}

/// How well a name fits; the less, the better. First how many words only begin one of its own,
/// then how far from its beginning they stand, then how many it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    begun: u16,
    distance: u16,
    length: u16,
}

impl Wanted {
    /// The words of a text; `None` where there are none.
    pub fn of(text: &str) -> Option<Wanted> {
        let words: Vec<String> = words(text).into_iter().take(WORDS_MAX).collect();
        (!words.is_empty()).then_some(Wanted { words })
    }

    /// How well a name fits; `None` where a word is missing.
    pub fn fit(&self, name: &str) -> Option<Fit> {
        let name = words(name);
        let place = |word: &String| {
            let whole = name.iter().position(|known| known == word);
            let begun = || name.iter().position(|known| known.starts_with(word.as_str()));
            whole.map(|at| (true, at)).or_else(|| begun().map(|at| (false, at)))
        };
        Fit::of(self.words.iter().map(place), name.len())
    }
}

impl Fit {
    /// Of where each word that is wanted stands, as a whole or as a beginning.
    fn of(places: impl Iterator<Item = Option<(bool, usize)>>, length: usize) -> Option<Fit> {
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let mut fit = Fit { begun: 0, distance: 0, length: narrow(length) };
        for place in places {
            let (is_whole, at) = place?;
            fit.begun += u16::from(!is_whole);
            fit.distance = fit.distance.saturating_add(narrow(at));
        }
        Some(fit)
    }
}

/// Names by their words.
#[derive(Debug)]
pub struct Names {
    /// Every word once, sorted.
    words: Vec<Box<str>>,
    /// The names that have a word are `having[having_from[word]..having_from[word + 1]]`.
    having: Vec<u32>,
    having_from: Vec<u32>,
    /// The words of a name, in its order, are `said[said_from[name]..said_from[name + 1]]`.
    said: Vec<u32>,
    said_from: Vec<u32>,
    /// The number under which a name was given.
    numbers: Vec<u32>,
}

impl Default for Names {
    fn default() -> Names {
        Names::of(std::iter::empty())
    }
}

impl Names {
    /// Of names with a number each.
    pub fn of<'a>(names: impl Iterator<Item = (u32, &'a str)>) -> Names {
        let (mut found, mut said) = (HashMap::<String, u32>::new(), Vec::new());
        let (mut said_from, mut numbers) = (vec![0], Vec::new());
        for (number, name) in names {
            for word in words(name) {
                let next = index(found.len());
                said.push(*found.entry(word).or_insert(next));
            }
            said_from.push(index(said.len()));
            numbers.push(number);
        }
        let mut sorted: Vec<(String, u32)> = found.into_iter().collect();
        sorted.sort_unstable();
        let mut rank = vec![0; sorted.len()];
        for (place, (_, first)) in sorted.iter().enumerate() {
            rank[*first as usize] = index(place);
        }
        said.iter_mut().for_each(|word| *word = rank[*word as usize]);
        let words = sorted.into_iter().map(|(word, _)| word.into()).collect();
        let mut names =
            Names { words, said, said_from, numbers, having: Vec::new(), having_from: Vec::new() };
        names.turn();
        names
    }

    /// How many names there are.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The names that fit best, at most so many, with their numbers; of those only that `may` be.
    pub fn find(
        &self,
        wanted: &Wanted,
        most: usize,
        mut may: impl FnMut(u32) -> bool,
    ) -> Vec<(Fit, u32)> {
        let ranges: Vec<(usize, usize, bool)> =
            wanted.words.iter().map(|word| self.beginning_with(word)).collect();
        let having = |&(from, to, _): &(usize, usize, bool)| self.having_within(from, to);
        let Some(rarest) = ranges.iter().map(having).min_by_key(|having| having.len()) else {
            return Vec::new();
        };
        let mut seen = vec![false; self.count()];
        let mut best: BinaryHeap<(Fit, u32)> = BinaryHeap::new();
        for name in rarest {
            if std::mem::replace(&mut seen[*name as usize], true) {
                continue;
            }
            let Some(fit) = self.fit(*name, &ranges) else {
                continue;
            };
            let candidate = (fit, self.numbers[*name as usize]);
            let is_full = best.len() >= most;
            if is_full && best.peek().is_none_or(|worst| *worst <= candidate) {
                continue;
            }
            if may(candidate.1) {
                best.push(candidate);
                if is_full {
                    best.pop();
                }
            }
        }
        best.into_sorted_vec()
    }

    /// From each word to the names that have it, each once.
    fn turn(&mut self) {
        let mut counts = vec![0_u32; self.words.len() + 1];
        self.each_said(|_, word| counts[word as usize + 1] += 1);
        for place in 1..counts.len() {
            counts[place] += counts[place - 1];
        }
        let mut next = counts.clone();
        let mut having = vec![0; self.said.len()];
        self.each_said(|name, word| {
            let place = &mut next[word as usize];
            having[*place as usize] = name;
            *place += 1;
        });
        (self.having, self.having_from) = (having, counts);
    }

    fn each_said(&self, mut take: impl FnMut(u32, u32)) {
        for name in 0..index(self.count()) {
            self.said_by(name).iter().for_each(|word| take(name, *word));
        }
    }

    fn said_by(&self, name: u32) -> &[u32] {
        let [from, to] = [name, name + 1].map(|name| self.said_from[name as usize] as usize);
        &self.said[from..to]
    }

    fn having_within(&self, from: usize, to: usize) -> &[u32] {
        &self.having[self.having_from[from] as usize..self.having_from[to] as usize]
    }

    /// The words that begin with one, `[from, to)`, and whether the first is it.
    fn beginning_with(&self, word: &str) -> (usize, usize, bool) {
        let from = self.words.partition_point(|known| &**known < word);
        let count = self.words[from..].partition_point(|known| known.starts_with(word));
        (from, from + count, self.words.get(from).is_some_and(|known| &**known == word))
    }

    fn fit(&self, name: u32, ranges: &[(usize, usize, bool)]) -> Option<Fit> {
        let said = self.said_by(name);
        let place = |&(from, to, has_whole): &(usize, usize, bool)| {
            let whole = || said.iter().position(|word| *word as usize == from);
            if let Some(at) = has_whole.then(whole).flatten() {
                return Some((true, at));
            }
            let begun = said.iter().position(|word| (from..to).contains(&(*word as usize)));
            begun.map(|at| (false, at))
        };
        Fit::of(ranges.iter().map(place), said.len())
    }
}

/// A place in memory as a number: four thousand million words are more than all names have.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The words of a text as they are compared: small letters without accents, and numbers. An
/// apostrophe joins what it stands between.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut push = |letter: char| {
        let word = words.last_mut();
        match letter {
            '\'' | '’' => {}
            _ if letter.is_alphanumeric() => {
                word.into_iter().for_each(|word| folded(letter, word));
            }
            _ if word.is_some_and(|word| !word.is_empty()) => words.push(String::new()),
            _ => {}
        }
    };
    if text.is_ascii() {
        text.chars().for_each(&mut push);
    } else {
        text.nfkd().filter(|letter| !is_combining_mark(*letter)).for_each(&mut push);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Small, and where an accent is part of the letter, without it.
fn folded(letter: char, word: &mut String) {
    for small in letter.to_lowercase() {
        match small {
            'ß' => word.push_str("ss"),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            'ø' => word.push('o'),
            'đ' => word.push('d'),
            'ł' => word.push('l'),
            'ı' => word.push('i'),
            _ if is_combining_mark(small) => {}
            _ => word.push(small),
        }
    }
}
