//! The only file that calls ONNX Runtime.
//!
//! The runtime is a library loaded when the daemon starts, so that its version is the operator's
//! choice and the build needs none. One session per model, one thread each, no spinning: several
//! models in one process otherwise slow each other, and idle pools burn a core (onnxruntime#17011,
//! #14018). Never decides what a number means: `boxes.rs` and `motion.rs` do.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue, builder::GraphOptimizationLevel};
use ort::value::{Outlet, TensorRef};

use super::boxes::{self, Fitted, INPUT_PX, InputSize, Limits, PROPOSAL_LEN, PROPOSALS, Picture};
use super::candidate::{self, Candidate, FeatureMap, Looks};
use super::crop::Sheet;
use super::models::{Models, ModelsError};
use super::motion::{After, CELL_PLANES, MotionState, Plane, STATE_PLANES, Seen};
use super::{Box01, Detection, Motion, Search};

/// What can go wrong with the runtime and its models.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    #[error(
        "ONNX Runtime library {path} does not load: {fault}; run models/fetch, \
         or set detect.runtime to a libonnxruntime.so of version 1.24 or newer"
    )]
    Library { path: PathBuf, fault: String },
    #[error("this process already uses ONNX Runtime from {loaded}; it cannot also use {path}")]
    AnotherLibrary { path: PathBuf, loaded: PathBuf },
    #[error("model {path} does not load: {fault}")]
    Load { path: PathBuf, fault: String },
    #[error("model {path} has {found} where {expected} is expected; see models.toml")]
    Shape { path: PathBuf, expected: String, found: String },
    #[error("model {path} failed on a picture: {fault}")]
    Run { path: PathBuf, fault: String },
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error("a picture of {width} x {height} px came with {bytes} bytes")]
    Picture { width: u32, height: u32, bytes: usize },
}

/// The loaded library. The runtime allows one environment per process, for ever: the first opened
/// stays.
static ENVIRONMENT: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// The runtime library, ready to load models.
#[derive(Clone, Debug)]
pub struct Runtime(Environment);

impl Runtime {
    /// Loads the library at `library`; a second call with the same path gives the same runtime.
    ///
    /// # Errors
    /// The library is missing, too old, or another one is loaded already.
    pub fn open(library: &Path) -> Result<Self, OnnxError> {
        let path = std::path::absolute(library).unwrap_or_else(|_| library.to_path_buf());
        let fault = |fault: String| OnnxError::Library { path: path.clone(), fault };
        if !path.is_file() {
            return Err(fault("there is no such file".to_owned()));
        }
        let mut slot = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((loaded, environment)) = slot.as_ref() {
            if *loaded == path {
                return Ok(Self(environment.clone()));
            }
            return Err(OnnxError::AnotherLibrary { path: path.clone(), loaded: loaded.clone() });
        }
        let builder = ort::init_from(&path).map_err(|error| fault(error.to_string()))?;
        let environment = builder
            .with_name("gengfu")
            .with_telemetry(false)
            .build()
            .map_err(|error| fault(error.to_string()))?;
        *slot = Some((path.clone(), environment.clone()));
        Ok(Self(environment))
    }

    /// A session with one thread.
    fn session(&self, path: &Path) -> Result<Session, OnnxError> {
        let load = || -> ort::Result<Session> {
            Session::builder(&self.0)?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(1)?
                .with_inter_threads(1)?
                .with_intra_op_spinning(false)?
                .with_inter_op_spinning(false)?
                .commit_from_file(path)
        };
        load()
            .map_err(|error| OnnxError::Load { path: path.to_path_buf(), fault: error.to_string() })
    }
}

/// Compares names and shapes with what is expected; -1 stands for any length.
fn check_outlets(
    path: &Path,
    found: &[Outlet],
    expected: &[(&str, &[i64])],
) -> Result<(), OnnxError> {
    let describe = |name: &str, shape: &[i64]| format!("{name} {shape:?}");
    let found: Vec<String> = found
        .iter()
        .map(|one| describe(one.name(), one.dtype().tensor_shape().map_or(&[], |shape| shape)))
        .collect();
    let expected: Vec<String> =
        expected.iter().map(|(name, shape)| describe(name, shape)).collect();
    if found == expected {
        return Ok(());
    }
    Err(OnnxError::Shape {
        path: path.to_path_buf(),
        expected: expected.join(", "),
        found: found.join(", "),
    })
}

fn unlike(picture: &Picture<'_>) -> OnnxError {
    let Picture { width, height, bgr } = *picture;
    OnnxError::Picture { width, height, bytes: bgr.len() }
}

/// The motion calculation.
#[derive(Debug)]
pub struct MotionModel {
    session: Session,
    path: PathBuf,
}

