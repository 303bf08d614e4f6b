//! The object detector with its inner features in the runtime.

use std::path::PathBuf;

use ort::session::Session;

use super::{OnnxError, Runtime, check_outlets, tensor, unlike};
use crate::detect::Detection;
use crate::detect::boxes::{self, Limits};
use crate::detect::candidate::{self, Candidate, FeatureMap, Looks};
use crate::detect::head::{Head, Layout};
use crate::detect::input::{Fitted, InputSize, Picture, letterbox};
use crate::detect::models::Models;

/// The object detector with its inner features, for cameras whose normal is learnt. One run gives
/// the objects for the rules, and whatever stands out with its looks.
#[derive(Debug)]
pub struct FeatureModel {
    session: Session,
    path: PathBuf,
    sha256: String,
    layout: Layout,
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
    /// Proposals dropped because a number was none.
    pub odd: usize,
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
        let outputs: [(&str, &[i64]); 3] =
            [("output", &[1, -1, 85]), ("p4", &[1, 128, -1, -1]), ("p5", &[1, 256, -1, -1])];
        check_outlets(&path, session.outputs(), &outputs)?;
        let things = Limits { min_score: entry.min_score, nms_iou: entry.nms_iou };
        let objects_nms_iou = models.objects.nms_iou;
        let layout = Layout {
            head: Head::Yolox,
            classes: boxes::coco80(),
            strides: Head::Yolox.usual_strides().to_vec(),
        };
        let sha256 = entry.sha256.to_ascii_lowercase();
        Ok(Self { session, path, sha256, layout, objects_nms_iou, things, input: Vec::new() })
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
        let fitted = letterbox(picture, size, &mut self.input);
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
        let layout = &self.layout;
        let things = candidate::decode(layout, output, (fitted, picture), &self.things);
        if things.odd == things.of {
            return Err(OnnxError::NoNumbers { path: self.path.clone() });
        }
        let objects = boxes::decode(layout, output, (fitted, picture), &limits);
        Ok(Found {
            objects: objects.found,
            odd: things.odd,
            things: things
                .found
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
