//! Which versions to add so that terms hold from an instant on, but on no closed day.

use doorstep_domain::market::{Market, Terms, TermsHistory, TermsVersion};
use doorstep_domain::time::{Day, Micros, Span};

/// The instants of closed days, in runs that do not touch.
pub(super) fn closed_runs(market: &Market, days: &[i64]) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    for day in days {
        let span = market.time_zone.span(Day::from_number(*day));
        match runs.last_mut() {
            Some(run) if run.end >= span.start => run.end = span.end,
            _ => runs.push(span),
        }
    }
    runs
}

/// The versions to add to `before`, numbered after `newest`; none where nothing would change.
///
/// A version with a higher number holds from its instant on, whatever was planned before. So the
/// new terms begin at `effective_from`, or where the closed run around it ends; at the start of
/// each later closed run what held there is added again, and at its end the new terms are.
pub(super) fn versions(
    before: &TermsHistory,
    closed: &[Span],
    effective_from: Micros,
    terms: &Terms,
    newest: i64,
) -> Vec<TermsVersion> {
    let mut timeline: Vec<(Micros, &Terms)> = Vec::new();
    let mut open_from = effective_from;
    for run in closed.iter().filter(|run| run.end > effective_from) {
        if open_from < run.start {
            timeline.push((open_from, terms));
            timeline.extend(held_within(before, *run));
        }
        open_from = run.end;
    }
    timeline.push((open_from, terms));
    let added: Vec<TermsVersion> = (newest + 1..)
        .zip(timeline)
        .map(|(version, (effective_from, terms))| TermsVersion {
            version,
            effective_from,
            terms: terms.clone(),
        })
        .collect();
    let all = before.versions().iter().chain(&added).cloned().collect();
    if same_terms(before, &TermsHistory::new(all)) { Vec::new() } else { added }
}

/// What holds within a span, from when on; the first from its start.
fn held_within(history: &TermsHistory, span: Span) -> Vec<(Micros, &Terms)> {
    let at_start = history.at(span.start).map(|version| (span.start, &version.terms));
    let later = history
        .versions()
        .iter()
        .filter(|version| span.start < version.effective_from && version.effective_from < span.end)
        .map(|version| (version.effective_from, &version.terms));
    at_start.into_iter().chain(later).collect()
}

/// Whether two histories say the same of every instant.
fn same_terms(one: &TermsHistory, other: &TermsHistory) -> bool {
    let changes = |history: &TermsHistory| {
        let mut changes: Vec<(Micros, Terms)> = Vec::new();
        for version in history.versions() {
            if changes.last().is_none_or(|(_, terms)| *terms != version.terms) {
                changes.push((version.effective_from, version.terms.clone()));
            }
        }
        // The first version also governs what is before it.
        if let Some(first) = changes.first_mut() {
            first.0 = Micros(i64::MIN);
        }
        changes
    };
    changes(one) == changes(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::pay::PayPlan;
    use doorstep_domain::settlement::FeePlan;
    use proptest::prelude::*;

    fn terms(per_hour_minor: i64) -> Terms {
        let pay = PayPlan { per_hour_minor, ..PayPlan::default() };
        Terms { pay, fees: FeePlan::default() }
    }

    fn history(versions: &[(i64, i64)]) -> TermsHistory {
        let version = |(number, (from, rate)): (i64, &(i64, i64))| TermsVersion {
            version: number,
            effective_from: Micros(*from),
            terms: terms(*rate),
        };
        TermsHistory::new((1..).zip(versions).map(version).collect())
    }

    fn rate_at(history: &TermsHistory, at: i64) -> i64 {
        history.at(Micros(at)).map_or(0, |version| version.terms.pay.per_hour_minor)
    }

    fn span((start, end): (i64, i64)) -> Span {
        Span::new(Micros(start), Micros(end))
    }

    #[test]
    fn closed_days_keep_what_held_on_them() {
        // Story, versions before, closed runs, from, versions added as (from, rate).
        type Case<'a> = (&'a str, &'a [(i64, i64)], &'a [(i64, i64)], i64, &'a [(i64, i64)]);
        let cases: [Case<'_>; 7] = [
            ("nothing closed", &[(0, 1)], &[], 5, &[(5, 9)]),
            ("closed before", &[(0, 1)], &[(1, 4)], 5, &[(5, 9)]),
            ("begins in a closed run", &[(0, 1)], &[(4, 7)], 5, &[(7, 9)]),
            ("a later closed run", &[(0, 1)], &[(6, 8)], 5, &[(5, 9), (6, 1), (8, 9)]),
            (
                "the closed run had a change inside",
                &[(0, 1), (7, 2)],
                &[(6, 8)],
                5,
                &[(5, 9), (6, 1), (7, 2), (8, 9)],
            ),
            ("the same terms again", &[(0, 1), (5, 9)], &[], 5, &[]),
            ("the same terms, later", &[(0, 9)], &[(2, 3)], 5, &[]),
        ];
        for (story, before, closed, from, expected) in cases {
            let before = history(before);
            let closed: Vec<Span> = closed.iter().copied().map(span).collect();
            let newest = before.versions().last().map_or(0, |version| version.version);
            let added = versions(&before, &closed, Micros(from), &terms(9), newest);
            let found: Vec<(i64, i64)> = added
                .iter()
                .map(|version| (version.effective_from.0, version.terms.pay.per_hour_minor))
                .collect();
            assert_eq!(found, expected, "{story}");
        }
    }

    proptest! {
        /// B13, B16: new terms govern every open instant from theirs on, and no closed one.
        #[test]
        fn every_instant_has_the_terms_it_should(
            before in prop::collection::vec((0_i64..40, 1_i64..5), 1..5),
            days in prop::collection::btree_set(0_i64..8, 0..6),
            from in 0_i64..40,
        ) {
            let before = history(&before);
            let mut closed: Vec<Span> = Vec::new();
            for day in days {
                match closed.last_mut() {
                    Some(run) if run.end.0 == day * 5 => run.end = Micros(day * 5 + 5),
                    _ => closed.push(span((day * 5, day * 5 + 5))),
                }
            }
            let newest = 100;
            let added = versions(&before, &closed, Micros(from), &terms(9), newest);
            let all = before.versions().iter().chain(&added).cloned().collect();
            let after = TermsHistory::new(all);
            let first = before.versions()[0].effective_from.0;
            for at in first..45 {
                let is_closed = closed.iter().any(|run| run.contains(Micros(at)));
                let expected = if is_closed || at < from { rate_at(&before, at) } else { 9 };
                prop_assert_eq!(rate_at(&after, at), expected, "at {}", at);
            }
        }
    }
}