impl MotionModel {
    /// Loads `models.motion`.
    ///
    /// # Errors
    /// The file does not load, or its inputs and outputs are not the expected ones.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Self, OnnxError> {
        const STATE: &[i64] = &[-1, STATE_PLANES as i64, -1, -1];
        const CELLS: &[i64] = &[-1, CELL_PLANES as i64, -1, -1];
        const PLANE: &[i64] = &[-1, 1, -1, -1];
        const NUMBER: &[i64] = &[-1, 1, 1, 1];
        let path = models.motion_path();
        let session = runtime.session(&path)?;
        let inputs = [
            ("grey", PLANE),
            ("state", STATE),
            ("cells", CELLS),
            ("rate", NUMBER),
            ("slow", NUMBER),
            ("decay", NUMBER),
            ("alone", NUMBER),
        ];
        let outputs = [("mask", PLANE), ("state_next", STATE), ("cells_next", CELLS)];
        check_outlets(&path, session.inputs(), &inputs)?;
        check_outlets(&path, session.outputs(), &outputs)?;
        Ok(Self { session, path })
    }

    /// What moves in the frame of one camera that was `seen`; `state` is that camera's.
    ///
    /// # Errors
    /// The runtime failed; what `state` has learnt stays as it was.
    pub fn run(
        &mut self,
        state: &mut MotionState,
        plane: &Plane,
        seen: Seen,
    ) -> Result<Motion, OnnxError> {
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let (columns, rows) = plane.cells();
        let dots = [1, 1, plane.height, plane.width];
        let planes = [1, STATE_PLANES, plane.height, plane.width];
        let cells = [1, CELL_PLANES, rows, columns];
        let one = [1; 4];
        let before = state.before(plane, seen);
        let numbers = [[before.rate], [before.slow], [before.decay], [before.alone]];
        let inputs = ort::inputs![
            "grey" => tensor(&dots, &plane.values).map_err(fault)?,
            "state" => tensor(&planes, before.state).map_err(fault)?,
            "cells" => tensor(&cells, before.cells).map_err(fault)?,
            "rate" => tensor(&one, &numbers[0]).map_err(fault)?,
            "slow" => tensor(&one, &numbers[1]).map_err(fault)?,
            "decay" => tensor(&one, &numbers[2]).map_err(fault)?,
            "alone" => tensor(&one, &numbers[3]).map_err(fault)?,
        ];
        let outputs = self.session.run(inputs).map_err(fault)?;
        let values =
            |name: &str| outputs[name].try_extract_tensor::<f32>().map(|(_, values)| values);
        let after = After {
            mask: values("mask").map_err(fault)?,
            state: values("state_next").map_err(fault)?,
            cells: values("cells_next").map_err(fault)?,
        };
        Ok(state.after(&after))
    }
}

fn tensor<'v>(shape: &'v [usize], values: &'v [f32]) -> ort::Result<SessionInputValue<'v>> {
    Ok(TensorRef::from_array_view((shape, values))?.into())
}

/// The object detector.
#[derive(Debug)]
pub struct ObjectModel {
    session: Session,
    path: PathBuf,
    nms_iou: f32,
    /// Its one input size; none where the sides are free.
    fixed: Option<InputSize>,
    /// The input, kept between frames.
    input: Vec<f32>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Best first.
    pub found: Vec<Detection>,
    /// What it cost, in searches of a square of 416 x 416 px.
    pub cost: f32,
    pub search: Search,
}

impl ObjectModel {
    /// Loads `models.objects`, whose input may have one size or sides of any multiple of 32.
    ///
    /// # Errors
    /// The file does not load, or its input and first output are not the expected ones.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Self, OnnxError> {
        let path = models.objects_path();
        let session = runtime.session(&path)?;
        let shape = session.inputs().first().and_then(|one| one.dtype().tensor_shape());
        let free = shape.is_some_and(|shape| shape.iter().filter(|side| **side < 0).count() == 2);
        let (side, proposals) = if free { (-1, -1) } else { (INPUT_PX as i64, PROPOSALS as i64) };
        check_outlets(&path, session.inputs(), &[("images", &[1, 3, side, side])])?;
        // A model may tell more than is needed here.
        let first = &session.outputs()[..session.outputs().len().min(1)];
        check_outlets(&path, first, &[("output", &[1, proposals, PROPOSAL_LEN as i64])])?;
        let fixed = (!free).then_some(InputSize::SQUARE);
        Ok(Self { session, path, nms_iou: models.objects.nms_iou, fixed, input: Vec::new() })
    }

    /// Objects in the whole `picture` with at least `min_score`.
    ///
    /// # Errors
    /// The picture's bytes do not match its size, or the runtime failed.
    pub fn whole(&mut self, picture: &Picture<'_>, min_score: f32) -> Result<Looked, OnnxError> {
        let size = self.fixed.unwrap_or_else(|| InputSize::of(picture));
        let fitted =
            boxes::letterbox(picture, size, &mut self.input).ok_or_else(|| unlike(picture))?;
        let limits = Limits { min_score, nms_iou: self.nms_iou };
        let found = self.run(size, |values| boxes::decode(values, fitted, picture, &limits))?;
        Ok(Looked { found, cost: size.cost(), search: Search::Whole })
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
        let whole = InputSize::of(picture);
        let scale = (whole.width as f32 / picture.width.max(1) as f32).min(1.0);
        let sheet = Sheet::around(wanted, (picture.width, picture.height), (scale, whole));
        let Some(sheet) = sheet.filter(|_| self.fixed.is_none()) else {
            return self.whole(picture, min_score);
        };
        sheet.paint(picture, &mut self.input).ok_or_else(|| unlike(picture))?;
        let limits = Limits { min_score, nms_iou: self.nms_iou };
        let (width, height) = (sheet.size.width as u32, sheet.size.height as u32);
        let all = Picture { bgr: &[], width, height };
        let fitted = Fitted { size: sheet.size, scale: 1.0 };
        let found = self.run(sheet.size, |values| boxes::decode(values, fitted, &all, &limits))?;
        let found = sheet.back(&found);
        Ok(Looked { found, cost: sheet.size.cost(), search: Search::Parts })
    }

    /// Runs the model on `input` of this size and reads what it says.
    fn run<T>(&mut self, size: InputSize, read: impl FnOnce(&[f32]) -> T) -> Result<T, OnnxError> {
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let shape = [1, 3, size.height, size.width];
        let input = tensor(&shape, &self.input).map_err(fault)?;
        let outputs = self.session.run(ort::inputs!["images" => input]).map_err(fault)?;
        let (_, values) = outputs["output"].try_extract_tensor::<f32>().map_err(fault)?;
        Ok(read(values))
    }
}

