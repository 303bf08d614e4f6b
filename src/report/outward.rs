//! The report as it leaves the centre: no names, no tickets, no small numbers (`domain` 4.7).
//!
//! A number below three could point at a person, so it is not printed; and where exactly one number
//! of a row or column is missing, the sums would give it away, so the next smallest goes with it.
//! Only parts whose figures are of places, kinds and times are in it at all. Pure.

use super::figures::WeekReport;
use super::page::sheet;
use super::sheet::{Block, Line, Piece, Sheet, Table, Tone, Value};
use super::words::{Lang, say};

/// Numbers below this are not printed.
const SMALL: f64 = 3.0;
/// What stands in place of a number that is too small, or that would give one away.
const HIDDEN: &str = "*";

/// Keys of the headings of the parts that leave the centre.
const PARTS: [&str; 6] = [
    "part.clauses",
    "part.overview",
    "part.kinds",
    "part.response",
    "part.false_alarms",
    "part.equipment",
];

/// The sheet in `lang`.
#[must_use]
pub fn outward(report: &WeekReport, lang: Lang) -> Sheet {
    let inward = sheet(report, lang);
    let parts: Vec<&str> = PARTS.iter().map(|key| say(lang, key)).collect();
    let mut blocks = vec![Block::Note(Line::said(lang, "outward.note"))];
    let mut keeps = false;
    for block in inward.blocks {
        if let Some(heading) = heading(&block) {
            keeps = parts.contains(&heading);
        }
        if matches!(block, Block::Signatures { .. } | Block::Foot(_)) {
            blocks.push(block);
        } else if keeps {
            blocks.extend(cleaned(block));
        }
    }
    let [left, _] = inward.subtitle;
    let number = say(lang, "outward.number").to_owned();
    Sheet { subtitle: [left, number], blocks, ..inward }
}

fn heading(block: &Block) -> Option<&str> {
    match block {
        Block::Heading(text) | Block::Appendix(text) => Some(text),
        Block::Keep(blocks) => blocks.iter().find_map(heading),
        Block::Subheading(_)
        | Block::Lead(_)
        | Block::Paragraph(_)
        | Block::Note(_)
        | Block::Warning(_)
        | Block::Keys(_)
        | Block::Table(_)
        | Block::Charts(_)
        | Block::Columns(_)
        | Block::Ruled(_)
        | Block::Signatures { .. }
        | Block::Foot(_) => None,
    }
}

/// A block without what may not leave; pictures carry numbers of their own and stay behind.
fn cleaned(block: Block) -> Option<Block> {
    let all = |blocks: Vec<Block>| blocks.into_iter().filter_map(cleaned).collect::<Vec<_>>();
    Some(match block {
        Block::Charts(_) | Block::Keys(_) | Block::Lead(_) | Block::Paragraph(_) => return None,
        // Sentences with figures in them are not taken apart.
        Block::Note(line) if line.pieces.len() > 1 => return None,
        Block::Table(set) => Block::Table(suppressed(set)),
        Block::Columns(columns) => Block::Columns(columns.into_iter().map(all).collect()),
        Block::Keep(blocks) => Block::Keep(all(blocks)),
        block @ (Block::Heading(_)
        | Block::Appendix(_)
        | Block::Subheading(_)
        | Block::Note(_)
        | Block::Warning(_)
        | Block::Ruled(_)
        | Block::Signatures { .. }
        | Block::Foot(_)) => block,
    })
}

/// A table without tickets and small numbers.
fn suppressed(mut set: Table) -> Table {
    let counts: Vec<Vec<Option<f64>>> =
        set.rows.iter().map(|row| row.iter().map(count).collect()).collect();
    let mut hidden: Vec<Vec<bool>> =
        counts.iter().map(|row| row.iter().map(|n| is_small(*n)).collect()).collect();
    let lines = lines_of(&counts);
    // Each turn hides at least one more, so it ends.
    while let Some((y, x)) = lines.iter().find_map(|line| given_away(line, &counts, &hidden)) {
        hidden[y][x] = true;
    }
    for (row, hidden) in set.rows.iter_mut().zip(&hidden) {
        for (line, hidden) in row.iter_mut().zip(hidden) {
            *line = if *hidden { Line::text(HIDDEN) } else { nameless(line) };
        }
    }
    set
}

fn count(line: &Line) -> Option<f64> {
    match line.value {
        Some(Value::Count(n)) => Some(n),
        Some(Value::Share(_) | Value::Milliseconds(_)) | None => None,
    }
}

fn is_small(count: Option<f64>) -> bool {
    count.is_some_and(|n| n > 0.0 && n < SMALL)
}

/// Every row and every column, as places of cells.
fn lines_of(counts: &[Vec<Option<f64>>]) -> Vec<Vec<(usize, usize)>> {
    let width = counts.iter().map(Vec::len).max().unwrap_or(0);
    let rows = (0..counts.len()).map(|y| (0..counts[y].len()).map(|x| (y, x)).collect());
    let columns = (0..width)
        .map(|x| (0..counts.len()).filter(|y| x < counts[*y].len()).map(|y| (y, x)).collect());
    rows.chain(columns).collect()
}

/// Of a line in which exactly one number is hidden, the next smallest.
fn given_away(
    line: &[(usize, usize)],
    counts: &[Vec<Option<f64>>],
    hidden: &[Vec<bool>],
) -> Option<(usize, usize)> {
    if line.iter().filter(|(y, x)| hidden[*y][*x]).count() != 1 {
        return None;
    }
    let open = line.iter().filter(|(y, x)| !hidden[*y][*x]);
    let sized =
        open.filter_map(|place| Some((counts[place.0][place.1].filter(|n| *n > 0.0)?, *place)));
    sized.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, place)| place)
}

/// A line without the tickets behind its figures.
fn nameless(line: &Line) -> Line {
    let pieces = line.pieces.iter().map(|piece| match piece {
        Piece::Figure(text, _) => Piece::Text(text.clone(), Tone::Plain),
        Piece::Ticket(_) | Piece::File(_) => Piece::Text(HIDDEN.to_owned(), Tone::Plain),
        Piece::Text(..) => piece.clone(),
    });
    Line { pieces: pieces.collect(), value: line.value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::{Density, table};

    fn told(rows: &[&[usize]]) -> Vec<Vec<String>> {
        let rows = rows
            .iter()
            .map(|row| row.iter().map(|n| Line::number(*n)).collect::<Vec<_>>())
            .collect();
        let Block::Table(set) = table(Lang::En, Density::Plain, &["S1"; 4], rows) else {
            unreachable!("it is a table")
        };
        let set = suppressed(set);
        set.rows.iter().map(|row| row.iter().map(Line::words).collect()).collect()
    }

    #[test]
    fn small_numbers_are_hidden_and_cannot_be_worked_out() {
        // 2 is hidden; the row's sum would give it away, and then the columns' sums the next ones.
        let told = told(&[&[2, 7, 9], &[5, 8, 13], &[7, 15, 22]]);
        let hidden = |y: usize| told[y].iter().filter(|cell| *cell == "*").count();
        assert_eq!(told[0][0], "*");
        for y in 0..3 {
            assert_ne!(hidden(y), 1, "row {y} gives a number away: {told:?}");
            let column = told.iter().filter(|row| row[y] == "*").count();
            assert_ne!(column, 1, "column {y} gives a number away: {told:?}");
        }
    }

    #[test]
    fn nought_and_three_are_printed() {
        assert_eq!(told(&[&[0, 3, 3], &[4, 0, 4]]), [["0", "3", "3"], ["4", "0", "4"]]);
    }
}
