//! The cheapest assignment of rows to columns, where a row may be left and most pairs do not exist.
//!
//! Shortest augmenting paths after Jonker and Volgenant ("A shortest augmenting path algorithm for
//! dense and sparse linear assignment problems", Computing 38, 1987), for rectangular and sparse
//! problems: columns begin at price 0 and only ever fall, so that one without a row costs nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No row, no column.
const NONE: u32 = u32::MAX;

/// Farther than anything.
const UNREACHED: i64 = i64::MAX;

/// Steps of the auction before paths are searched, for each row; more of them never paid.
const AUCTION_STEPS: usize = 4;

/// What each row may be assigned to, and at what cost; the sum of costs stays within 64 bits.
#[derive(Debug, Clone, Default)]
pub struct Costs {
    columns: usize,
    /// Where the pairs of each row begin; one more than there are rows.
    first: Vec<usize>,
    pairs: Vec<(u32, i64)>,
    left: Vec<i64>,
}

/// A cheapest assignment and its proof.
///
/// `row_prices[i] + column_prices[j]` is at most the cost of each pair and of leaving a row, and
/// equal to it where assigned; no column price is above 0, and it is 0 where nothing is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The column of each row; none where the row is left.
    pub columns: Vec<Option<usize>>,
    /// What each row costs at the margin.
    pub row_prices: Vec<i64>,
    /// What would be saved were there a second column like this, as a number not above 0.
    pub column_prices: Vec<i64>,
    /// The sum of all costs.
    pub total: i64,
}

impl Costs {
    /// No rows yet, and so many columns.
    pub fn new(columns: usize) -> Costs {
        Costs { columns, first: vec![0], pairs: Vec::new(), left: Vec::new() }
    }

    /// Adds a row: what leaving it costs, and its pairs of column and cost.
    pub fn push(&mut self, left: i64, pairs: impl IntoIterator<Item = (usize, i64)>) {
        let column = |(column, cost)| (u32::try_from(column).unwrap_or(NONE), cost);
        let known = self.columns;
        self.pairs.extend(pairs.into_iter().filter(|(column, _)| *column < known).map(column));
        self.first.push(self.pairs.len());
        self.left.push(left);
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.left.len()
    }

    /// The pairs of a row; the last one is a column of its own, which is to be left.
    fn pairs(&self, row: u32) -> impl Iterator<Item = (u32, i64)> + '_ {
        let index = row as usize;
        let pairs = self.pairs[self.first[index]..self.first[index + 1]].iter().copied();
        let own = u32::try_from(self.columns + index).unwrap_or(NONE);
        pairs.chain(std::iter::once((own, self.left[index])))
    }
}

/// The cheapest assignment; of equals always the same one for the same rows and columns in order.
pub fn assign(costs: &Costs) -> Assignment {
    let mut search = Search::new(costs);
    let free = search.auction();
    for row in free {
        search.augment(row);
    }
    search.assignment()
}

struct Search<'a> {
    costs: &'a Costs,
    /// The column of each row, the row of each column.
    column_of: Vec<u32>,
    row_of: Vec<u32>,
    price: Vec<i64>,
    /// Of the path being searched: the distance of each column, and the row it was reached from.
    distance: Vec<i64>,
    from: Vec<u32>,
    /// Columns whose distance was touched, and those of them that are final.
    touched: Vec<u32>,
    settled: Vec<u32>,
    heap: BinaryHeap<Reverse<(i64, bool, u32)>>,
}

