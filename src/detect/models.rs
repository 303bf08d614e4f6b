//! The list of models, `models.toml`, and the proof that the files are the ones in it.
//!
//! A model decides what people are called out for, so a file that is not the measured one is
//! refused at start, with the next step. Nothing is ever fetched from here: `models/fetch` does
//! that.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Class;
use super::boxes::coco80;
use super::head::{Head, Layout};
use super::input::{Colour, Fit, InputSize, Preparation};

/// The name of the list in the models' folder.
const LIST: &str = "models.toml";

/// What can be wrong with the models.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    #[error("cannot read {path}: {source}; set detect.models to the folder of models.toml")]
    List { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a list of models: {fault}")]
    Syntax { path: PathBuf, fault: String },
    #[error("model {path} cannot be read: {source}; run models/fetch")]
    Missing { path: PathBuf, source: std::io::Error },
    #[error(
        "{list} lists no [features]; take them over from the models.toml of this version, \
         then run models/fetch"
    )]
    NoFeatures { list: PathBuf },
    #[error(
        "model {path} has sha256 {found} and not {expected}; run models/fetch, \
         or change models.toml if the model is meant to be another"
    )]
    Differs { path: PathBuf, expected: String, found: String },
}

/// The whole list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    pub motion: MotionEntry,
    pub objects: ObjectEntry,
    /// None where nothing is learnt of what is normal.
    pub features: Option<FeatureEntry>,
    /// A centre's own model of what is unusual.
    pub anomaly: Option<AnomalyEntry>,
    /// Where the list lies; files are named from here.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The motion calculation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MotionEntry {
    /// Path from the list's folder.
    pub file: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub source: String,
    pub licence: String,
    /// What the model takes, in words.
    pub input: String,
    /// On what the thresholds were measured, with the result.
    pub measured: String,
}

/// The object detector. What is left out is as models of that head are usually trained.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectEntry {
    /// Path from the list's folder.
    pub file: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub source: String,
    pub licence: String,
    pub head: Head,
    /// Side of a square input, or its width and height, px.
    pub input_px: InputPx,
    pub colour: Option<Colour>,
    pub fit: Option<Fit>,
    /// Taken from the values 0..255 of each plane.
    pub mean: Option<[f32; 3]>,
    /// They are divided by this then.
    pub std: Option<[f32; 3]>,
    /// Input px per cell of each grid of the output, in its order.
    pub strides: Option<Vec<usize>>,
    pub classes: Classes,
    /// Lowest score 0..1 that reaches the tracker.
    pub min_score: f32,
    /// Lowest score 0..1 that begins a track.
    pub track_score: f32,
    /// Overlap 0..1 above which two boxes of a class are one object.
    pub nms_iou: f32,
    /// On what the thresholds were measured, with the result.
    pub measured: String,
}

/// The object detector with its inner features as outputs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureEntry {
    /// Path from the list's folder.
    pub file: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub source: String,
    pub licence: String,
    /// What the model takes, in words.
    pub input: String,
    /// Lowest score 0..1 of any class that counts as something there.
    pub min_score: f32,
    /// Overlap 0..1 above which two boxes are one thing, whatever their classes.
    pub nms_iou: f32,
    /// On what it was measured.
    pub measured: String,
}

/// A centre's own model of what is unusual: it sees one thing, cut out of the picture and stretched
/// over its input, and gives one number; the larger, the stranger.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnomalyEntry {
    /// Path from the list's folder.
    pub file: PathBuf,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub source: String,
    pub licence: String,
    /// Side of a square input, or its width and height, px.
    pub input_px: InputPx,
    /// "rgb" where it is left out, as most networks for pictures are trained.
    pub colour: Option<Colour>,
    /// Taken from the values 0..255 of each plane; 0 where it is left out.
    pub mean: Option<[f32; 3]>,
    /// They are divided by this then; 255 where it is left out.
    pub std: Option<[f32; 3]>,
    /// Between which numbers scores are told apart; what lies outside counts as the nearer one.
    pub range: [f32; 2],
    /// On what it was measured.
    pub measured: String,
}

impl AnomalyEntry {
    /// The size of the input.
    #[must_use]
    pub const fn size(&self) -> InputSize {
        self.input_px.size()
    }

