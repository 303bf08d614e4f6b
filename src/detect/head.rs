//! From a model's raw output to proposals: the three families of heads that a centre's own model
//! may have.
//!
//! | head | output | a box | a score |
//! |---|---|---|---|
//! | `yolox` | 1 x proposals x (4 + 1 + classes) | middle and size against its cell | objectness times class |
//! | `yolov8` | 1 x (4 + classes) x proposals | middle and size in px of the input | class |
//! | `nanodet` | 1 x proposals x (classes + 4 x bins) | four distances from its cell's corner, each the mean of a distribution over the bins | class |
//!
//! All scores are probabilities, that is, the model has its sigmoid inside, as it comes out of the
//! exporters of YOLOX (Megvii, Apache-2.0), Ultralytics (only the layout is known here) and
//! NanoDet-Plus (RangiLyu, Apache-2.0). What is no number is dropped and counted, never believed.
//! Pure.

use super::Class;
use super::input::InputSize;

/// How the raw output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    Yolox,
    Yolov8,
    Nanodet,
}

impl Head {
    /// All heads.
    pub const ALL: [Self; 3] = [Self::Yolox, Self::Yolov8, Self::Nanodet];

    /// The word in models.toml.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yolox => "yolox",
            Self::Yolov8 => "yolov8",
            Self::Nanodet => "nanodet",
        }
    }

    /// Input px per cell of the grids with which such models are usually trained.
    #[must_use]
    pub const fn usual_strides(self) -> &'static [usize] {
        match self {
            Self::Yolox | Self::Yolov8 => &[8, 16, 32],
            Self::Nanodet => &[8, 16, 32, 64],
        }
    }
}

/// How the output of a model is laid out, and what its class numbers mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub head: Head,
    /// Our class for each of the model's; `None` for one that is not watched for.
    pub classes: Vec<Option<Class>>,
    /// Input px per cell, one a grid, in the order of the output.
    pub strides: Vec<usize>,
}

/// A proposal that is strong enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strong {
    /// Its number in the output.
    pub at: usize,
    /// The model's number of its likeliest class.
    pub class: usize,
    /// 0..1.
    pub score: f32,
    /// Left, top, right, bottom, px of the input; may lie outside of it.
    pub corners: [f32; 4],
}

/// What was read out of an output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strongs {
    pub found: Vec<Strong>,
    /// All proposals.
    pub of: usize,
    /// Proposals dropped because a score or a side was no number or a score no probability.
    pub odd: usize,
}

/// Fewest bins of a distribution: one would say nothing.
const BINS_MIN: usize = 2;
/// Scores this far outside of 0..1 are rounding.
const ROUNDING: f32 = 0.001;

impl Layout {
    /// Whether an output of this shape (-1: any length) can be read; of the proposals for an input
    /// of `size`, where that is known.
    ///
    /// # Errors
    /// What is expected, and what it looks like, in words.
    pub fn fits(&self, shape: &[i64], size: Option<InputSize>) -> Result<(), String> {
        let found =
            shape.iter().map(|side| if *side < 0 { "?".to_owned() } else { side.to_string() });
        let found = found.collect::<Vec<_>>().join(" x ");
        if !self.head_fits(shape) {
            let expected = self.told();
            let other = Head::ALL.into_iter().find(|head| {
                *head != self.head && Self { head: *head, ..self.clone() }.head_fits(shape)
            });
            let advice = match other {
                Some(head) => format!("it looks like head = \"{}\"", head.as_str()),
                None => "write the head and the classes that this model has, or export it so that \
                         it gives this"
                    .to_owned(),
            };
            return Err(format!("its output is {found} and not {expected}; {advice}"));
        }
        let Some(size) = size else { return Ok(()) };
        let (expected, proposals) = (self.proposals(size), shape[self.proposals_axis()]);
        if self.head == Head::Yolov8 || proposals < 0 || proposals == expected as i64 {
            return Ok(());
        }
        Err(format!(
            "its output has {proposals} proposals and not {expected}, which grids of {:?} px give \
             in {} x {} px; write strides as the model was trained with",
            self.strides, size.width, size.height
        ))
    }

