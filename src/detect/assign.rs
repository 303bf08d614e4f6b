//! Who belongs to whom: the pairing of rows and columns with the least total cost.
//!
//! The Hungarian method with potentials (Kuhn 1955, Munkres 1957), as the trackers of the field use
//! it. Greedy pairing swaps two people who cross; this does not. Own code, pure.

/// Stands for costs that are no number, which would keep the search from ending.
const COST_MAX: f64 = 1e6;

/// Pairs `(row, column)` of the `rows x columns` table `cost`, each row and column at most once,
/// with the least sum. Every row or every column is paired, whichever are fewer; the caller drops
/// pairs that are too dear. Takes rows² * columns steps.
#[must_use]
pub fn cheapest(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f32,
) -> Vec<(usize, usize)> {
    if rows > columns {
        let turned = cheapest_wide(columns, rows, |row, column| cost(column, row));
        return turned.into_iter().map(|(row, column)| (column, row)).collect();
    }
    cheapest_wide(rows, columns, cost)
}

/// The method itself; needs `rows <= columns`. Index 0 of the inner tables means "none".
fn cheapest_wide(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f32,
) -> Vec<(usize, usize)> {
    let mut search = Search {
        row_of: vec![0; columns + 1],
        row_price: vec![0.0; rows + 1],
        column_price: vec![0.0; columns + 1],
    };
    for row in 1..=rows {
        search.add(row, &cost);
    }
    let pairs = search.row_of.iter().enumerate().skip(1);
    pairs.filter(|&(_, &row)| row > 0).map(|(column, &row)| (row - 1, column - 1)).collect()
}

struct Search {
    /// Row paired with each column.
    row_of: Vec<usize>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
}

impl Search {
    /// Pairs one more row along the cheapest path of exchanges.
    fn add(&mut self, row: usize, cost: &impl Fn(usize, usize) -> f32) {
        let columns = self.row_of.len();
        self.row_of[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; columns];
        let mut before = vec![0; columns];
        let mut used = vec![false; columns];
        while self.row_of[column] != 0 {
            used[column] = true;
            let row = self.row_of[column];
            let (mut next, mut delta) = (0, f64::INFINITY);
            for other in (1..columns).filter(|&other| !used[other]) {
                let price = self.row_price[row] + self.column_price[other];
                let reduced = f64::from(cost(row - 1, other - 1)).min(COST_MAX) - price;
                if reduced < least[other] {
                    (least[other], before[other]) = (reduced, column);
                }
                if least[other] < delta {
                    (delta, next) = (least[other], other);
                }
            }
            self.reprice(&used, &mut least, delta);
            column = next;
        }
        while column != 0 {
            self.row_of[column] = self.row_of[before[column]];
            column = before[column];
        }
    }

    fn reprice(&mut self, used: &[bool], least: &mut [f64], delta: f64) {
        for column in 0..used.len() {
            if used[column] {
                self.row_price[self.row_of[column]] += delta;
                self.column_price[column] -= delta;
            } else {
                least[column] -= delta;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table: &[&[f32]], expect: &[(usize, usize)]) {
        let columns = table.first().map_or(0, |row| row.len());
        let mut pairs = cheapest(table.len(), columns, |row, column| table[row][column]);
        pairs.sort_unstable();
        assert_eq!(pairs, expect);
    }

    #[test]
    fn the_whole_is_cheapest_and_not_the_first_pair() {
        check(&[&[1.0, 2.0], &[1.0, 9.0]], &[(0, 1), (1, 0)]);
        check(&[&[4.0, 1.0, 3.0], &[2.0, 0.0, 5.0], &[3.0, 2.0, 2.0]], &[(0, 1), (1, 0), (2, 2)]);
    }

    #[test]
    fn tables_that_are_not_square_pair_the_fewer() {
        check(&[&[5.0, 1.0, 9.0]], &[(0, 1)]);
        check(&[&[5.0], &[1.0], &[9.0]], &[(1, 0)]);
        check(&[], &[]);
        check(&[&[], &[]], &[]);
    }

    #[test]
    fn small_tables_agree_with_trying_everything() {
        let table = |seed: u32, row: usize, column: usize| {
            ((row * 31 + column * 17 + 7) as u32).wrapping_mul(seed) % 97
        };
        for seed in 1..200 {
            let cost = |row: usize, column: usize| table(seed, row, column) as f32;
            let found: f32 = cheapest(3, 4, cost).iter().map(|&(r, c)| cost(r, c)).sum();
            let mut least = f32::INFINITY;
            for code in 0..64 {
                let columns = [code % 4, code / 4 % 4, code / 16];
                if columns[0] != columns[1] && columns[1] != columns[2] && columns[0] != columns[2]
                {
                    least = least.min((0..3).map(|row| cost(row, columns[row])).sum());
                }
            }
            assert!((found - least).abs() < 1e-3, "seed {seed}: {found} and not {least}");
        }
    }
}
