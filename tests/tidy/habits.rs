//! Habits of the code: where it waits, where it starts work, what it may throw away.

use super::source::{Source, Token};
use super::{Fault, catches, hold};

/// Waiting is for the shell: a stage's task, the ports, and the wiring (house style 2).
fn waits_only_in_the_shell(source: &Source) -> Vec<Fault> {
    let shell = [
        "src/store/",
        "src/mqtt/",
        "src/web/",
        "src/app",
        "src/main.rs",
        "src/demo",
        "src/commands",
        // The receiver over TCP, which only the camera's task calls.
        "src/camera/retina.rs",
    ];
    let is_task = source.path.ends_with("/task.rs") || source.path.contains("/task/");
    if is_task || starts_with_any(source, &shell) {
        return Vec::new();
    }
    told(source, ". await", "only task.rs of a stage, the ports and the wiring await")
}

/// Whoever starts work must also stop it; only `app.rs` has the list (house style 24).
fn starts_work_only_in_app(source: &Source) -> Vec<Fault> {
    if starts_with_any(source, &["src/app"]) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for call in ["tokio :: spawn", "task :: spawn", "thread :: spawn"] {
        faults.extend(told(source, call, "only app.rs starts tasks and threads"));
    }
    if !source.path.contains("/gst/") {
        faults.extend(told(source, "thread :: Builder", "only app.rs and gst/ make threads"));
    }
    faults
}

/// Two call sites with literal true and false are two functions (house style 10). A table of a
/// test may well expect true or false.
fn asks_for_no_bool(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let functions = source.tokens.iter().enumerate().filter(|(_, t)| t.text == "fn" && !t.in_test);
    for (at, _) in functions {
        let parameters = parameters(&source.tokens[at..]);
        for run in parameters.windows(2).filter(|run| run[0].text == ":" && run[1].text == "bool") {
            faults
                .push((run[1].line, "a bool parameter says nothing where it is given".to_owned()));
        }
    }
    faults
}

/// The tokens between the brackets of a function, without what stands in brackets inside them.
fn parameters(function: &[Token]) -> Vec<&Token> {
    let mut depth = 0;
    let mut inside = Vec::new();
    for token in function {
        match token.text.as_str() {
            "(" => depth += 1,
            ")" if depth == 1 => return inside,
            ")" => depth -= 1,
            "{" | ";" if depth == 0 => return inside,
            _ if depth == 1 => inside.push(token),
            _ => {}
        }
    }
    inside
}

/// An unbounded queue turns overload into lost memory (house style 25).
fn bounds_every_queue(source: &Source) -> Vec<Fault> {
    let fault = |line| (line, "every channel is bounded and names its capacity".to_owned());
    let unbounded = |text: &str| text.to_ascii_lowercase().contains("unbounded");
    let code = source.tokens.iter().filter(|t| !outside_src(source) && !t.text.starts_with('"'));
    code.filter(|t| unbounded(&t.text)).map(|t| fault(t.line)).collect()
}

/// A dropped error needs a sentence on the same line or the one above; one sentence is enough for
/// lines that follow each other (house style 22).
fn drops_nothing_in_silence(source: &Source) -> Vec<Fault> {
    let mut lines = source.lines_with("let _ =");
    for empty in ["Err ( _ ) = > { }", "Err ( _ ) = > ( )"] {
        lines.extend(source.lines_with(empty));
    }
    lines.sort_unstable();
    let mut excused = 0;
    lines.retain(|line| {
        if source.has_comment_at(*line) || (excused != 0 && excused + 1 == *line) {
            excused = *line;
        }
        excused != *line
    });
    let what = "a result is dropped without a sentence why";
    lines.into_iter().map(|line| (line, what.to_owned())).collect()
}

/// A number that somebody judged right says above it (or beside it) where it comes from: measured,
/// a paper, a standard, a manual, or "guess, revisit" (house style 44). One comment serves a block
/// of constants; a minute needs none.
fn gives_numbers_a_source(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let tokens = &source.tokens;
    for (at, token) in tokens.iter().enumerate() {
        let is_item = token.text == "const" && tokens.get(at + 2).is_some_and(|t| t.text == ":");
        if !is_item || token.in_test || is_unit(&tokens[at + 1].text) {
            continue;
        }
        let value = tokens[at..].iter().skip_while(|t| t.text != "=");
        let mut value = value.take_while(|t| t.text != ";");
        let judged = |t: &Token| t.text.starts_with(|c: char| c.is_ascii_digit());
        if value.any(judged) && !source.has_comment_over(token.line) {
            faults.push((token.line, "a number without a word where it comes from".to_owned()));
        }
    }
    faults
}

fn is_unit(name: &str) -> bool {
    ["SECOND_", "MINUTE_", "HOUR_", "DAY_", "WEEK_"].iter().any(|unit| name.starts_with(unit))
}

