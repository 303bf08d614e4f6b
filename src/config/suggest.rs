//! "Did you mean": the nearest known word to a mistyped one. Pure.

/// The known word nearest to `word`, if it is near enough to be a slip of the fingers, and if no
/// other is as near.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // One wrong letter in three is still a slip; guess, revisit.
    let reach = (word.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &'a str)> = known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(far, _)| *far <= reach)
        .collect();
    near.sort_by_key(|(far, _)| *far);
    match near.as_slice() {
        [(first, _), (second, _), ..] if first == second => None,
        [(_, candidate), ..] => Some(candidate),
        [] => None,
    }
}

/// `did you mean "x"? ` or nothing, followed by the words there are.
pub(super) fn choices(word: &str, known: &[&str]) -> String {
    let hint = nearest(word, known).map(|near| format!("did you mean \"{near}\"? "));
    format!("{}write one of: {}", hint.unwrap_or_default(), known.join(", "))
}

/// Levenshtein's distance in characters, letter case ignored.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.to_lowercase().chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expect: Option<&str>) {
        let known = ["time_zone", "id", "name", "S1", "S2", "vehicle"];
        assert_eq!(nearest(word, &known), expect, "{word}");
    }

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        check("timezone", Some("time_zone"));
        check("nmae", None); // two letters of four are more than a slip
        check("nam", Some("name"));
        check("s1", Some("S1"));
        check("S5", None); // as near to S1 as to S2
        check("vehicles", Some("vehicle"));
        check("truck", None);
        check("", None);
    }
}
