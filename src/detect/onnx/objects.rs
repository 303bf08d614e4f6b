//! The object detector in the runtime: the stock one, or a centre's own of a known head.

use std::path::PathBuf;
use std::time::Duration;

use ort::session::Session;

use super::{OnnxError, Runtime, eyes, floats, tensor, unlike};
use crate::clock::{Clock as _, RealClock};
use crate::detect::boxes::{self, Decoded, Limits};
use crate::detect::crop::Sheet;
use crate::detect::head::Layout;
use crate::detect::input::{Fit, Fitted, InputSize, PAD, Picture, Preparation, Sides};
use crate::detect::models::Models;
use crate::detect::{Box01, Detection, Search};

/// Size on which a model with free sides is tried when it loads: quick, and not its usual one, so
/// that sides that are free only by name are noticed.
const TRIAL: InputSize = InputSize { width: 160, height: 96 };

/// The object detector.
#[derive(Debug)]
pub struct ObjectModel {
    session: Session,
    path: PathBuf,
    layout: Layout,
    preparation: Preparation,
    nms_iou: f32,
    /// The largest input, and the only one where the sides are not free.
    size: InputSize,
    sides: Sides,
    names: Names,
    /// The input, kept between frames.
    input: Vec<f32>,
    /// For what `Spent` tells, and nothing else.
    clock: RealClock,
}

/// How the model calls what goes in and out.
#[derive(Debug)]
struct Names {
    input: String,
    output: String,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Best first.
    pub found: Vec<Detection>,
    /// What it cost, in searches of a square of 416 x 416 px.
    pub cost: f32,
    pub search: Search,
    /// Proposals dropped because a number was none.
    pub odd: usize,
    pub spent: Spent,
}

/// Where the time of a search went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Cutting out, scaling, laying into the input.
    pub lay: Duration,
    pub run: Duration,
    /// Reading the output and keeping one box an object.
    pub read: Duration,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.lay += other.lay;
        self.run += other.run;
        self.read += other.read;
    }
}

