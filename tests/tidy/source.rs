//! A Rust file as the house rules see it: lines, tokens with their lines, and the paths it names.
//!
//! Tokens come from `proc_macro2`, so comments and strings cannot be mistaken for code, and the
//! inside of macros such as `select!` is seen as well. Nothing here knows a rule.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One file.
pub(crate) struct Source {
    /// Path from the top of the repository, such as `src/camera/task.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
}

/// One token; a group is its two brackets and what is between them.
pub(crate) struct Token {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// Inside a `#[cfg(test)]` block, or in a file of tests.
    pub(crate) in_test: bool,
}

/// A path that the code names, fully written: `crate::camera::frame::Frame`.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    pub(crate) in_test: bool,
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `src` and `tests`, sorted by path.
pub(crate) fn all() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        collect(&top().join(folder), &mut files);
    }
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Source {
    let text = std::fs::read_to_string(file).unwrap();
    let path = file.strip_prefix(top()).unwrap().to_str().unwrap();
    Source::parse(path, &text)
}

/// The screens' folders hold no Rust and thousands of files of other people.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "ui") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

impl Source {
    /// The file at `path` with this text.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let stream = TokenStream::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut tokens = Vec::new();
        let is_test = path.starts_with("tests/")
            || ["/tests.rs", "_test.rs", "_tests.rs"].iter().any(|end| path.ends_with(end));
        let surroundings = if is_test { Surroundings::Test } else { Surroundings::Code };
        flatten(stream, surroundings, &mut tokens);
        Self { path: path.to_owned(), text: text.to_owned(), tokens }
    }

    /// Lines on which the tokens of `pattern` (parted by spaces) follow each other.
    pub(crate) fn lines_with(&self, pattern: &str) -> Vec<usize> {
        self.places_of(pattern).map(|at| self.tokens[at].line).collect()
    }

    /// The same without tests.
    pub(crate) fn code_lines_with(&self, pattern: &str) -> Vec<usize> {
        let places = self.places_of(pattern).filter(|at| !self.tokens[*at].in_test);
        places.map(|at| self.tokens[at].line).collect()
    }

    fn places_of(&self, pattern: &str) -> impl Iterator<Item = usize> {
        let wanted: Vec<String> = pattern.split(' ').map(str::to_owned).collect();
        let found = self.tokens.windows(wanted.len()).enumerate();
        let fits = move |run: &[Token]| run.iter().zip(&wanted).all(|(t, w)| t.text == *w);
        found.filter(move |(_, run)| fits(run)).map(|(at, _)| at)
    }

    /// Whether the line (from 1), or the line above it, carries a comment.
    pub(crate) fn has_comment_at(&self, line: usize) -> bool {
        let lines: Vec<&str> = self.text.lines().collect();
        let above = line.checked_sub(2).and_then(|i| lines.get(i)).unwrap_or(&"");
        lines[line - 1].contains("//") || is_comment(above)
    }

    /// The same, or a comment further up with no empty line between.
    pub(crate) fn has_comment_over(&self, line: usize) -> bool {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut block = lines[..line - 1].iter().rev().take_while(|l| !l.trim().is_empty());
        lines[line - 1].contains("//") || block.any(|l| is_comment(l))
    }

    /// The module's path inside the crate: `src/camera/gst/mod.rs` is `camera::gst`.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let inside = inside.trim_end_matches("/mod");
        if inside == "lib" {
            return Vec::new();
        }
        inside.split('/').map(str::to_owned).collect()
    }

    /// Every path that `use` lines and code name; `super` and `self` are written out.
    pub(crate) fn paths(&self) -> Vec<Named> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let start = &self.tokens[at];
            let mut leaves = Vec::new();
            if start.text == "use" && self.text_at(at + 1) != "<" {
                at = self.use_tree(at + 1, &[], &mut leaves);
            } else if is_word(&start.text) && self.text_at(at + 1) == "::" {
                at = self.inline_path(at, &mut leaves);
            } else {
                at += 1;
            }
            let named = |segments| self.named(segments, start);
            found.extend(leaves.into_iter().map(named));
        }
        found
    }

    fn named(&self, segments: Vec<String>, start: &Token) -> Named {
        let mut module = self.module();
        let ups = segments.iter().take_while(|s| *s == "super").count();
        // A test block is one module deeper than its file.
        let leave = if start.in_test { ups.saturating_sub(1) } else { ups };
        module.truncate(module.len().saturating_sub(leave));
        let (relative, rest) = match segments.first().map(String::as_str) {
            Some("super") => (true, &segments[ups..]),
            Some("self") => (true, &segments[1..]),
            Some(_) | None => (false, &segments[..]),
        };
        let mut full = Vec::new();
        if relative {
            full.push("crate".to_owned());
            full.append(&mut module);
        }
        full.extend_from_slice(rest);
        Named { segments: full, line: start.line, in_test: start.in_test }
    }

    fn text_at(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| t.text.as_str())
    }

    /// Reads one branch of a `use` tree; gives the place of the token that ends it.
    fn use_tree(&self, mut at: usize, stem: &[String], leaves: &mut Vec<Vec<String>>) -> usize {
        let mut path = stem.to_vec();
        loop {
            match self.text_at(at) {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while !matches!(self.text_at(at), "}" | "") {
                        at = self.use_tree(at, &path, leaves);
                        at += usize::from(self.text_at(at) == ",");
                    }
                    return at + 1;
                }
                "as" => at += 2,
                "," | "}" | ";" | "" => break,
                word => {
                    path.push(word.to_owned());
                    at += 1;
                }
            }
        }
        leaves.push(path);
        at
    }

    fn inline_path(&self, mut at: usize, leaves: &mut Vec<Vec<String>>) -> usize {
        let mut path = vec![self.text_at(at).to_owned()];
        while self.text_at(at + 1) == "::" && is_word(self.text_at(at + 2)) {
            path.push(self.text_at(at + 2).to_owned());
            at += 2;
        }
        leaves.push(path);
        at + 1
    }
}