    /// What becomes of a thing before it is seen.
    #[must_use]
    pub fn preparation(&self) -> Preparation {
        Preparation {
            fit: Fit::Stretch,
            colour: self.colour.unwrap_or(Colour::Rgb),
            mean: self.mean.unwrap_or([0.0; 3]),
            std: self.std.unwrap_or([255.0; 3]),
        }
    }

    /// The first fault, in words.
    fn check(&self) -> Result<(), String> {
        check_input("anomaly", self.size(), &self.preparation())?;
        let [from, to] = self.range;
        if !(from.is_finite() && to.is_finite() && from < to) {
            return Err(format!(
                "anomaly.range is [{from}, {to}]; write the smallest and the largest score that the \
                 model gives"
            ));
        }
        Ok(())
    }
}

/// Whether an input makes sense; `kind` is the table of models.toml.
fn check_input(kind: &str, size: InputSize, preparation: &Preparation) -> Result<(), String> {
    let InputSize { width, height } = size;
    let sides = 32..=SIDE_MAX_PX;
    if !sides.contains(&width) || !sides.contains(&height) {
        let px = format!("{width} x {height}");
        return Err(format!("{kind}.input_px is {px}; sides are 32 to {SIDE_MAX_PX} px"));
    }
    let Preparation { mean, std, .. } = preparation;
    if !mean.iter().all(|value| value.is_finite()) {
        return Err(format!("{kind}.mean is {mean:?}; write three numbers"));
    }
    if !std.iter().all(|value| value.is_finite() && *value > 0.0) {
        return Err(format!(
            "{kind}.std is {std:?}; values are divided by it, write three numbers above 0"
        ));
    }
    Ok(())
}

/// Size of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "write the side of a square, 416, or width and height, [640, 384]")]
pub enum InputPx {
    Side(usize),
    Sides([usize; 2]),
}

impl InputPx {
    const fn size(self) -> InputSize {
        match self {
            Self::Side(side) => InputSize { width: side, height: side },
            Self::Sides([width, height]) => InputSize { width, height },
        }
    }
}

/// What the class numbers mean.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "write \"coco80\", or a list of the model's classes in our words")]
pub enum Classes {
    /// A known list.
    Known(KnownClasses),
    /// Our word for each of the model's classes, in its order; "-" for one that is not watched for.
    Own(Vec<String>),
}

/// Lists of classes with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownClasses {
    Coco80,
}

impl Classes {
    /// Our class for each of the model's; the words were checked.
    #[must_use]
    pub fn ours(&self) -> Vec<Option<Class>> {
        match self {
            Self::Known(KnownClasses::Coco80) => coco80(),
            Self::Own(words) => words.iter().map(|word| Class::parse(word)).collect(),
        }
    }
}

/// Largest side of an input, px: a search of it costs 24 of the stock detector's (guess, revisit).
const SIDE_MAX_PX: usize = 2048;
/// Means and deviations of ImageNet in the order BGR, as NanoDet's configurations have them.
const IMAGENET_BGR: ([f32; 3], [f32; 3]) = ([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);

impl ObjectEntry {
    /// The size of the input.
    #[must_use]
    pub const fn size(&self) -> InputSize {
        self.input_px.size()
    }

    /// How its output is laid out.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let strides = self.strides.clone().unwrap_or_else(|| self.head.usual_strides().to_vec());
        Layout { head: self.head, classes: self.classes.ours(), strides }
    }

    /// What becomes of a picture before it is seen.
    #[must_use]
    pub fn preparation(&self) -> Preparation {
        let (fit, colour, (mean, std)) = match self.head {
            Head::Yolox => (Fit::Letterbox, Colour::Bgr, ([0.0; 3], [1.0; 3])),
            Head::Yolov8 => (Fit::Letterbox, Colour::Rgb, ([0.0; 3], [255.0; 3])),
            Head::Nanodet => (Fit::Stretch, Colour::Bgr, IMAGENET_BGR),
        };
        Preparation {
            fit: self.fit.unwrap_or(fit),
            colour: self.colour.unwrap_or(colour),
            mean: self.mean.unwrap_or(mean),
            std: self.std.unwrap_or(std),
        }
    }

    /// The first fault, in words.
    fn check(&self) -> Result<(), String> {
        check_input("objects", self.size(), &self.preparation())?;
        let layout = self.layout();
        if layout.strides.is_empty()
            || layout.strides.iter().any(|stride| !(1..=256).contains(stride))
        {
            let strides = &layout.strides;
            return Err(format!(
                "objects.strides is {strides:?}; write the px per cell of each grid, 1 to 256"
            ));
        }
        self.check_classes()
    }

    fn check_classes(&self) -> Result<(), String> {
        let Classes::Own(words) = &self.classes else { return Ok(()) };
        if let Some(word) = words.iter().find(|word| *word != "-" && Class::parse(word).is_none()) {
            let known = Class::ALL.map(Class::as_str).join(", ");
            return Err(format!(
                "objects.classes has '{word}'; write for each class of the model one of {known}, or \
                 \"-\" if it is not watched for"
            ));
        }
        if words.iter().all(|word| word == "-") {
            return Err("objects.classes names no class that is watched for".to_owned());
        }
        Ok(())
    }
}

