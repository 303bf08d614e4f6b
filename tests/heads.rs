//! A centre's own model of each head, from `models.toml` to boxes through the ONNX Runtime.
//!
//! The models are made here, with weights that say: what is red over a whole cell of 32 px is of
//! the first class, what is blue over a whole cell of 16 px of the second, each with the cell as
//! its box. So a wrong order of colours, a wrong scale of values, a wrong grid or a picture laid
//! wrongly finds nothing or something elsewhere. Needs `models/fetch` to have run.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gengfu::camera::{CameraId, Frame};
use gengfu::clock::UnixMs;
use gengfu::config;
use gengfu::detect::task::Detector;
use gengfu::detect::{Class, Detection};
use sha2::{Digest as _, Sha256};

use crate::support::onnx::{DOUBLE, FLOAT, Graph};

const STRIDES: [usize; 3] = [8, 16, 32];
/// Side of the made models' input, px.
const SIDE: usize = 128;
/// Bins of the made NanoDet.
const BINS: usize = 8;
/// How sure the made models are: a cell half full is a coin's throw.
const SURE: f32 = 20.0;

/// A made model.
#[derive(Clone, Copy)]
struct Made {
    head: &'static str,
    /// Whether its sides are declared free.
    free: bool,
    /// Mean and deviation of its values.
    values: (f32, f32),
    /// The plane of red and that of blue.
    planes: [usize; 2],
    /// Added to the second class's scores before the sigmoid.
    spoilt: f32,
}

const YOLOX: Made =
    Made { head: "yolox", free: false, values: (0.0, 1.0), planes: [2, 0], spoilt: 0.0 };
const YOLOV8: Made =
    Made { head: "yolov8", free: false, values: (0.0, 255.0), planes: [0, 2], spoilt: 0.0 };
const NANODET: Made =
    Made { head: "nanodet", free: false, values: (100.0, 50.0), planes: [2, 0], spoilt: 0.0 };

impl Made {
    /// Weights and bias of "this plane is full and the others are not" for a grid.
    fn scores(self, stride: usize) -> (Vec<f32>, Vec<f32>) {
        let (mean, std) = self.values;
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for (plane, own) in self.planes.into_iter().zip([32, 16]) {
            let sign = |at: usize| if at == plane { 1.0 } else { -1.0 };
            let signs = [0, 1, 2].map(sign);
            weights.extend(signs.map(|sign| sign * SURE * std / 255.0));
            let moved = signs.iter().sum::<f32>() * SURE * mean / 255.0;
            // On another grid it never is.
            bias.push(moved - if own == stride { SURE / 2.0 } else { 3.0 * SURE });
        }
        bias[1] += self.spoilt;
        (weights, bias)
    }

