//! The only place that calls ONNX Runtime: here what all models share, below one file a model.
//!
//! The runtime is a library loaded when the daemon starts, so that its version is the operator's
//! choice and the build needs none. One session per model, one thread each, no spinning: several
//! models in one process otherwise slow each other, and idle pools burn a core (onnxruntime#17011,
//! #14018). Never decides what a number means: `head.rs`, `boxes.rs` and `motion.rs` do.

mod motion;
mod objects;
mod features;
mod anomaly;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue, builder::GraphOptimizationLevel};
use ort::value::{Outlet, TensorElementType, TensorRef};

pub use self::anomaly::AnomalyModel;
pub use self::features::{FeatureModel, Found};
pub use self::motion::MotionModel;
pub use self::objects::{Looked, ObjectModel, Spent};
use super::input::{self, InputSize, Picture, Sides};
use super::models::ModelsError;

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
    #[error("{key} of models.toml and the model {path} do not belong together: {fault}")]
    Entry { path: PathBuf, key: &'static str, fault: String },
    #[error("model {path} failed on a picture: {fault}")]
    Run { path: PathBuf, fault: String },
    #[error(
        "model {path} gives nothing but NaN for a picture; \
         take another file, or the one of models/fetch"
    )]
    NoNumbers { path: PathBuf },
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

/// The one input of a model that sees pictures: its name, and whether its sides are free.
struct Eyes {
    name: String,
    sides: Sides,
}

/// Checks the input of a model that sees pictures of this size; `key` is the one of models.toml
/// that names the size.
fn eyes(
    session: &Session,
    (path, key): (&Path, &'static str),
    size: InputSize,
) -> Result<Eyes, OnnxError> {
    let fault = |fault| OnnxError::Entry { path: path.to_path_buf(), key, fault };
    let [one] = session.inputs() else {
        let inputs = session.inputs().len();
        return Err(fault(format!(
            "it takes {inputs} inputs and not one, the picture; take another file"
        )));
    };
    floats(one).map_err(|what| fault(format!("its input is {what}")))?;
    let shape = one.dtype().tensor_shape().map_or(&[][..], |shape| shape);
    let sides = input::sides(shape, size).map_err(fault)?;
    Ok(Eyes { name: one.name().to_owned(), sides })
}

/// Whether numbers of 32 bits go in or out here.
fn floats(outlet: &Outlet) -> Result<(), String> {
    match outlet.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Ok(()),
        Some(other) => Err(format!("of {other} and not of f32; export it with 32-bit floats")),
        None => Err("no tensor; export it with 32-bit floats".to_owned()),
    }
}

fn tensor<'v>(shape: &'v [usize], values: &'v [f32]) -> ort::Result<SessionInputValue<'v>> {
    Ok(TensorRef::from_array_view((shape, values))?.into())
}