/// The object detector with its inner features, for cameras whose normal is learnt. One run gives
/// the objects for the rules, and whatever stands out with its looks.
#[derive(Debug)]
pub struct FeatureModel {
    session: Session,
    path: PathBuf,
    sha256: String,
    /// For objects, as those of `ObjectModel`.
    objects_nms_iou: f32,
    things: Limits,
    /// The input, kept between frames.
    input: Vec<f32>,
}

/// What one run of `FeatureModel` found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Objects of watched classes, best first.
    pub objects: Vec<Detection>,
    /// Whatever stands out, with its looks, best first.
    pub things: Vec<(Candidate, Looks)>,
}

impl FeatureModel {
    /// Loads `models.features`.
    ///
    /// # Errors
    /// It is not listed, is another file, or its inputs and outputs are not the expected ones.
    pub fn load(runtime: &Runtime, models: &Models) -> Result<Self, OnnxError> {
        let (entry, path) = models.features()?;
        let session = runtime.session(&path)?;
        check_outlets(&path, session.inputs(), &[("images", &[1, 3, -1, -1])])?;
        let outputs: [(&str, &[i64]); 3] = [
            ("output", &[1, -1, PROPOSAL_LEN as i64]),
            ("p4", &[1, 128, -1, -1]),
            ("p5", &[1, 256, -1, -1]),
        ];
        check_outlets(&path, session.outputs(), &outputs)?;
        let things = Limits { min_score: entry.min_score, nms_iou: entry.nms_iou };
        let objects_nms_iou = models.objects.nms_iou;
        let sha256 = entry.sha256.to_ascii_lowercase();
        Ok(Self { session, path, sha256, objects_nms_iou, things, input: Vec::new() })
    }

    /// SHA-256 of the file: what was learnt with one model says nothing about another's.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Objects in `picture` with at least `min_score`, and whatever stands out.
    ///
    /// # Errors
    /// The picture's bytes do not match its size, or the runtime failed.
    pub fn run(&mut self, picture: &Picture<'_>, min_score: f32) -> Result<Found, OnnxError> {
        let size = candidate::input_size(picture);
        let fitted = boxes::letterbox(picture, size, &mut self.input);
        let fitted = fitted.ok_or_else(|| unlike(picture))?;
        let path = &self.path;
        let fault =
            |error: ort::Error| OnnxError::Run { path: path.clone(), fault: error.to_string() };
        let shape = [1, 3, size.height, size.width];
        let input = tensor(&shape, &self.input).map_err(fault)?;
        let outputs = self.session.run(ort::inputs!["images" => input]).map_err(fault)?;
        let values =
            |name: &str| outputs[name].try_extract_tensor::<f32>().map(|(_, values)| values);
        let output = values("output").map_err(fault)?;
        let near = grid(values("p4").map_err(fault)?, fitted, 16);
        let far = grid(values("p5").map_err(fault)?, fitted, 32);
        let limits = Limits { min_score, nms_iou: self.objects_nms_iou };
        let looks = |thing: &Candidate| {
            let pool = |map| candidate::pool(map, &thing.area, fitted, picture);
            Looks { near: pool(&near), far: pool(&far) }
        };
        let things = candidate::decode(output, fitted, picture, &self.things);
        Ok(Found {
            objects: boxes::decode(output, fitted, picture, &limits),
            things: things
                .into_iter()
                .map(|thing| {
                    let looks = looks(&thing);
                    (thing, looks)
                })
                .collect(),
        })
    }
}

const fn grid(values: &[f32], fitted: Fitted, stride_px: usize) -> FeatureMap<'_> {
    let Fitted { size: InputSize { width, height }, .. } = fitted;
    FeatureMap { values, width: width / stride_px, height: height / stride_px, stride_px }
}