    const fn proposals_axis(&self) -> usize {
        match self.head {
            Head::Yolox | Head::Nanodet => 1,
            Head::Yolov8 => 2,
        }
    }

    fn head_fits(&self, shape: &[i64]) -> bool {
        let &[batch, first, second] = shape else { return false };
        let classes = self.classes.len() as i64;
        let known = match self.head {
            Head::Yolox => second == 5 + classes,
            Head::Yolov8 => first == 4 + classes,
            Head::Nanodet => {
                let rest = second - classes;
                rest >= 4 * BINS_MIN as i64 && rest % 4 == 0
            }
        };
        (batch == 1 || batch < 0) && known
    }

    fn told(&self) -> String {
        let classes = self.classes.len();
        match self.head {
            Head::Yolox => format!("1 x proposals x {} (5 + {classes} classes)", 5 + classes),
            Head::Yolov8 => format!("1 x {} (4 + {classes} classes) x proposals", 4 + classes),
            Head::Nanodet => {
                format!("1 x proposals x ({classes} classes + 4 distances of 2 or more bins)")
            }
        }
    }

    /// Proposals for an input of this size.
    #[must_use]
    pub fn proposals(&self, size: InputSize) -> usize {
        cells(&self.strides, size).count()
    }

    /// The proposals whose best class reaches `min_score`, in the order of the output.
    #[must_use]
    pub fn strong(&self, output: &[f32], size: InputSize, min_score: f32) -> Strongs {
        let raw = Raw::of(self, output, size);
        let mut strongs = Strongs { of: raw.proposals, ..Strongs::default() };
        let grid = cells(&self.strides, size).map(Some).chain(std::iter::repeat(None));
        for (at, cell) in (0..raw.proposals).zip(grid) {
            match raw.one((at, cell), min_score) {
                Proposed::Weak => {}
                Proposed::Odd => strongs.odd += 1,
                Proposed::Strong(strong) => strongs.found.push(strong),
            }
        }
        strongs
    }

    /// How much a proposal is like a class, 0..1; 0 where that is no number.
    #[must_use]
    pub fn likeness(&self, output: &[f32], size: InputSize, (at, class): (usize, usize)) -> f32 {
        let raw = Raw::of(self, output, size);
        let likeness = raw.objectness(at) * raw.number(at, raw.classes_from() + class);
        if likeness.is_nan() { 0.0 } else { likeness.clamp(0.0, 1.0) }
    }

    /// Whether all scores of an output are probabilities.
    ///
    /// # Errors
    /// What they are, in words.
    pub fn are_probabilities(&self, output: &[f32], size: InputSize) -> Result<(), String> {
        let raw = Raw::of(self, output, size);
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        let from = raw.classes_from() - usize::from(self.head == Head::Yolox);
        let numbers = from..raw.classes_from() + self.classes.len();
        for at in 0..raw.proposals {
            let scores = numbers.clone().map(|number| raw.number(at, number));
            for score in scores.filter(|score| score.is_finite()) {
                (least, most) = (least.min(score), most.max(score));
            }
        }
        if least > most {
            let what = "all its scores for a grey picture are no numbers (NaN) or infinite; \
                        take another file, or export it anew";
            return Err(what.to_owned());
        }
        if least < -ROUNDING || most > 1.0 + ROUNDING {
            return Err(format!(
                "it gives scores from {least:.3} to {most:.3} for a grey picture, where \
                 probabilities 0 to 1 are read; export it with its sigmoid inside"
            ));
        }
        Ok(())
    }
}

/// A cell of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    column: usize,
    row: usize,
    /// Input px per cell.
    stride: usize,
}

/// The cell of every proposal, in the order of the output.
fn cells(strides: &[usize], size: InputSize) -> impl Iterator<Item = Cell> {
    strides.iter().flat_map(move |&stride| {
        let columns = size.width.div_ceil(stride);
        let cells = columns * size.height.div_ceil(stride);
        (0..cells).map(move |cell| Cell { column: cell % columns, row: cell / columns, stride })
    })
}

enum Proposed {
    Weak,
    Odd,
    Strong(Strong),
}

