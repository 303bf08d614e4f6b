//! What of a list of models is refused, and what a head brings by itself.

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
fn a_head_brings_what_its_models_are_usually_trained_with() {
    let of = |head: &str, more: &str| {
        let to = format!("head = \"{head}\"\n{more}");
        let written = ["colour", "mean", "std", "fit", "strides"];
        let free = |line: &&str| !written.iter().any(|key| line.starts_with(&format!("{key} =")));
        let text = LIST_TEXT.lines().filter(free).collect::<Vec<_>>().join("\n");
        parse(&text.replace("head = \"yolox\"", &to)).expect("the list is right").objects
    };
    let preparation = of("yolov8", "").preparation();
    assert_eq!((preparation.colour, preparation.std), (Colour::Rgb, [255.0; 3]));
    let nanodet = of("nanodet", "colour = \"rgb\"");
    assert_eq!(nanodet.preparation().colour, Colour::Rgb);
    assert_eq!((nanodet.preparation().fit, nanodet.layout().strides.len()), (Fit::Stretch, 4));
}

#[test]
fn faults_of_the_list_are_named() {
    check_parse("head = \"yolox\"", "head = \"other\"", "unknown variant `other`");
    check_parse("nms_iou = 0.45", "nms_iou = 45", "objects.nms_iou is 45");
    check_parse("input_px = 416", "input_px = 8", "objects.input_px is 8 x 8");
    check_parse("input_px = 416", "input_px = \"416\"", "write the side of a square");
    let classes = |to: &str, expect: &str| check_parse("classes = \"coco80\"", to, expect);
    classes("classes = \"coco\"", "write \"coco80\", or a list");
    classes("classes = [\"person\", \"cat\"]", "objects.classes has 'cat'; write for each");
    classes("classes = [\"-\"]", "objects.classes names no class");
    let std = "std = [1.0, 1.0, 1.0]";
    check_parse(std, "std = [1.0, 0.0, 1.0]", "objects.std is [1.0, 0.0, 1.0]; values are divided");
    let mean = "mean = [0.0, 0.0, 0.0]\nstd";
    check_parse(mean, "mean = [nan, 0.0, 1.0]\nstd", "objects.mean is [NaN, 0.0, 1.0]");
    check_parse("strides = [8, 16, 32]", "strides = [0]", "objects.strides is [0]; write the px");
    let colour = "expected `bgr` or `rgb`";
    check_parse("colour = \"bgr\"", "colour = \"grey\"", colour);
    let own = "[anomaly]\nfile = \"a\"\nsha256 = \"a\"\nsource = \"a\"\nlicence = \"a\"\n\
               input_px = 64\nmeasured = \"a\"\n";
    let own = |line: &str, expect: &str| {
        check_parse("[features]", &format!("{own}{line}\n[features]"), expect);
    };
    own("range = [1.0, 0.0]", "anomaly.range is [1, 0]; write the smallest");
    own("range = [0.0, 1.0]\nstd = [0.0, 1.0, 1.0]", "anomaly.std is [0.0, 1.0, 1.0]");
    own("", "missing field `range`");
    let fit = "expected `letterbox` or `stretch`";
    check_parse("fit = \"letterbox\"", "fit = \"crop\"", fit);
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
