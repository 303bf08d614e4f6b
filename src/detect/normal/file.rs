//! The file of what is normal for one camera: two lines of JSON.
//!
//! The first says what it is, for people and programs: version, what was learnt from, the height of
//! persons and the scale of each term, and the SHA-256 of the second line. The second holds
//! everything. A file that was changed or belongs to another model is refused. Pure: bytes in,
//! bytes out.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::alarm::Tail;
use super::height::Heights;
use super::histogram::Histogram;
use super::memory::{Example, Memory};
use super::usual::{self, Usual};
use super::{Learnt, Normal, Spans, TERMS, Term};
use crate::detect::candidate::Looks;

/// What such a file calls itself.
const FORMAT: &str = "gengfu-normal";
/// Version of the format.
const VERSION: u32 = 1;
/// Numbers in a thing's looks: channels of the model's two inner outputs.
const NEAR: usize = 128;
const FAR: usize = 256;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("it is not a file made by gengfu learn: {0}; learn again")]
    Syntax(String),
    #[error("it has version {found}, and this gengfu reads version {VERSION}; learn again")]
    Version { found: u32 },
    #[error("its SHA-256 differs from the one it names: it was changed or cut; learn again")]
    Changed,
    #[error("it was learnt with other models; learn again, or go back to those in models.toml")]
    Model,
    #[error("its {0} has another length than it should; learn again")]
    Length(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    /// SHA-256 of the model of features, and behind a plus that of a centre's own model.
    model: String,
    frames: u64,
    things: u64,
    seconds: f64,
    examples: usize,
    /// Height of a person, frame heights: at the top edge, and how much more at the bottom edge.
    person: Option<[f64; 2]>,
    scales: Vec<TermHead>,
    /// Score that one false alarm a day is expected at.
    one_a_day: Option<f32>,
    calibrated: bool,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct TermHead {
    term: String,
    usual: f32,
    high: f32,
}

#[derive(Serialize, Deserialize)]
struct Body {
    heights: [f64; 5],
    seen: f64,
    chance: u64,
    examples: Vec<ExampleRow>,
    places: Vec<f32>,
    directions: Vec<f32>,
    stays: Vec<f32>,
    hours: Vec<f32>,
    watched: Vec<f32>,
    things: Vec<Cells>,
    largest: Vec<Cells>,
    tail: Cells,
}

#[derive(Serialize, Deserialize)]
struct ExampleRow {
    size: [f32; 2],
    /// Hexadecimal, two digits a number.
    near: String,
    far: String,
}

/// Runs of a histogram that are not empty: first cell and weights.
#[derive(Serialize, Deserialize)]
struct Cells(Vec<(usize, Vec<f32>)>);

/// The file's bytes; `model` names the models that what was learnt belongs to.
#[must_use]
pub fn write(normal: &Normal, model: &str) -> Vec<u8> {
    let body = serde_json::to_string(&body(normal)).unwrap_or_default();
    let scale = |term: Term| {
        let scale = normal.scale(term)?;
        Some(TermHead { term: term.as_str().to_owned(), usual: scale.usual, high: scale.high })
    };
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        model: model.to_owned(),
        frames: normal.learnt.frames,
        things: normal.learnt.things,
        seconds: normal.learnt.seconds,
        examples: normal.memory.examples.len(),
        person: normal.heights.line().map(|(slope, begin)| [begin, slope]),
        scales: Term::ALL.into_iter().filter_map(scale).collect(),
        one_a_day: normal.tail.threshold(1.0),
        calibrated: normal.tail.is_calibrated(),
        sha256: hex(&Sha256::digest(body.as_bytes())),
    };
    let head = serde_json::to_string(&head).unwrap_or_default();
    [head.as_bytes(), b"\n", body.as_bytes(), b"\n"].concat()
}