impl ObjectModel {
    /// Loads `models.objects`, whose input may have one size or free sides, and tries it on a grey
    /// picture.
    ///
    /// # Errors
    /// The file does not load, or it is not as `models.toml` says.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Self, OnnxError> {
        let (entry, path) = (&models.objects, models.objects_path());
        let session = runtime.session(&path)?;
        let size = entry.size();
        let eyes = eyes(&session, (&path, "objects.input_px"), size)?;
        let (layout, preparation) = (entry.layout(), entry.preparation());
        let fault = |fault| OnnxError::Entry { path: path.clone(), key: "objects.head", fault };
        // A model may tell more than is needed here.
        let output =
            session.outputs().first().ok_or_else(|| fault("it gives nothing".to_owned()))?;
        floats(output).map_err(|what| fault(format!("its output is {what}")))?;
        let shape = output.dtype().tensor_shape().map_or(&[][..], |shape| shape);
        let known = (eyes.sides == Sides::Fixed).then_some(size);
        layout.fits(shape, known).map_err(fault)?;
        let names = Names { input: eyes.name, output: output.name().to_owned() };
        let mut model = Self {
            session,
            path: path.clone(),
            layout,
            preparation,
            nms_iou: entry.nms_iou,
            size,
            sides: eyes.sides,
            names,
            input: Vec::new(),
            clock: RealClock::new(),
        };
        model.try_out().map_err(|error| {
            let told = error.to_string();
            if matches!(error, OnnxError::Run { .. }) { fault(told) } else { error }
        })?;
        Ok(model)
    }

    /// Sees a grey picture and checks what comes out.
    fn try_out(&mut self) -> Result<(), OnnxError> {
        let size = match self.sides {
            Sides::Fixed => self.size,
            Sides::Free => TRIAL,
        };
        self.input.clear();
        self.input.resize(3 * size.width * size.height, PAD);
        self.preparation.values(&mut self.input);
        let layout = self.layout.clone();
        let fits = self.run(size, |shape, values| {
            layout.fits(shape, Some(size))?;
            layout.are_probabilities(values, size)
        })?;
        let key = "objects.head";
        fits.map_err(|fault| OnnxError::Entry { path: self.path.clone(), key, fault })
    }

    /// Objects in the whole `picture` with at least `min_score`.
    ///
    /// # Errors
    /// The picture's bytes do not match its size, the runtime failed, or nothing but NaN came out.
    pub fn whole(&mut self, picture: &Picture<'_>, min_score: f32) -> Result<Looked, OnnxError> {
        let began = self.clock.elapsed();
        let size = match (self.sides, self.preparation.fit) {
            (Sides::Free, Fit::Letterbox) => self.size.around(picture),
            (Sides::Free, Fit::Stretch) | (Sides::Fixed, _) => self.size,
        };
        let fitted = self.preparation.lay(picture, size, &mut self.input);
        let fitted = fitted.ok_or_else(|| unlike(picture))?;
        let lay = self.clock.elapsed().saturating_sub(began);
        let (decoded, spent) = self.read((fitted, picture), lay, min_score)?;
        let Decoded { found, odd, .. } = decoded;
        Ok(Looked { found, cost: size.cost(), search: Search::Whole, odd, spent })
    }

    /// Objects around the `wanted` parts of `picture`; in all of it where that costs hardly more or
    /// the model takes but one size.
    ///
    /// # Errors
    /// As `whole`.
    pub fn parts(
        &mut self,
        picture: &Picture<'_>,
        wanted: &[Box01],
        min_score: f32,
    ) -> Result<Looked, OnnxError> {
        let began = self.clock.elapsed();
        let whole = self.size.around(picture);
        let scale = (whole.width as f32 / picture.width.max(1) as f32).min(1.0);
        let free = self.sides == Sides::Free && self.preparation.fit == Fit::Letterbox;
        let sheet = Sheet::around(wanted, (picture.width, picture.height), (scale, whole));
        let Some(sheet) = sheet.filter(|_| free) else {
            return self.whole(picture, min_score);
        };
        sheet.paint(picture, &mut self.input).ok_or_else(|| unlike(picture))?;
        self.preparation.values(&mut self.input);
        let (width, height) = (sheet.size.width as u32, sheet.size.height as u32);
        let all = Picture { bgr: &[], width, height };
        let lay = self.clock.elapsed().saturating_sub(began);
        let (decoded, spent) = self.read((Fitted::natural(sheet.size), &all), lay, min_score)?;
        let found = sheet.back(&decoded.found);
        let (cost, odd) = (sheet.size.cost(), decoded.odd);
        Ok(Looked { found, cost, search: Search::Parts, odd, spent })
    }

    /// Runs the model on `input` and decodes what it says.
    fn read(
        &mut self,
        (fitted, picture): (Fitted, &Picture<'_>),
        lay: Duration,
        min_score: f32,
    ) -> Result<(Decoded<Detection>, Spent), OnnxError> {
        let limits = Limits { min_score, nms_iou: self.nms_iou };
        let layout = self.layout.clone();
        let (began, clock) = (self.clock.elapsed(), RealClock::new());
        let (decoded, read) = self.run(fitted.size, |_, values| {
            let began = clock.elapsed();
            let decoded = boxes::decode(&layout, values, (fitted, picture), &limits);
            (decoded, clock.elapsed().saturating_sub(began))
        })?;
        if decoded.odd == decoded.of {
            return Err(OnnxError::NoNumbers { path: self.path.clone() });
        }
        let run = self.clock.elapsed().saturating_sub(began).saturating_sub(read);
        Ok((decoded, Spent { lay, run, read }))
    }

    /// Runs the model on `input` of this size and reads shape and numbers of what it says.
    fn run<T>(
        &mut self,
        size: InputSize,
        read: impl FnOnce(&[i64], &[f32]) -> T,
    ) -> Result<T, OnnxError> {
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let shape = [1, 3, size.height, size.width];
        let input = tensor(&shape, &self.input).map_err(fault)?;
        let Names { input: name, output } = &self.names;
        let outputs = self.session.run(ort::inputs![name.as_str() => input]).map_err(fault)?;
        let (shape, values) =
            outputs[output.as_str()].try_extract_tensor::<f32>().map_err(fault)?;
        Ok(read(shape, values))
    }
}