/// An output and where its numbers lie.
struct Raw<'a> {
    layout: &'a Layout,
    output: &'a [f32],
    proposals: usize,
    /// Numbers per proposal.
    numbers: usize,
}

impl<'a> Raw<'a> {
    fn of(layout: &'a Layout, output: &'a [f32], size: InputSize) -> Self {
        let classes = layout.classes.len();
        let (proposals, numbers) = match layout.head {
            Head::Yolox => (output.len() / (5 + classes), 5 + classes),
            Head::Yolov8 => (output.len() / (4 + classes), 4 + classes),
            Head::Nanodet => {
                let proposals = layout.proposals(size).max(1);
                (proposals.min(output.len()), output.len() / proposals)
            }
        };
        Self { layout, output, proposals, numbers }
    }

    fn number(&self, at: usize, number: usize) -> f32 {
        let place = match self.layout.head {
            Head::Yolox | Head::Nanodet => at * self.numbers + number,
            Head::Yolov8 => number * self.proposals + at,
        };
        self.output.get(place).copied().unwrap_or(f32::NAN)
    }

    const fn classes_from(&self) -> usize {
        match self.layout.head {
            Head::Yolox => 5,
            Head::Yolov8 => 4,
            Head::Nanodet => 0,
        }
    }

    /// How likely anything is there at all.
    fn objectness(&self, at: usize) -> f32 {
        match self.layout.head {
            Head::Yolox => self.number(at, 4),
            Head::Yolov8 | Head::Nanodet => 1.0,
        }
    }

    fn one(&self, (at, cell): (usize, Option<Cell>), min_score: f32) -> Proposed {
        let objectness = self.objectness(at);
        if objectness < min_score {
            return Proposed::Weak;
        }
        let likeness = (0..self.layout.classes.len())
            .map(|class| (class, self.number(at, self.classes_from() + class)))
            .filter(|(_, value)| !value.is_nan())
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((class, likeness)) = likeness else { return Proposed::Odd };
        let score = objectness * likeness;
        if !score.is_finite() {
            return Proposed::Odd;
        }
        if score < min_score {
            return Proposed::Weak;
        }
        let corners = self.corners(at, cell).filter(|sides| sides.iter().all(|s| s.is_finite()));
        match corners {
            Some(corners) if score <= 1.0 + ROUNDING => {
                Proposed::Strong(Strong { at, class, score: score.min(1.0), corners })
            }
            Some(_) | None => Proposed::Odd,
        }
    }

    fn corners(&self, at: usize, cell: Option<Cell>) -> Option<[f32; 4]> {
        let number = |number| self.number(at, number);
        let around = |cx: f32, cy: f32, width: f32, height: f32| {
            let (x, y) = (width / 2.0, height / 2.0);
            [cx - x, cy - y, cx + x, cy + y]
        };
        if self.layout.head == Head::Yolov8 {
            return Some(around(number(0), number(1), number(2), number(3)));
        }
        let Cell { column, row, stride } = cell?;
        let (column, row, stride) = (column as f32, row as f32, stride as f32);
        if self.layout.head == Head::Yolox {
            let (cx, cy) = ((number(0) + column) * stride, (number(1) + row) * stride);
            return Some(around(cx, cy, number(2).exp() * stride, number(3).exp() * stride));
        }
        let bins = self.numbers.saturating_sub(self.layout.classes.len()) / 4;
        let distance = |side: usize| {
            let from = self.layout.classes.len() + side * bins;
            mean_bin((from..from + bins).map(number)) * stride
        };
        let (x, y) = (column * stride, row * stride);
        Some([x - distance(0), y - distance(1), x + distance(2), y + distance(3)])
    }
}

/// The mean of a distribution that is given as logarithms up to a constant (softmax).
fn mean_bin(logits: impl Iterator<Item = f32> + Clone) -> f32 {
    let most = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    let (mut all, mut sum) = (0.0, 0.0);
    for (bin, logit) in logits.enumerate() {
        let weight = (logit - most).exp();
        all += weight;
        sum += weight * bin as f32;
    }
    sum / all
}

#[cfg(test)]
#[path = "head_test.rs"]
mod tests;
