//! The words of the report in both languages, in one table (`words.txt`); the centre's codes too.
//!
//! A key that is missing shows itself as `⟦key⟧`, and a test looks for that on a full page. A code
//! that no table knows (of a newer daemon) is shown as it stands.

/// Language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    /// The language with this tag: `zh` or `en`.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// Between the members of a list.
    #[must_use]
    pub const fn comma(self) -> &'static str {
        match self {
            Self::Zh => "、",
            Self::En => ", ",
        }
    }

    /// Between the facts of a line.
    #[must_use]
    pub const fn semicolon(self) -> &'static str {
        match self {
            Self::Zh => "；",
            Self::En => "; ",
        }
    }

    /// Between two sentences.
    #[must_use]
    pub const fn gap(self) -> &'static str {
        match self {
            Self::Zh => "",
            Self::En => " ",
        }
    }

    /// For the page's `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// The words of `key`; `⟦…⟧` when the table has none.
#[must_use]
pub fn say(lang: Lang, key: &str) -> &'static str {
    find(lang, key).unwrap_or("⟦missing⟧")
}

/// The words of a code of `table` (`category`, `false`, `disposition`, `refuse`, `review`, `clock`,
/// `stage`); the code itself when it is not known.
#[must_use]
pub fn code(lang: Lang, table: &str, code: &str) -> String {
    find(lang, &format!("{table}.{code}")).unwrap_or(code).to_owned()
}

fn find(lang: Lang, key: &str) -> Option<&'static str> {
    let row = rows().find(|row| row.0 == key)?;
    Some(match lang {
        Lang::Zh => row.1,
        Lang::En => row.2,
    })
}

/// The table as it stands in `words.txt`: one line per key, so that a translator needs no Rust.
const TABLE: &str = include_str!("words.txt");

/// Key, Chinese, English.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (key, words) = line.split_once(" | ")?;
        let (zh, en) = words.split_once(" | ")?;
        Some((key, zh, en))
    })
}

#[cfg(test)]
mod tests {
    use super::{Lang, TABLE, code, find, rows};
    use crate::config::codes;
    use crate::ticket::ClockName;
    use crate::ticket::ladder::Level;

    #[test]
    fn every_code_of_the_centre_has_words_in_both_languages() {
        let clocks: Vec<&str> = ClockName::ALL.iter().map(|clock| clock.as_str()).collect();
        let tables: [(&str, &[&str]); 9] = [
            ("category", codes::CATEGORIES),
            ("false", codes::FALSE_ALARM_REASONS),
            ("disposition", codes::DISPOSITIONS),
            ("refuse", codes::REFUSE_REASONS),
            ("review", codes::REVIEW_ITEMS),
            ("clock", &clocks),
            ("class", codes::CLASSES),
            ("suspend", codes::SUSPEND_REASONS),
            ("park", codes::PARK_REASONS),
        ];
        for (table, codes) in tables {
            for word in codes {
                let key = format!("{table}.{word}");
                assert!(find(Lang::Zh, &key).is_some(), "{key} has no words");
                assert!(find(Lang::En, &key).is_some(), "{key} has no words");
            }
        }
        assert_eq!(code(Lang::Zh, "category", "of_tomorrow"), "of_tomorrow");
    }

    #[test]
    fn every_act_and_every_step_of_a_ladder_has_words() {
        // The words of acts as the log has them, read where they are defined.
        let source = include_str!("../ticket/act.rs");
        let start = source.rfind("fn as_str").expect("acts have words");
        let acts = source[start..].split('"').skip(1).step_by(2);
        let acts: Vec<&str> = acts.take_while(|word| word.len() < 20).collect();
        assert!(acts.contains(&"acknowledge") && acts.len() > 30, "{acts:?}");
        let steps = Level::ALL.iter().map(|level| level.act());
        for act in acts.into_iter().chain(steps).chain(["open"]) {
            assert!(find(Lang::En, &format!("act.{act}")).is_some(), "the act {act} has no words");
        }
        for level in Level::ALL {
            let word = level.as_str();
            let words = find(Lang::En, &format!("level.{word}"));
            assert!(words.is_some(), "the step {word} has no words");
        }
    }

    #[test]
    fn no_key_stands_twice_and_no_words_are_empty() {
        let mut keys: Vec<&str> = rows().map(|row| row.0).collect();
        assert!(rows().all(|row| !row.1.trim().is_empty() && !row.2.trim().is_empty()));
        let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.count(), keys.len(), "a line is not 'key | Chinese | English'");
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