/// The head of a file speaks about the whole, not about its next line.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") && !line.starts_with("//!")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[derive(Clone, Copy, PartialEq)]
enum Surroundings {
    Code,
    Test,
}

fn flatten(stream: TokenStream, surroundings: Surroundings, out: &mut Vec<Token>) {
    let mut next = surroundings;
    for tree in stream {
        let line = tree.span().start().line;
        let in_test = next == Surroundings::Test;
        let TokenTree::Group(group) = tree else {
            let text = tree.to_string();
            if text == ";" {
                next = surroundings;
            }
            push(Token { text, line, in_test }, out);
            continue;
        };
        let (open, close) = brackets(group.delimiter());
        push(Token { text: open.to_owned(), line, in_test }, out);
        flatten(group.stream(), next, out);
        let line = group.span_close().end().line;
        push(Token { text: close.to_owned(), line, in_test }, out);
        if close == "}" {
            next = surroundings;
        } else if ends_with(out, "[ cfg ( test ) ]") {
            next = Surroundings::Test;
        }
    }
}

/// Two colons are one token; nothing in Rust has two single ones in a row.
fn push(token: Token, out: &mut Vec<Token>) {
    match out.last_mut() {
        Some(last) if last.text == ":" && token.text == ":" => last.text = "::".to_owned(),
        Some(_) | None => out.push(token),
    }
}

const fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn ends_with(out: &[Token], pattern: &str) -> bool {
    let wanted: Vec<&str> = pattern.split(' ').collect();
    out.len() >= wanted.len()
        && out[out.len() - wanted.len()..].iter().zip(wanted).all(|(t, w)| t.text == w)
}

#[test]
fn a_path_is_found_in_a_grouped_use_in_code_and_behind_super() {
    let text = "use crate::{camera::{self, Frame as F}, clock::UnixMs};\n\
                fn f() { crate::store::open(); super::frame::go(); tokio::select! { x.await } }\n\
                #[cfg(test)]\nmod tests { use super::*; }\nuse std::fmt;\n";
    let source = Source::parse("src/camera/task.rs", text);
    let told: Vec<String> = source
        .paths()
        .iter()
        .map(|n| format!("{}:{} {}", n.line, n.in_test, n.segments.join("::")))
        .collect();
    assert_eq!(
        told,
        [
            "1:false crate::camera::self",
            "1:false crate::camera::Frame",
            "1:false crate::clock::UnixMs",
            "2:false crate::store::open",
            "2:false crate::camera::frame::go",
            "2:false tokio::select",
            "4:true crate::camera::task::*",
            "5:false std::fmt",
        ]
    );
    assert_eq!(source.lines_with(". await"), [2]);
}
