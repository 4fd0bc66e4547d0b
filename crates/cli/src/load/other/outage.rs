//! When a provider is out: nobody gets in, and it says nothing.

use doorstep_domain::time::Micros;
use std::time::Duration;

/// A time of being out, counted from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outage {
    /// When it begins.
    pub(crate) after: Duration,
    /// How long it is.
    pub(crate) length: Duration,
}

/// All of them, by the clock.
#[derive(Debug)]
pub(super) struct Outages(Vec<(Micros, Micros)>);

impl Outages {
    pub(super) fn after(began: Micros, outages: Vec<Outage>) -> Outages {
        let us = |length: Duration| i64::try_from(length.as_micros()).unwrap_or(i64::MAX);
        let spans = outages.into_iter().map(|outage| {
            let from = began.plus(us(outage.after));
            (from, from.plus(us(outage.length)))
        });
        Outages(spans.collect())
    }

    /// Until when it is out; none where it is not.
    pub(super) fn until(&self, now: Micros) -> Option<Micros> {
        let out = self.0.iter().filter(|(from, until)| *from <= now && now < *until);
        out.map(|(_, until)| *until).max()
    }

    /// How long until the next one begins.
    pub(super) fn next_in(&self, now: Micros) -> Option<Duration> {
        let coming = self.0.iter().map(|(from, _)| *from).filter(|from| *from > now);
        coming.min().map(|from| between(now, from))
    }
}

/// From one instant to another.
pub(super) fn between(from: Micros, until: Micros) -> Duration {
    Duration::from_micros(u64::try_from(until.0 - from.0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_out_from_the_beginning_to_before_the_end() {
        let seconds = Duration::from_secs;
        let outages = [(10, 5), (12, 8)]
            .map(|(after, length)| Outage { after: seconds(after), length: seconds(length) });
        let outages = Outages::after(Micros(0), outages.to_vec());
        let at = |seconds: i64| Micros(seconds * 1_000_000);
        let cases = [(9, None), (10, Some(15)), (13, Some(20)), (19, Some(20)), (20, None)];
        for (second, expected) in cases {
            assert_eq!(outages.until(at(second)), expected.map(at), "{second}");
        }
        assert_eq!(outages.next_in(at(4)), Some(seconds(6)));
        assert_eq!(outages.next_in(at(12)), None);
    }
}
