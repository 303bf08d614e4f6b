//! A centre's own model of what is unusual, in the runtime.
//!
//! The contract: one input, 1 x 3 x height x width numbers of 32 bits, one thing cut out of the
//! picture with a little around it and stretched; one output of a single number, the larger the
//! stranger. What the number means, each camera learns.

use std::path::PathBuf;

use ort::session::Session;

use super::{OnnxError, Runtime, eyes, floats, tensor, unlike};
use crate::detect::Box01;
use crate::detect::input::{InputSize, PAD, Picture, Preparation, cut};
use crate::detect::models::Models;

/// Surroundings on each side, in sides of the thing: what it stands on belongs to it (guess,
/// revisit).
const AROUND: f32 = 0.1;

/// The model.
#[derive(Debug)]
pub struct AnomalyModel {
    session: Session,
    path: PathBuf,
    sha256: String,
    preparation: Preparation,
    size: InputSize,
    /// Smallest and largest score.
    range: [f32; 2],
    /// How the model calls what goes in and out.
    names: [String; 2],
    /// The thing and the input, kept between runs.
    thing: Vec<u8>,
    input: Vec<f32>,
}

impl AnomalyModel {
    /// Loads `models.anomaly`, where there is one, and tries it on a grey picture.
    ///
    /// # Errors
    /// The file is missing or another one, does not load, or is not as the contract says.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Option<Self>, OnnxError> {
        let Some((entry, path)) = models.anomaly()? else { return Ok(None) };
        let session = runtime.session(&path)?;
        let size = entry.size();
        let eyes = eyes(&session, (&path, "anomaly.input_px"), size)?;
        let fault = |fault| OnnxError::Entry { path: path.clone(), key: "anomaly.file", fault };
        let output =
            session.outputs().first().ok_or_else(|| fault("it gives nothing".to_owned()))?;
        floats(output).map_err(|what| fault(format!("its output is {what}")))?;
        let shape = output.dtype().tensor_shape().map_or(&[][..], |shape| shape);
        if shape.iter().any(|side| *side > 1) {
            let what = format!("its output is {shape:?} and not a single number; export its score");
            return Err(fault(what));
        }
        let names = [eyes.name, output.name().to_owned()];
        let mut model = Self {
            session,
            path: path.clone(),
            sha256: entry.sha256.to_ascii_lowercase(),
            preparation: entry.preparation(),
            size,
            range: entry.range,
            names,
            thing: Vec::new(),
            input: vec![PAD; 3 * size.width * size.height],
        };
        model.preparation.values(&mut model.input);
        if model.run()?.is_none() {
            return Err(fault("its score of a grey picture is no number (NaN)".to_owned()));
        }
        Ok(Some(model))
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The score of what is in `area`, 0..1 of its range; `None` where it is no number.
    ///
    /// # Errors
    /// The picture's bytes do not match its size, or the runtime failed.
    pub fn score(&mut self, picture: &Picture<'_>, area: &Box01) -> Result<Option<f32>, OnnxError> {
        let (width, height) =
            cut(picture, area, AROUND, &mut self.thing).ok_or_else(|| unlike(picture))?;
        let thing = Picture { bgr: &self.thing, width, height };
        let laid = self.preparation.lay(&thing, self.size, &mut self.input);
        laid.ok_or_else(|| unlike(picture))?;
        self.run()
    }

    fn run(&mut self) -> Result<Option<f32>, OnnxError> {
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let shape = [1, 3, self.size.height, self.size.width];
        let input = tensor(&shape, &self.input).map_err(fault)?;
        let [name, output] = &self.names;
        let outputs = self.session.run(ort::inputs![name.as_str() => input]).map_err(fault)?;
        let (_, values) = outputs[output.as_str()].try_extract_tensor::<f32>().map_err(fault)?;
        let [from, to] = self.range;
        let score = values.first().copied().filter(|score| !score.is_nan());
        Ok(score.map(|score| ((score - from) / (to - from)).clamp(0.0, 1.0)))
    }
}
