//! Chance that repeats: the same seed draws the same numbers on every machine, for good.

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
#[derive(Debug, Clone)]
pub struct Chance(u64);

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl Chance {
    /// A generator of its own for each seed.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The generator that belongs to one thing of many, whatever is drawn for the others.
    pub fn of(seed: u64, keys: &[u64]) -> Chance {
        let mix = |state: u64, key: &u64| mixed(state ^ mixed(key.wrapping_add(GOLDEN_GAMMA)));
        Chance(keys.iter().fold(mixed(seed), mix))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        mixed(self.0)
    }

    /// A number in `[0, end)`; 0 where `end` is 0. Biased by less than `end` / 2⁶⁴.
    pub fn below(&mut self, end: u64) -> u64 {
        let product = u128::from(self.bits()) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A number in `[least, most]`; `least` where they are crossed.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = u64::try_from(most.saturating_sub(least)).map_or(1, |width| width + 1);
        least.saturating_add_unsigned(self.below(width))
    }

    /// Whether something of this probability, in basis points, happens.
    pub fn happens(&mut self, probability_bp: u32) -> bool {
        self.below(10_000) < u64::from(probability_bp)
    }
}

fn mixed(state: u64) -> u64 {
    let once = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut chance = Chance::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| chance.bits()).collect();
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, published);
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut chance = Chance::new(7);
        let drawn: Vec<i64> = (0..1_000).map(|_| chance.between(-2, 3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&3)));
        assert_eq!((chance.below(0), chance.between(5, 4)), (0, 5));
        assert!((0..1_000).all(|_| chance.happens(10_000) && !chance.happens(0)));
    }
}