/// What the product refuses to be never gets a name in the code (`lib.rs`, the invariants).
/// Strings are free: a text may well say that there is none of it.
fn names_nothing_that_is_refused(source: &Source) -> Vec<Fault> {
    let refused = ["face", "faces", "facial", "gait", "plate", "plates", "watchlist", "blacklist"];
    let mut faults = Vec::new();
    for token in source.tokens.iter().filter(|t| !outside_src(source) && !t.text.starts_with('"')) {
        if words(&token.text).iter().any(|word| refused.contains(&word.as_str())) {
            faults.push((token.line, format!("`{}` is deliberately absent", token.text)));
        }
    }
    faults
}

/// The words of an identifier, in lower case: `PlateReader` and `plate_reader` have the same.
fn words(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in identifier.chars() {
        if c == '_' || c.is_uppercase() {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().unwrap().extend(c.to_lowercase());
        }
    }
    words
}

fn told(source: &Source, pattern: &str, what: &str) -> Vec<Fault> {
    source.code_lines_with(pattern).into_iter().map(|line| (line, what.to_owned())).collect()
}

fn outside_src(source: &Source) -> bool {
    !source.path.starts_with("src/")
}

fn starts_with_any(source: &Source, stems: &[&str]) -> bool {
    stems.iter().any(|stem| source.path.starts_with(stem))
}

#[test]
fn only_the_shell_waits() {
    hold("house style 2", waits_only_in_the_shell);
}

#[test]
fn a_waiting_decision_is_caught() {
    let text = "//! x\nasync fn f() {\n    select! { x = g().await => {} }\n}\n";
    catches(waits_only_in_the_shell, "src/ticket/verify.rs", text, &[3]);
    catches(waits_only_in_the_shell, "src/ticket/task.rs", text, &[]);
    catches(waits_only_in_the_shell, "src/web/wall.rs", text, &[]);
}

#[test]
fn only_app_starts_work() {
    hold("house style 24", starts_work_only_in_app);
}

#[test]
fn work_started_on_the_side_is_caught() {
    let text = "//! x\nfn f() {\n    tokio::spawn(g());\n    std::thread::Builder::new();\n}\n";
    catches(starts_work_only_in_app, "src/web/live.rs", text, &[3, 4]);
    catches(starts_work_only_in_app, "src/camera/gst/rtsp.rs", text, &[3]);
    catches(starts_work_only_in_app, "src/app.rs", text, &[]);
}

#[test]
fn no_function_asks_for_a_bool() {
    hold("house style 10", asks_for_no_bool);
}

#[test]
fn a_bool_parameter_is_caught() {
    let text = "//! x\nfn f(\n    &self,\n    on: bool,\n) -> Result<(), bool> {\n\
                    let x: bool;\n}\nfn g(test: impl Fn(bool) -> bool) {}\n\
                #[cfg(test)]\nmod tests { fn h(a: bool) {} }\n";
    catches(asks_for_no_bool, "src/ticket/verify.rs", text, &[4]);
}

#[test]
fn every_queue_has_an_end() {
    hold("house style 25", bounds_every_queue);
}

#[test]
fn an_endless_queue_is_caught() {
    let text =
        "//! x\nuse tokio::sync::mpsc::unbounded_channel;\nfn f() {\n    g(\"unbounded\");\n}\n";
    catches(bounds_every_queue, "src/mqtt/task.rs", text, &[2]);
}

#[test]
fn nothing_is_dropped_in_silence() {
    hold("house style 22", drops_nothing_in_silence);
}

#[test]
fn a_silent_drop_is_caught() {
    let text = "//! x\nfn f() {\n    let _ = g();\n\
                    // The reader has left.\n    let _ = g();\n    let _ = g();\n\
                    match g() {\n        Ok(()) => h(),\n        Err(_) => {}\n    }\n}\n";
    catches(drops_nothing_in_silence, "src/mqtt/task.rs", text, &[3, 9]);
}

#[test]
fn every_number_says_where_it_comes_from() {
    hold("house style 44", gives_numbers_a_source);
}

#[test]
fn a_bare_number_is_caught() {
    let text = "//! x\nconst A: u32 = 3;\n/// Guess, revisit.\npub const B: u32 = 3;\n\
                const C: [u8; 1] = [7];\n\nconst D: u32 = 1;\nconst E: &str = \"3\";\n\
                const fn f() -> u32 { 3 }\nconst HOUR_MS: i64 = 3_600_000;\n";
    catches(gives_numbers_a_source, "src/detect/look.rs", text, &[2, 7]);
}

#[test]
fn nothing_that_is_refused_has_a_name() {
    hold("deliberately absent", names_nothing_that_is_refused);
}

#[test]
fn a_refused_name_is_caught() {
    let text =
        "//! x\nstruct PlateReader;\nfn template(surface: u8) {}\nconst NO: &str = \"face\";\n";
    catches(names_nothing_that_is_refused, "src/detect/mod.rs", text, &[2]);
}
