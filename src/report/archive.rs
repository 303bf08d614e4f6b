//! The archive volume of a week: a folder that can be read and verified in ten years without the
//! daemon.
//!
//! Everything in it is a plain file: the report as PDF, page, table and JSON, the lines of the log,
//! each case with its story, its evidence, a catalogue and a viewer page. `manifest.json` lists
//! each file with its SHA-256, names the head of the audit, and ends in a hash of itself; that last
//! hash also stands in the daemon's own rows. This file knows what a volume looks like and what is
//! wrong with one; it reads and writes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::render_html::escape;
use super::words::{Lang, say};

/// Name of the list of all files.
pub const MANIFEST: &str = "manifest.json";
/// Version of this form.
pub const FORMAT: u32 = 1;
/// Class of volumes of video monitoring in the centre's plan of files (choice; `domain` 1.7).
pub const CLASS: &str = "B";

/// A file of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub bytes: u64,
    pub sha256: String,
}

/// The list of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// `year-class-seq`, such as `2026-B-0047`.
    pub code: String,
    pub class: String,
    /// The week, or the ticket of a case.
    pub about: String,
    pub site: String,
    pub made_ms: i64,
    pub made_by: String,
    /// Lines at or after this moment are not in it.
    pub cut_off_ms: i64,
    /// Hash of the lines of the log, as the report names it.
    pub log_sha256: String,
    /// Last line of the audit when it was made.
    pub audit_seq: i64,
    /// Closed cases that lack something, and what.
    pub incomplete: BTreeMap<String, Vec<String>>,
    /// Path below the volume -> file; all but the manifest itself.
    pub files: BTreeMap<String, Filed>,
}

/// A manifest as it is stored: with a hash of its own.
#[derive(Serialize, Deserialize)]
struct Sealed {
    manifest: Manifest,
    sha256: String,
}

/// The code of a volume.
#[must_use]
pub fn code(year: i16, class: &str, seq: i64) -> String {
    format!("{year}-{class}-{seq:04}")
}

/// Lower-case hexadecimal SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Manifest {
    /// Its file, and the hash that seals it.
    #[must_use]
    pub fn sealed(&self) -> (Vec<u8>, String) {
        let own = serde_json::to_string(self).expect("every key of a manifest is text");
        let sha256 = sha256(own.as_bytes());
        let sealed = Sealed { manifest: self.clone(), sha256: sha256.clone() };
        let mut file = serde_json::to_vec_pretty(&sealed).expect("every key is text");
        file.push(b'\n');
        (file, sha256)
    }
}

/// What is wrong with a volume.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The manifest is not what was sealed: nothing that it says can be relied on.
    Manifest(String),
    Missing(String),
    Changed(String),
    /// A file that the manifest does not know.
    Strange(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Manifest(why) => write!(f, "{MANIFEST} was changed: {why}"),
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::Changed(path) => write!(f, "{path} was changed"),
            Self::Strange(path) => write!(f, "{path} does not belong to the volume"),
        }
    }
}

/// Reads a manifest's file.
///
/// # Errors
/// It is not what was sealed.
pub fn open(file: &[u8]) -> Result<(Manifest, String), Fault> {
    let bad = |why: &str| Fault::Manifest(why.to_owned());
    let sealed: Sealed = serde_json::from_slice(file)
        .map_err(|error| bad(&format!("it cannot be read ({error})")))?;
    if sealed.manifest.format != FORMAT {
        return Err(bad(&format!("it is of form {}, known is {FORMAT}", sealed.manifest.format)));
    }
    // Written again, it must be the same bytes: then no byte of it was touched.
    let (again, sha256) = sealed.manifest.sealed();
    if sha256 != sealed.sha256 || again != file {
        return Err(bad("its own hash does not fit"));
    }
    Ok((sealed.manifest, sha256))
}