/// What a file says is normal; `model` as in `write`.
///
/// # Errors
/// It is no such file, was changed, or belongs to another version or model.
pub fn read(bytes: &[u8], model: &str) -> Result<Normal, FileError> {
    let text = std::str::from_utf8(bytes).map_err(|error| FileError::Syntax(error.to_string()))?;
    let syntax = |error: serde_json::Error| FileError::Syntax(error.to_string());
    let mut lines = text.lines();
    let head: Head = serde_json::from_str(lines.next().unwrap_or_default()).map_err(syntax)?;
    if head.format != FORMAT {
        return Err(FileError::Syntax(format!("its format is '{}'", head.format)));
    }
    if head.version != VERSION {
        return Err(FileError::Version { found: head.version });
    }
    let body = lines.next().unwrap_or_default();
    if hex(&Sha256::digest(body.as_bytes())) != head.sha256 {
        return Err(FileError::Changed);
    }
    if head.model != model {
        return Err(FileError::Model);
    }
    let body: Body = serde_json::from_str(body).map_err(syntax)?;
    let learnt = Learnt { frames: head.frames, things: head.things, seconds: head.seconds };
    normal(body, learnt)
}

fn body(normal: &Normal) -> Body {
    let Usual { places, directions, stays, hours, watched } = normal.usual.clone();
    let bytes = |numbers: &[i8]| numbers.iter().map(|n| n.to_le_bytes()[0]).collect::<Vec<u8>>();
    let row = |example: &Example| ExampleRow {
        size: example.size,
        near: hex(&bytes(&example.looks.near)),
        far: hex(&bytes(&example.looks.far)),
    };
    Body {
        heights: normal.heights.sums,
        seen: normal.memory.seen,
        chance: normal.memory.chance,
        examples: normal.memory.examples.iter().map(row).collect(),
        places,
        directions,
        stays,
        hours,
        watched,
        things: normal.spans.things.iter().map(cells).collect(),
        largest: normal.spans.largest.iter().map(cells).collect(),
        tail: cells(&normal.tail.largest),
    }
}

fn normal(body: Body, learnt: Learnt) -> Result<Normal, FileError> {
    let mut normal = Normal { learnt, heights: Heights { sums: body.heights }, ..Normal::empty() };
    let mut memory = Memory { seen: body.seen, chance: body.chance, ..Memory::default() };
    for ExampleRow { size, near, far } in &body.examples {
        let near = numbers(near, NEAR).ok_or(FileError::Length("near"))?;
        let far = numbers(far, FAR).ok_or(FileError::Length("far"))?;
        memory.examples.push(Example { looks: Looks { near, far }, size: *size });
    }
    normal.memory = memory;
    let Body { places, directions, stays, hours, watched, .. } = body;
    let usual = Usual { places, directions, stays, hours, watched };
    if !usual::fits(&usual) {
        return Err(FileError::Length("table of places and hours"));
    }
    normal.usual = usual;
    let mut spans = Spans::default();
    let pairs = [(&mut spans.things, &body.things), (&mut spans.largest, &body.largest)];
    for (histograms, rows) in pairs {
        // A file from before there was a term for a centre's own model has one fewer.
        if !(TERMS - 1..=TERMS).contains(&rows.len()) {
            return Err(FileError::Length("list of terms"));
        }
        for (histogram, row) in histograms.iter_mut().zip(rows) {
            fill(histogram, row)?;
        }
    }
    let mut tail = Tail::default();
    fill(&mut tail.largest, &body.tail)?;
    normal.tail = tail;
    normal.rescale(spans);
    Ok(normal)
}

fn cells(histogram: &Histogram) -> Cells {
    let mut runs: Vec<(usize, Vec<f32>)> = Vec::new();
    for (at, weight) in histogram.cells.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        match runs.last_mut() {
            Some((first, weights)) if *first + weights.len() == at => weights.push(*weight),
            Some(_) | None => runs.push((at, vec![*weight])),
        }
    }
    Cells(runs)
}

fn fill(histogram: &mut Histogram, cells: &Cells) -> Result<(), FileError> {
    for (first, weights) in &cells.0 {
        let place = histogram.cells.get_mut(*first..first.saturating_add(weights.len()));
        place.ok_or(FileError::Length("histogram"))?.copy_from_slice(weights);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn numbers(hex: &str, length: usize) -> Option<Box<[i8]>> {
    if hex.len() != 2 * length || !hex.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok();
    (0..length).map(|at| byte(at).map(|byte| i8::from_le_bytes([byte]))).collect()
}