/// Reads the list in `folder` and checks that every file in it is there and is the right one.
///
/// # Errors
/// Says which file is wrong, what was expected and what to do.
pub fn load(folder: &Path) -> Result<Models, ModelsError> {
    let path = folder.join(LIST);
    let text = std::fs::read_to_string(&path)
        .map_err(|source| ModelsError::List { path: path.clone(), source })?;
    let mut models = parse(&text).map_err(|fault| ModelsError::Syntax { path, fault })?;
    models.folder = folder.to_path_buf();
    check(&models.motion_path(), &models.motion.sha256)?;
    check(&models.objects_path(), &models.objects.sha256)?;
    Ok(models)
}

/// The list as text.
///
/// # Errors
/// The first fault, in words.
pub fn parse(text: &str) -> Result<Models, String> {
    let models: Models = toml::from_str(text).map_err(|error| error.to_string())?;
    let shares = [
        ("objects.min_score", models.objects.min_score),
        ("objects.track_score", models.objects.track_score),
        ("objects.nms_iou", models.objects.nms_iou),
    ];
    let features = models.features.iter().flat_map(|features| {
        [("features.min_score", features.min_score), ("features.nms_iou", features.nms_iou)]
    });
    let shares: Vec<_> = shares.into_iter().chain(features).collect();
    if let Some((name, value)) = shares.iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
        return Err(format!("{name} is {value}; it must be a share 0 to 1"));
    }
    models.objects.check()?;
    models.anomaly.as_ref().map_or(Ok(()), AnomalyEntry::check)?;
    Ok(models)
}

fn check(path: &Path, expected: &str) -> Result<(), ModelsError> {
    let found =
        sha256(path).map_err(|source| ModelsError::Missing { path: path.to_path_buf(), source })?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(ModelsError::Differs { path: path.to_path_buf(), expected: expected.to_owned(), found })
}

/// SHA-256 of a file, lower-case hexadecimal.
fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Models {
    /// The motion calculation's file.
    #[must_use]
    pub fn motion_path(&self) -> PathBuf {
        self.folder.join(&self.motion.file)
    }

    /// The detector's file.
    #[must_use]
    pub fn objects_path(&self) -> PathBuf {
        self.folder.join(&self.objects.file)
    }

    /// The detector with features and its file, checked now: only who learns needs it.
    ///
    /// # Errors
    /// It is not listed, missing, or another file than listed.
    pub fn features(&self) -> Result<(&FeatureEntry, PathBuf), ModelsError> {
        let list = || ModelsError::NoFeatures { list: self.folder.join(LIST) };
        let entry = self.features.as_ref().ok_or_else(list)?;
        let path = self.folder.join(&entry.file);
        check(&path, &entry.sha256)?;
        Ok((entry, path))
    }

    /// A centre's own model of what is unusual and its file, checked now; `None` when none is
    /// listed.
    ///
    /// # Errors
    /// It is missing, or another file than listed.
    pub fn anomaly(&self) -> Result<Option<(&AnomalyEntry, PathBuf)>, ModelsError> {
        let Some(entry) = &self.anomaly else { return Ok(None) };
        let path = self.folder.join(&entry.file);
        check(&path, &entry.sha256)?;
        Ok(Some((entry, path)))
    }
}

#[cfg(test)]
#[path = "models_test.rs"]
mod tests;
