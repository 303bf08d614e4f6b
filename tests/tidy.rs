//! House rules that a machine can check, each a test of its own.
//!
//! A rule is a function from one file to the lines that break it. `hold` runs it over the whole
//! tree, `catches` shows that it bites: a rule that never fires protects nothing. Rules that
//! clippy knows (length of functions, unwrap, print) are in `Cargo.toml` and `.clippy.toml`.

mod edges;
mod habits;
mod shape;
mod source;

use source::Source;

/// What is wrong, and on which line.
type Fault = (usize, String);

/// A house rule.
type Rule = fn(&Source) -> Vec<Fault>;

/// Fails with every place in the tree that breaks the rule.
fn hold(name: &str, rule: Rule) {
    let mut told = Vec::new();
    for source in source::all() {
        for (line, what) in rule(&source) {
            told.push(format!("{}:{line}: {what}", source.path));
        }
    }
    assert!(told.is_empty(), "{name}:\n{}\n", told.join("\n"));
}

/// The rule must complain about exactly these lines of a made-up file.
fn catches(rule: Rule, path: &str, text: &str, lines: &[usize]) {
    let found: Vec<usize> = rule(&Source::parse(path, text)).iter().map(|f| f.0).collect();
    assert_eq!(found, lines, "in {path}:\n{text}");
}
