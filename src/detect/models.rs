//! The list of models, `models.toml`, and the proof that the files are the ones in it.
//!
//! A model decides what people are called out for, so a file that is not the measured one is
//! refused at start, with the next step. Nothing is ever fetched from here: `models/fetch` does
//! that.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

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

/// The object detector.
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
    /// Side of the square input, px; 416.
    pub input_px: usize,
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

/// How the raw output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    Yolox,
}

/// What the class numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classes {
    Coco80,
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
    if models.objects.input_px != super::boxes::INPUT_PX {
        let needed = super::boxes::INPUT_PX;
        return Err(format!(
            "objects.input_px is {}; the yolox head needs {needed}",
            models.objects.input_px
        ));
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST_TEXT: &str = include_str!("../../models/models.toml");

    fn check_parse(from: &str, to: &str, expect: &str) {
        assert!(LIST_TEXT.contains(from), "the list has no {from}");
        let fault = parse(&LIST_TEXT.replace(from, to)).expect_err("the list is faulty");
        assert!(fault.contains(expect), "{fault}");
    }

    #[test]
    fn the_committed_list_is_right() {
        let models = parse(LIST_TEXT).expect("the list is right");
        assert_eq!(models.objects.head, Head::Yolox);
        assert!(models.objects.min_score < models.objects.track_score);
    }

    #[test]
    fn faults_of_the_list_are_named() {
        check_parse("head = \"yolox\"", "head = \"other\"", "unknown variant `other`");
        check_parse("nms_iou = 0.45", "nms_iou = 45", "objects.nms_iou is 45");
        check_parse("input_px = 416", "input_px = 640", "objects.input_px is 640");
        check_parse("nms_iou", "nms_io", "unknown field `nms_io`");
    }

    /// A folder with the committed list and these two files.
    fn folder_with(motion: &[u8], objects: Option<&[u8]>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, bytes).expect("written");
        };
        write(LIST, LIST_TEXT.as_bytes());
        write("motion.onnx", motion);
        if let Some(bytes) = objects {
            write("fetched/yolox_nano_features.onnx", bytes);
        }
        folder
    }

    #[test]
    fn a_missing_or_another_file_is_refused_with_the_next_step() {
        let motion = include_bytes!("../../models/motion.onnx");
        let missing = folder_with(motion, None);
        let message = load(missing.path()).expect_err("missing").to_string();
        assert!(message.contains("yolox_nano_features.onnx cannot be read"), "{message}");
        assert!(message.ends_with("run models/fetch"), "{message}");
        let other = folder_with(motion, Some(b"abc"));
        let message = load(other.path()).expect_err("another").to_string();
        // The known hash of "abc" (FIPS 180-4).
        assert!(message.contains("sha256 ba7816bf8f01cfea"), "{message}");
        assert!(message.contains("and not cd4c5a0da052"), "{message}");
        assert!(message.contains("run models/fetch"), "{message}");
        let touched = folder_with(b"", Some(b"abc"));
        let message = load(touched.path()).expect_err("touched").to_string();
        assert!(message.contains("motion.onnx has sha256 e3b0c44298fc1c14"), "{message}");
    }

    #[test]
    fn a_folder_without_a_list_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = load(folder.path()).expect_err("no list").to_string();
        assert!(message.contains("set detect.models"), "{message}");
    }
}
