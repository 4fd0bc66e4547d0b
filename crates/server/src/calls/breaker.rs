//! The circuit breaker: whoever fails too often is left alone for a while, then tried with care.
//!
//! Closed, open, half open, after Nygard, "Release It!". It knows no clock: each step is told now.

use doorstep_domain::time::Micros;

/// Into how many slices the window is cut: it forgets a tenth at a time.
const SLICES: usize = 10;

/// When a breaker opens, and when it closes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRules {
    /// How much of the past counts, in microseconds.
    pub window_us: i64,
    /// Fewer calls than these prove nothing.
    pub calls_min: u32,
    /// So many failures of a hundred calls open it.
    pub failures_percent: u32,
    /// How long it stays open at first, in microseconds; twice as long after a failed trial.
    pub open_us: i64,
    /// How long at most, in microseconds.
    pub open_us_max: i64,
    /// So many trials in a row must go well before it closes.
    pub trials: u32,
}

/// Leave to call, whose outcome is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// What was permitted before the last change proves nothing about what is since.
    era: u64,
}

/// One breaker.
#[derive(Debug)]
pub struct Breaker {
    rules: BreakerRules,
    era: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    Open {
        until: Micros,
        open_us: i64,
    },
    /// Half open: one trial at a time.
    Trying {
        open_us: i64,
        went_well: u32,
        since: Option<Micros>,
    },
}

impl Breaker {
    /// A closed one.
    pub fn new(rules: BreakerRules) -> Breaker {
        Breaker { rules, era: 0, state: State::Closed(Window::default()) }
    }

    /// Leave to call. Errors: none; after how many microseconds it is worth asking again.
    pub fn admit(&mut self, now: Micros) -> Result<Permit, i64> {
        if let State::Open { until, open_us } = self.state {
            if now < until {
                return Err(until.0 - now.0);
            }
            self.turn(State::Trying { open_us, went_well: 0, since: None });
        }
        if let State::Trying { open_us, since, .. } = &mut self.state {
            // Of a trial whose end nobody told, none is awaited any longer.
            let left_us = since.map_or(0, |since| since.0 + *open_us - now.0);
            if left_us > 0 {
                return Err(left_us);
            }
            *since = Some(now);
        }
        Ok(Permit { era: self.era })
    }

    /// Gives back a permit that was not used.
    pub fn give_back(&mut self, permit: Permit) {
        if let State::Trying { since, .. } = &mut self.state
            && permit.era == self.era
        {
            *since = None;
        }
    }

    /// How a permitted call went.
    pub fn tell(&mut self, permit: Permit, is_good: bool, now: Micros) {
        if permit.era != self.era {
            return;
        }
        let rules = self.rules;
        match &mut self.state {
            State::Closed(window) => {
                window.add(is_good, now, &rules);
                if !is_good && window.is_too_bad(&rules) {
                    self.open(now, rules.open_us);
                }
            }
            State::Trying { open_us, .. } if !is_good => {
                let open_us = open_us.saturating_mul(2).min(rules.open_us_max);
                self.open(now, open_us);
            }
            State::Trying { went_well, since, .. } => {
                (*went_well, *since) = (*went_well + 1, None);
                if *went_well >= rules.trials {
                    self.turn(State::Closed(Window::default()));
                }
            }
            State::Open { .. } => {}
        }
    }

    /// Whether it is not closed.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed(_))
    }

    fn open(&mut self, now: Micros, open_us: i64) {
        self.turn(State::Open { until: now.plus(open_us), open_us });
    }

    fn turn(&mut self, to: State) {
        self.era += 1;
        self.state = to;
    }
}

/// How calls of the last while went.
#[derive(Debug, Default)]
struct Window {
    newest: i64,
    good: [u32; SLICES],
    bad: [u32; SLICES],
}

impl Window {
    fn add(&mut self, is_good: bool, now: Micros, rules: &BreakerRules) {
        let number = now.0.div_euclid((rules.window_us / SLICES as i64).max(1));
        // A clock that goes back counts as one that stands still.
        for step in 1..=(number - self.newest).clamp(0, SLICES as i64) {
            let slice = slice_of(self.newest + step);
            (self.good[slice], self.bad[slice]) = (0, 0);
        }
        self.newest = self.newest.max(number);
        let counts = if is_good { &mut self.good } else { &mut self.bad };
        counts[slice_of(self.newest)] += 1;
    }

    fn is_too_bad(&self, rules: &BreakerRules) -> bool {
        let [good, bad] = [self.good, self.bad].map(|counts| counts.iter().sum::<u32>());
        let all = good + bad;
        all >= rules.calls_min
            && u64::from(bad) * 100 >= u64::from(all) * u64::from(rules.failures_percent)
    }
}

fn slice_of(number: i64) -> usize {
    number.rem_euclid(SLICES as i64) as usize
}

#[cfg(test)]
mod tests;
