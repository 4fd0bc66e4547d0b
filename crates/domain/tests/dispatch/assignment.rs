//! The cheapest assignment, against all assignments and against its own prices.

use doorstep_domain::dispatch::batch::assignment::{Assignment, Costs, assign};
use proptest::prelude::*;

/// What leaving a row costs, and its pairs.
type Row = (i64, Vec<(usize, i64)>);

fn costs(columns: usize, rows: &[Row]) -> Costs {
    let mut costs = Costs::new(columns);
    rows.iter().for_each(|(left, pairs)| costs.push(*left, pairs.iter().copied()));
    costs
}

/// The least cost of all there are, tried one by one.
fn least(rows: &[Row], taken: &mut Vec<usize>) -> i64 {
    let Some(((left, pairs), rest)) = rows.split_first() else { return 0 };
    let mut best = left + least(rest, taken);
    for (column, cost) in pairs {
        if !taken.contains(column) {
            taken.push(*column);
            best = best.min(cost + least(rest, taken));
            taken.pop();
        }
    }
    best
}

/// Why the answer is no cheapest assignment; nothing where its prices prove that it is.
fn disproof(columns: usize, rows: &[Row], found: &Assignment) -> Option<String> {
    let (mut taken, mut sum) = (vec![false; columns], 0);
    for (row, (left, pairs)) in rows.iter().enumerate() {
        let price = found.row_prices[row];
        let mut paid = *left;
        if let Some(column) = found.columns[row] {
            if std::mem::replace(&mut taken[column], true) {
                return Some(format!("column {column} twice"));
            }
            let of = pairs.iter().filter(|(other, _)| *other == column).map(|(_, cost)| *cost);
            paid = of.min()?;
        }
        sum += paid;
        let of_column = found.columns[row].map_or(0, |column| found.column_prices[column]);
        if price + of_column != paid {
            return Some(format!("row {row} pays {paid}, not {price} + {of_column}"));
        }
        let cheaper = pairs.iter().any(|(to, cost)| price + found.column_prices[*to] > *cost);
        if price > *left || cheaper {
            return Some(format!("row {row} would rather go elsewhere"));
        }
    }
    let wrong = (0..columns).find(|column| match taken[*column] {
        true => found.column_prices[*column] > 0,
        false => found.column_prices[*column] != 0,
    });
    if let Some(column) = wrong {
        return Some(format!("column {column} has the price {}", found.column_prices[column]));
    }
    (sum != found.total).then(|| format!("{sum} is not {}", found.total))
}

/// C6: known answers. Columns: columns, rows as (left, pairs), total, column of each row.
#[test]
fn small_assignments_are_those_of_the_table() {
    type Case = (usize, Vec<Row>, i64, Vec<Option<usize>>);
    let cases: Vec<Case> = vec![
        (0, vec![], 0, vec![]),
        (2, vec![], 0, vec![]),
        (0, vec![(7, vec![])], 7, vec![None]),
        (1, vec![(7, vec![(0, 3)])], 3, vec![Some(0)]),
        (1, vec![(2, vec![(0, 3)])], 2, vec![None]),
        // The greedy answer, 1 + 100, is not the cheapest.
        (
            2,
            vec![(999, vec![(0, 1), (1, 2)]), (999, vec![(0, 3), (1, 100)])],
            5,
            vec![Some(1), Some(0)],
        ),
        // Fewer columns than rows: who loses least stays.
        (1, vec![(10, vec![(0, 1)]), (50, vec![(0, 5)])], 15, vec![None, Some(0)]),
        // A row with nobody near.
        (2, vec![(9, vec![]), (9, vec![(0, -4), (1, -5)])], 4, vec![None, Some(1)]),
        // Three in a ring.
        (
            3,
            vec![
                (99, vec![(0, 4), (1, 1)]),
                (99, vec![(1, 2), (2, 0)]),
                (99, vec![(2, 5), (0, 9)]),
            ],
            10,
            vec![Some(1), Some(2), Some(0)],
        ),
        // The same pair told twice counts at its least.
        (1, vec![(9, vec![(0, 8), (0, 2)])], 2, vec![Some(0)]),
    ];
    for (columns, rows, total, expected) in cases {
        let found = assign(&costs(columns, &rows));
        assert_eq!((found.total, &found.columns), (total, &expected), "{rows:?}");
        assert_eq!(disproof(columns, &rows, &found), None, "{rows:?}");
    }
}

/// Rows over so many columns; few different costs make many ties.
fn some_rows(rows: usize, columns: usize, cost_max: i64) -> impl Strategy<Value = Vec<Row>> {
    let pair = (0..columns, -cost_max..=cost_max);
    let row = (-cost_max..=3 * cost_max, prop::collection::vec(pair, 0..=2 * columns));
    prop::collection::vec(row, 0..=rows)
}

proptest! {
    /// C6: no assignment is cheaper, of all that there are.
    #[test]
    fn nothing_is_cheaper(
        rows in (1_i64..200).prop_flat_map(|cost_max| some_rows(6, 5, cost_max)),
    ) {
        let found = assign(&costs(5, &rows));
        prop_assert_eq!(found.total, least(&rows, &mut Vec::new()));
        prop_assert_eq!(disproof(5, &rows, &found), None);
    }

    /// C6: of a size that nobody tries one by one, the prices prove it.
    #[test]
    fn prices_prove_it(
        rows in (1_i64..1_000).prop_flat_map(|cost_max| some_rows(60, 40, cost_max)),
    ) {
        let found = assign(&costs(40, &rows));
        prop_assert_eq!(disproof(40, &rows, &found), None);
        prop_assert_eq!(&found, &assign(&costs(40, &rows)));
    }
}
