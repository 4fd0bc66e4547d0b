//! In which order somebody with several deliveries comes to their doors: as people do it, to the
//! nearest next, and to no customer before the package.

/// A delivery that somebody has taken on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Open<P> {
    /// Where the package is; `None` where they have it.
    pub origin: Option<P>,
    /// Where it goes.
    pub destination: P,
}

/// A door on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// Of which delivery, by its place in what was given.
    pub delivery: usize,
    /// Whether the package is picked up there.
    pub is_pickup: bool,
}

/// The doors in order, from `start` on; of equally far ones the first given, packages first.
pub fn round<P: Copy>(start: P, open: &[Open<P>], distance: impl Fn(P, P) -> f64) -> Vec<Visit> {
    let mut left: Vec<(Visit, P)> = Vec::with_capacity(open.len());
    for (delivery, one) in open.iter().enumerate() {
        let is_pickup = one.origin.is_some();
        left.push((Visit { delivery, is_pickup }, one.origin.unwrap_or(one.destination)));
    }
    let (mut here, mut visits) = (start, Vec::with_capacity(2 * open.len()));
    while let Some(next) = nearest(&left, here, &distance) {
        let (visit, place) = left[next];
        here = place;
        visits.push(visit);
        if visit.is_pickup {
            left[next] = (Visit { is_pickup: false, ..visit }, open[visit.delivery].destination);
        } else {
            left.remove(next);
        }
    }
    visits
}

fn nearest<P: Copy>(
    left: &[(Visit, P)],
    here: P,
    distance: &impl Fn(P, P) -> f64,
) -> Option<usize> {
    let rank = |index: &usize| {
        let (visit, place) = left[*index];
        (distance(here, place), !visit.is_pickup, *index)
    };
    (0..left.len()).min_by(|one, other| {
        let (one, other) = (rank(one), rank(other));
        one.0.total_cmp(&other.0).then((one.1, one.2).cmp(&(other.1, other.2)))
    })
}