impl<'a> Search<'a> {
    fn new(costs: &'a Costs) -> Search<'a> {
        let (rows, columns) = (costs.rows(), costs.columns + costs.rows());
        Search {
            costs,
            column_of: vec![NONE; rows],
            row_of: vec![NONE; columns],
            price: vec![0; columns],
            distance: vec![UNREACHED; columns],
            from: vec![NONE; columns],
            touched: Vec::new(),
            settled: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Each row takes its cheapest column, and whoever had it looks again at a lower price (JV's
    /// augmenting row reduction); the rows that are still free after so many steps.
    fn auction(&mut self) -> Vec<u32> {
        let rows = u32::try_from(self.costs.rows()).unwrap_or(NONE);
        let mut waiting: Vec<u32> = (0..rows).rev().collect();
        let mut free = Vec::new();
        let mut steps = AUCTION_STEPS * self.costs.rows();
        while let Some(row) = waiting.pop() {
            if steps == 0 {
                free.push(row);
                continue;
            }
            steps -= 1;
            let [(best, column), (second, _)] = self.two_cheapest(row);
            let owner = self.row_of[column as usize];
            // A tie is settled by a path: the auction would go round in circles.
            if owner != NONE && best == second {
                free.push(row);
                continue;
            }
            // Nobody else may have a row's own column: it has no price.
            if second != UNREACHED && (column as usize) < self.costs.columns {
                self.price[column as usize] -= second - best;
            }
            self.give(row, column);
            if owner != NONE {
                self.column_of[owner as usize] = NONE;
                waiting.push(owner);
            }
        }
        free.sort_unstable();
        free
    }

    /// The two cheapest columns of a row at their prices, the first of equals first.
    fn two_cheapest(&self, row: u32) -> [(i64, u32); 2] {
        let mut two = [(UNREACHED, NONE); 2];
        for (column, cost) in self.costs.pairs(row) {
            let reduced = cost - self.price[column as usize];
            if reduced < two[0].0 {
                two = [(reduced, column), two[0]];
            } else if reduced < two[1].0 {
                two[1] = (reduced, column);
            }
        }
        two
    }

    fn give(&mut self, row: u32, column: u32) {
        self.column_of[row as usize] = column;
        self.row_of[column as usize] = row;
    }

    /// Finds the cheapest way for a row to come in, others moving over, and goes it.
    fn augment(&mut self, row: u32) {
        self.reach(row, 0);
        let mut end = NONE;
        while let Some(Reverse((distance, _, column))) = self.heap.pop() {
            if distance > self.distance[column as usize] {
                continue;
            }
            let owner = self.row_of[column as usize];
            if owner == NONE {
                end = column;
                break;
            }
            self.settled.push(column);
            // What the owner pays now is its price: every other column is measured from there.
            let paid = self.paid(owner, column);
            self.reach(owner, distance - paid);
        }
        self.reprice(end);
        self.walk(row, end);
        for column in self.touched.drain(..) {
            self.distance[column as usize] = UNREACHED;
        }
        self.settled.clear();
        self.heap.clear();
    }

    /// The least cost at which a row has a column, at the column's price.
    fn paid(&self, row: u32, column: u32) -> i64 {
        let of = self.costs.pairs(row).filter(|(other, _)| *other == column);
        of.map(|(_, cost)| cost).min().unwrap_or(0) - self.price[column as usize]
    }

    fn reach(&mut self, row: u32, base: i64) {
        let costs = self.costs;
        for (column, cost) in costs.pairs(row) {
            let index = column as usize;
            let distance = base + cost - self.price[index];
            if distance < self.distance[index] {
                if self.distance[index] == UNREACHED {
                    self.touched.push(column);
                }
                self.distance[index] = distance;
                self.from[index] = row;
                // Of equal columns a free one first: the search ends there.
                let taken = self.row_of[index] != NONE;
                self.heap.push(Reverse((distance, taken, column)));
            }
        }
    }

    fn reprice(&mut self, end: u32) {
        let Some(length) = self.distance.get(end as usize).copied() else { return };
        for column in &self.settled {
            let index = *column as usize;
            self.price[index] += self.distance[index] - length;
        }
    }

    /// Hands the columns along the path over, from its end back to the row it began with.
    fn walk(&mut self, row: u32, end: u32) {
        let mut column = end;
        while column != NONE {
            let taker = self.from[column as usize];
            let left = self.column_of[taker as usize];
            self.give(taker, column);
            column = if taker == row { NONE } else { left };
        }
    }

    fn assignment(self) -> Assignment {
        let known = self.costs.columns;
        let rows = 0..u32::try_from(self.costs.rows()).unwrap_or(NONE);
        let row_prices: Vec<i64> = rows.map(|row| self.two_cheapest(row)[0].0).collect();
        let column = |column: &u32| Some(*column as usize).filter(|column| *column < known);
        let total = row_prices.iter().sum::<i64>() + self.price.iter().sum::<i64>();
        Assignment {
            columns: self.column_of.iter().map(column).collect(),
            row_prices,
            column_prices: self.price[..known].to_vec(),
            total,
        }
    }
}
