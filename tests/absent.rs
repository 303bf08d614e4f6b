//! What Gengfu deliberately does not do, each as a test.
//!
//! No recognition of faces, gait, plates or voices, no registers or categories of people, no audio,
//! no calls by machine. A word list cannot prove an absence; it makes the first step visible.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gengfu::config::{codes, parse};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder with one of the endings; none when the folder is not there.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "node_modules" && name != "dist" {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|e| path.extension().is_some_and(|x| x == *e)) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn no_crate_recognises_people_or_hears() {
    const PARTS: &[&str] = &[
        "face",
        "faces",
        "rustface",
        "dlib",
        "arcface",
        "gait",
        "plate",
        "anpr",
        "alpr",
        "openalpr",
        "ocr",
        "ocrs",
        "tesseract",
        "leptess",
        "speech",
        "voice",
        "whisper",
        "vosk",
        "kaldi",
        "deepspeech",
        "audio",
        "cpal",
        "rodio",
        "alsa",
        "symphonia",
        "hound",
        "opus",
        "biometric",
        "biometrics",
        "sip",
        "twilio",
        "telephony",
    ];
    /// Numbers of a standard, as constants: what mp4-atom and retina name but nobody here asks for.
    const ONLY_NUMBERS: [&str; 1] = ["mpeg4-audio-const"];
    let lock = read(&root().join("Cargo.lock"));
    let names = lock.lines().filter_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"'));
    let mut count = 0;
    for name in names {
        count += 1;
        let part = name.split(['-', '_']).find(|part| PARTS.contains(part));
        let part = part.filter(|_| !ONLY_NUMBERS.contains(&name));
        assert_eq!(part, None, "the crate {name} does what Gengfu does not do");
    }
    assert!(count > 50, "Cargo.lock was read");
}

fn camera(rule: &str) -> String {
    format!(
        "[[camera]]\nid = 'a'\nname = 'a'\nplace = 'a'\nurl = 'rtsp://a/b'\n\
         [[camera.zone]]\nid = 'z'\nname = 'z'\npolygon = [[0, 0], [1, 0], [1, 1]]\n\
         [[camera.rule]]\nid = 'r'\nzone = 'z'\n{rule}\n"
    )
}

fn check(rule: &str, expect: Option<&str>) {
    let found = parse(&camera(rule)).err().map(|faults| faults.to_string());
    match (&found, expect) {
        (None, None) => (),
        (Some(found), Some(words)) => {
            assert!(found.contains(words) && found.lines().count() == 1, "{rule}: {found}");
        }
        (None, Some(_)) | (Some(_), None) => panic!("{rule}: {found:?}"),
    }
}

#[test]
fn no_category_class_or_rule_can_name_a_group_of_people() {
    check("name = 'n'\nclasses = ['person']", None);
    for word in ["petitioner", "protest", "religion", "ethnic_minority", "face", "plate", "上访"]
    {
        let category = format!("name = 'n'\nclasses = ['person']\ncategory = '{word}'");
        check(&category, Some("camera[0].rule[0].category"));
        let class = format!("name = 'n'\nclasses = ['{word}']");
        check(&class, Some("camera[0].rule[0].classes[0]"));
    }
    let name = "name = '上访人员聚集'\nclasses = ['person']";
    check(name, Some("camera[0].rule[0].name"));
}

/// The detector knows 80 things; five words are what a rule may ask for.
#[test]
fn the_other_classes_of_the_detector_cannot_be_configured() {
    for class in ["car", "bus", "dog", "handbag", "knife", "cell phone", "bottle", "teddy bear"] {
        check(&format!("name = 'n'\nclasses = ['{class}']"), Some("classes[0]"));
    }
    assert_eq!(codes::CLASSES.len(), 5);
}

/// The table is closed: an addition is a decision, made here with open eyes.
#[test]
fn the_category_table_holds_situations_only() {
    assert_eq!(codes::CATEGORIES.len(), 21);
    let people = ["person_down", "lost_person_or_child"];
    for category in codes::CATEGORIES.iter().filter(|c| c.contains("person")) {
        assert!(people.contains(category), "{category}: who needs help, not who somebody is");
    }
}

/// A configuration has no place for a list of people or for sound.
#[test]
fn there_is_no_key_for_people_or_sound() {
    for key in ["watchlist", "face", "faces", "plate", "persons", "audio", "dial", "talk_down"] {
        let found = parse(&format!("{key} = 'x'")).expect_err("an unknown key").to_string();
        assert!(found.contains("unknown key"), "{found}");
    }
}

#[test]
fn no_table_or_column_is_about_people() {
    const WORDS: &[&str] = &[
        "person",
        "persons",
        "people",
        "resident",
        "residents",
        "face",
        "faces",
        "gait",
        "plate",
        "plates",
        "watchlist",
        "blacklist",
        "ethnic",
        "ethnicity",
        "religion",
        "religious",
        "petitioner",
        "suspect",
        "suspects",
        "biometric",
        "biometrics",
        "embedding",
        "audio",
        "voice",
        "emotion",
        "gender",
        "age",
    ];
    for file in files(&root().join("src/store/migrations"), &["sql"]) {
        for line in read(&file).lines() {
            let code = line.split("--").next().unwrap_or_default();
            // Every second piece between quotes is a value, not a name.
            let names: String = code.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
            let parts = names.to_lowercase();
            let word = parts.split(|c: char| !c.is_alphanumeric()).find(|p| WORDS.contains(p));
            assert_eq!(word, None, "{}: {line}", file.display());
        }
    }
}

/// The screens can name no category and no class that the tables do not have.
#[test]
fn the_screens_know_only_the_codes_of_the_tables() {
    for file in files(&root().join("src/web/ui/shared/words"), &["json"]) {
        let words: serde_json::Value = serde_json::from_str(&read(&file)).expect("a catalogue");
        let words = words.as_object().expect("a flat catalogue");
        for (prefix, table) in [("category.", codes::CATEGORIES), ("class.", codes::CLASSES)] {
            let named: BTreeSet<&str> =
                words.keys().filter_map(|key| key.strip_prefix(prefix)).collect();
            let table: BTreeSet<&str> = table.iter().copied().collect();
            assert_eq!(named, table, "{}: {prefix}", file.display());
        }
    }
}

/// A machine never calls the police: 110, 119 and 120 are named, never dialled.
#[test]
fn nothing_dials() {
    const DIALS: &[&str] = &["tel:", "sip:", "sms:", "\"110\"", "'110'", "\"119\"", "'119'"];
    let sources = files(&root().join("src"), &["rs", "ts", "svelte", "html", "json"]);
    assert!(sources.len() > 20, "the sources were read");
    for file in sources {
        let text = read(&file);
        let dial = DIALS.iter().find(|dial| text.contains(**dial));
        assert_eq!(dial, None, "{}", file.display());
    }
}

/// Sound is not recorded, not played, not analysed: no pipeline names an audio element.
#[test]
fn no_pipeline_takes_sound() {
    const ELEMENTS: &[&str] = &["audioconvert", "autoaudiosink", "alsasrc", "pulsesrc", "aacparse"];
    for file in files(&root().join("src"), &["rs"]) {
        let text = read(&file);
        let element = ELEMENTS.iter().find(|element| text.contains(**element));
        assert_eq!(element, None, "{}", file.display());
    }
}