    /// Numbers of a proposal before its scores, or behind them, that are the same in every cell.
    fn always(self) -> Vec<f32> {
        match self.head {
            "yolox" => vec![0.5, 0.5, 0.0, 0.0],
            // Left and up nothing, right and down one cell.
            "nanodet" => [0, 0, 1, 1]
                .iter()
                .flat_map(|at| (0..BINS).map(move |bin| if bin == *at { 50.0 } else { 0.0 }))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn model(self) -> Vec<u8> {
        let side = if self.free { -1 } else { SIDE as i64 };
        let mut graph = Graph::default().input("picture", &[1, 3, side, side]);
        let mut grids = Vec::new();
        for stride in STRIDES {
            let (weights, bias) = self.scores(stride);
            let name = |part: &str| format!("{part}{stride}");
            let kernel: &[i64] = &[stride as i64, stride as i64];
            let shapes: [(&str, &[i64]); 2] = [("kernel_shape", kernel), ("strides", kernel)];
            graph = graph
                .node(("AveragePool", &["picture"], &name("pool")), &shapes)
                .known(&name("weights"), &[2, 3, 1, 1], &weights)
                .known(&name("bias"), &[2], &bias)
                .node(
                    ("Conv", &[&name("pool"), &name("weights"), &name("bias")], &name("logits")),
                    &[],
                )
                .node(("Sigmoid", &[&name("logits")], &name("scores")), &[]);
            graph = self.grid(graph, stride);
            grids.push(name("grid"));
        }
        let grids: Vec<&str> = grids.iter().map(String::as_str).collect();
        self.joined(graph, &grids).model()
    }

    /// One grid as `grid{stride}`: 1 x numbers x cells.
    fn grid(self, graph: Graph, stride: usize) -> Graph {
        let name = |part: &str| format!("{part}{stride}");
        let always = self.always();
        let (length, zeros) = (always.len() as i64, vec![0.0; always.len() * 3]);
        let flat = |graph: Graph, from: &str, numbers: i64| {
            graph
                .shape(&name("shape"), &[1, numbers, -1])
                .node(("Reshape", &[from, &name("shape")], &name("grid")), &[])
        };
        if self.head == "yolov8" {
            return flat(graph, &name("scores"), 2);
        }
        let graph = graph
            .known(&name("zeros"), &[length, 3, 1, 1], &zeros)
            .known(&name("always"), &[length], &always)
            .node(("Conv", &[&name("pool"), &name("zeros"), &name("always")], &name("box")), &[]);
        if self.head == "nanodet" {
            let parts = [name("scores"), name("box")];
            let parts = parts.each_ref().map(String::as_str);
            let graph = graph.node(("Concat", &parts, &name("all")), &[("axis", &[1])]);
            return flat(graph, &name("all"), 2 + length);
        }
        // Objectness 1: the scores alone decide.
        let graph = graph
            .known(&name("none"), &[1, 3, 1, 1], &[0.0; 3])
            .known(&name("one"), &[1], &[1.0])
            .node(("Conv", &[&name("pool"), &name("none"), &name("one")], &name("there")), &[]);
        let parts = [name("box"), name("there"), name("scores")];
        let parts = parts.each_ref().map(String::as_str);
        let graph = graph.node(("Concat", &parts, &name("all")), &[("axis", &[1])]);
        flat(graph, &name("all"), 7)
    }

    fn joined(self, graph: Graph, grids: &[&str]) -> Graph {
        let cells: usize = STRIDES.iter().map(|stride| (SIDE / stride).pow(2)).sum();
        let any = if self.free { -1 } else { cells as i64 };
        let graph = graph.node(("Concat", grids, "cells"), &[("axis", &[2])]);
        if self.head == "yolov8" {
            return graph
                .known("boxes", &[1, 4, cells as i64], &boxes())
                .node(("Concat", &["boxes", "cells"], "out"), &[("axis", &[1])])
                .output("out", FLOAT, &[1, 6, any]);
        }
        let numbers = if self.head == "yolox" { 7 } else { 2 + 4 * BINS as i64 };
        graph.node(("Transpose", &["cells"], "out"), &[("perm", &[0, 2, 1])]).output(
            "out",
            FLOAT,
            &[1, any, numbers],
        )
    }
}

/// Middle and size of every cell, px, number by number.
fn boxes() -> Vec<f32> {
    let cells = STRIDES.iter().flat_map(|&stride| {
        let columns = SIDE / stride;
        (0..columns * columns).map(move |cell| {
            let middle = |at: usize| (at as f32 + 0.5) * stride as f32;
            [middle(cell % columns), middle(cell / columns), stride as f32, stride as f32]
        })
    });
    let cells: Vec<[f32; 4]> = cells.collect();
    (0..4).flat_map(|number| cells.iter().map(move |cell| cell[number])).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of models with this one for objects, and these lines about it.
fn folder(model: &[u8], lines: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let list = std::fs::read_to_string(root().join("models/models.toml")).unwrap();
    let (motion, _) = list.split_once("[objects]").unwrap();
    let hash: String = Sha256::digest(model).iter().map(|byte| format!("{byte:02x}")).collect();
    let objects = format!(
        "[objects]\nfile = \"own.onnx\"\nsha256 = \"{hash}\"\nsource = \"a test\"\n\
         licence = \"Apache-2.0\"\nclasses = [\"person\", \"vehicle\"]\nmin_score = 0.1\n\
         track_score = 0.4\nnms_iou = 0.45\nmeasured = \"by a test\"\n{lines}\n"
    );
    std::fs::copy(root().join("models/motion.onnx"), folder.path().join("motion.onnx")).unwrap();
    std::fs::write(folder.path().join("own.onnx"), model).unwrap();
    std::fs::write(folder.path().join("models.toml"), format!("{motion}{objects}")).unwrap();
    folder
}

fn load(model: &[u8], lines: &str) -> Result<Detector, String> {
    let folder = folder(model, lines);
    let models: PathBuf = folder.path().to_path_buf();
    let config = config::Detect { models, ..config::Detect::default() };
    Detector::load(&config, root()).map_err(|error| error.to_string())
}

/// A dark picture with a red and a blue block.
fn frame((width, height): (u32, u32), blocks: [[u32; 4]; 2]) -> Frame {
    let mut bgr = vec![0; (width * height * 3) as usize];
    for (block, channel) in blocks.iter().zip([2, 0]) {
        for y in block[1]..block[3] {
            for x in block[0]..block[2] {
                bgr[((y * width + x) * 3 + channel) as usize] = 255;
            }
        }
    }
    Frame {
        camera: CameraId::try_from("yard").unwrap(),
        seq: 0,
        session: 0,
        pts_ms: 0,
        seen_at: UnixMs(0),
        width,
        height,
        bgr: bgr.into(),
        grey_width: 0,
        grey_height: 0,
        grey: Arc::from([]),
    }
}

/// A person where it is red and a vehicle where it is blue, to a px, and nothing else.
#[track_caller]
fn check(made: Made, lines: &str, size: (u32, u32), blocks: [[u32; 4]; 2]) {
    let lines = format!("head = \"{}\"\n{lines}", made.head);
    let mut detector = load(&made.model(), &lines).unwrap();
    let mut found = detector.objects(&frame(size, blocks)).unwrap();
    found.sort_by_key(|one| one.class);
    let told = |one: &Detection| {
        assert!(one.score > 0.9, "{one:?}");
        let area = [one.area.x0, one.area.y0, one.area.x1, one.area.y1];
        let (width, height) = (size.0 as f32, size.1 as f32);
        let px = [area[0] * width, area[1] * height, area[2] * width, area[3] * height];
        (one.class, px.map(|side| side.round() as u32))
    };
    let found: Vec<_> = found.iter().map(told).collect();
    assert_eq!(found, [(Class::Person, blocks[0]), (Class::Vehicle, blocks[1])], "{lines}");
}

const WIDE: (u32, u32) = (256, 128);
/// Cells of the input in a picture twice as wide as high that keeps its shape, and in one that is
/// stretched.
const KEPT: [[u32; 4]; 2] = [[64, 0, 128, 64], [192, 64, 224, 96]];
const STRETCHED: [[u32; 4]; 2] = [[64, 96, 128, 128], [192, 64, 224, 80]];

#[test]
fn each_head_finds_what_is_there_as_its_models_are_usually_trained() {
    check(YOLOX, "input_px = 128", WIDE, KEPT);
    check(YOLOV8, "input_px = 128", WIDE, KEPT);
    let values = "mean = [100.0, 100.0, 100.0]\nstd = [50.0, 50.0, 50.0]\nstrides = [8, 16, 32]";
    check(NANODET, &format!("input_px = [128, 128]\n{values}"), WIDE, STRETCHED);
}

#[test]
fn colour_values_and_shape_are_as_the_list_says() {
    let rgb = Made { planes: [0, 2], ..YOLOX };
    check(rgb, "input_px = 128\ncolour = \"rgb\"\nfit = \"stretch\"", WIDE, STRETCHED);
    let plain = Made { values: (0.0, 1.0), planes: [2, 0], ..YOLOV8 };
    let lines = "input_px = 128\ncolour = \"bgr\"\nstd = [1.0, 1.0, 1.0]";
    check(plain, lines, WIDE, KEPT);
    let values = "mean = [100.0, 100.0, 100.0]\nstd = [50.0, 50.0, 50.0]\nstrides = [8, 16, 32]";
    let lines = format!("input_px = 128\nfit = \"letterbox\"\n{values}");
    check(NANODET, &lines, WIDE, KEPT);
}

#[test]
fn free_sides_cost_no_more_than_the_picture() {
    check(Made { free: true, ..YOLOX }, "input_px = 128", WIDE, KEPT);
}

#[track_caller]
fn refused(made: &[u8], lines: &str, expect: &[&str]) {
    let told = load(made, lines).expect_err("it is refused");
    for expect in expect {
        assert!(told.contains(expect), "{told}");
    }
}

#[test]
fn a_model_that_is_not_as_the_list_says_is_refused_with_the_key_and_what_to_write() {
    let yolox = YOLOX.model();
    let head = |head: &str| format!("head = \"{head}\"\ninput_px = 128");
    refused(
        &yolox,
        "head = \"yolox\"\ninput_px = 416",
        &["objects.input_px of models.toml", "takes 1 x 3 x 128 x 128", "write 128"],
    );
    refused(&yolox, &head("yolov8"), &["objects.head", "looks like head = \"yolox\""]);
    refused(&YOLOV8.model(), &head("yolox"), &["objects.head", "looks like head = \"yolov8\""]);
    let lines = format!("{}\nstrides = [16, 32]", head("yolox"));
    refused(&yolox, &lines, &["336 proposals and not 80", "write strides"]);
    let lines = head("yolox").replace("input_px = 128", "input_px = [128, 64]");
    refused(&yolox, &lines, &["takes 1 x 3 x 128 x 128", "[128, 64] is written; write 128"]);
    refused(b"no model", &head("yolox"), &["own.onnx does not load"]);
}

#[test]
fn a_model_of_other_numbers_or_without_its_sigmoid_is_refused() {
    let sides = [1, 3, SIDE as i64, SIDE as i64];
    let wide = Graph::default()
        .input("picture", &sides)
        .node(("GlobalAveragePool", &["picture"], "mean"), &[])
        .node(("Cast", &["mean"], "out"), &[("to", &[DOUBLE])])
        .output("out", DOUBLE, &[1, 3, 1, 1]);
    let lines = "head = \"yolov8\"\ninput_px = 128";
    refused(&wide.model(), lines, &["objects.head", "its output is of", "32-bit floats"]);
    // Six known numbers for one proposal, whatever is seen.
    let known = |numbers: [f32; 6]| {
        Graph::default()
            .input("picture", &sides)
            .known("zero", &[1], &[0.0])
            .shape("one", &[1, 1, 1])
            .known("numbers", &[1, 6, 1], &numbers)
            .node(("GlobalAveragePool", &["picture"], "mean"), &[])
            .node(("Mul", &["mean", "zero"], "nothing"), &[])
            .node(("ReduceMax", &["nothing"], "single"), &[("axes", &[0, 1, 2, 3])])
            .node(("Reshape", &["single", "one"], "cube"), &[])
            .node(("Add", &["numbers", "cube"], "out"), &[])
            .output("out", FLOAT, &[1, 6, 1])
            .model()
    };
    let nan = f32::NAN;
    assert!(load(&known([9.0, 9.0, 9.0, 9.0, 0.2, 0.9]), lines).is_ok());
    let logits = known([9.0, 9.0, 9.0, 9.0, -3.2, 4.5]);
    refused(&logits, lines, &["scores from -3.200 to 4.500", "sigmoid inside"]);
    refused(&known([9.0, 9.0, 9.0, 9.0, nan, nan]), lines, &["own.onnx", "no numbers (NaN)"]);
}

#[test]
fn scores_that_are_no_numbers_are_dropped_and_the_rest_is_found() {
    let made = Made { spoilt: f32::NAN, ..YOLOX };
    let mut detector = load(&made.model(), "head = \"yolox\"\ninput_px = 128").unwrap();
    let found = detector.objects(&frame(WIDE, KEPT)).unwrap();
    assert_eq!(found.iter().map(|one| one.class).collect::<Vec<_>>(), [Class::Person]);
}