/// Compares a manifest with what is there.
#[must_use]
pub fn compare(manifest: &Manifest, there: &BTreeMap<String, Filed>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, filed) in &manifest.files {
        match there.get(path) {
            None => faults.push(Fault::Missing(path.clone())),
            Some(found) if found != filed => faults.push(Fault::Changed(path.clone())),
            Some(_) => {}
        }
    }
    let known = |path: &String| path == MANIFEST || manifest.files.contains_key(path);
    faults.extend(there.keys().filter(|path| !known(path)).cloned().map(Fault::Strange));
    faults.sort();
    faults
}

/// The viewer page: one file without script that leads to everything else.
#[must_use]
pub fn viewer(manifest: &Manifest, cases: &[(i64, String, String)], lang: Lang) -> String {
    let row = |(number, place, state): &(i64, String, String)| {
        format!(
            "<tr><td><a href=\"cases/{number}/case.html\">{number}</a></td><td>{}</td><td>{}</td></tr>\n",
            escape(place),
            escape(state)
        )
    };
    let rows: String = cases.iter().map(row).collect();
    let link = |(path, _): (&String, &Filed)| {
        (!path.starts_with("cases/"))
            .then(|| format!("<li><a href=\"{0}\">{0}</a></li>\n", escape(path)))
    };
    let links: String = manifest.files.iter().filter_map(link).collect();
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title>\n\
         <style>body{{font:15px/1.6 serif;max-width:48em;margin:2em auto;padding:0 1em}}\
         td,th{{text-align:left;padding:2px 14px 2px 0}}</style></head><body>\n\
         <h1>{} {}</h1>\n<p>{} · {}</p>\n<p>{}</p>\n<ul>{links}</ul>\n<table>{rows}</table>\n\
         </body></html>\n",
        lang.tag(),
        escape(&manifest.code),
        say(lang, "volume.title"),
        escape(&manifest.code),
        escape(&manifest.site),
        escape(&manifest.about),
        say(lang, "volume.how"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let file = |text: &str| Filed { bytes: text.len() as u64, sha256: sha256(text.as_bytes()) };
        Manifest {
            format: FORMAT,
            code: code(2026, CLASS, 47),
            class: CLASS.into(),
            about: "2026-W47".into(),
            site: "梧桐里".into(),
            made_ms: 1,
            made_by: "gengfu".into(),
            cut_off_ms: 1,
            log_sha256: "ab".into(),
            audit_seq: 9,
            incomplete: BTreeMap::new(),
            files: BTreeMap::from([("a.txt".into(), file("a")), ("b/c.txt".into(), file("c"))]),
        }
    }

    #[test]
    fn a_manifest_whose_any_byte_is_changed_is_refused() {
        let (file, sha256) = manifest().sealed();
        assert_eq!(open(&file).expect("as sealed"), (manifest(), sha256));
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(matches!(open(&changed), Err(Fault::Manifest(_))), "byte {at}");
        }
    }

    #[test]
    fn a_file_that_changed_is_named_and_so_are_lost_and_strange_ones() {
        let mut there = manifest().files;
        assert_eq!(compare(&manifest(), &there), []);
        there.get_mut("b/c.txt").expect("it is there").sha256 = sha256(b"d");
        there.remove("a.txt");
        there.insert("e.txt".into(), Filed { bytes: 0, sha256: sha256(b"") });
        let told: Vec<String> =
            compare(&manifest(), &there).iter().map(ToString::to_string).collect();
        let expect =
            ["a.txt is missing", "b/c.txt was changed", "e.txt does not belong to the volume"];
        assert_eq!(told, expect);
    }

    #[test]
    fn the_viewer_leads_to_every_case() {
        let page = viewer(&manifest(), &[(7, "<东门>".into(), "closed".into())], Lang::Zh);
        assert!(page.contains("cases/7/case.html") && page.contains("&lt;东门&gt;"));
        assert!(!page.contains("<script") && !page.contains("http"));
    }
}
