//! Writes the archive volume of a week into a folder, and checks one.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Error, make};
use crate::clock::UnixMs;
use crate::config::Config;
use crate::report::archive::{self, CLASS, FORMAT, Fault, Filed, MANIFEST, Manifest};
use crate::report::page_case::case_sheet;
use crate::report::render_html::html;
use crate::report::words::code;
use crate::report::{Form, Lang, Week, WeekReport, canonical, page_volume, render};
use crate::store::Store;
use crate::store::volume::Volume;
use crate::ticket::history::Case;
use crate::ticket::log::LogEntry;

/// Files of this many bytes are read at once.
const PIECE: usize = 1 << 16;

/// Why a volume cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    #[error("week {0} is not over; its volume can be made from its end on")]
    NotOver(Week),
    #[error(
        "week {week} was archived as {code} in {place}; nothing was added to its log since then"
    )]
    Archived { week: Week, code: String, place: String },
    #[error("the folder {} is not empty; name one that is new", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} cannot be written or read: {why}", path.display())]
    File { path: PathBuf, why: std::io::Error },
    #[error("{}: {fault}", path.display())]
    Fault { path: PathBuf, fault: Fault },
    #[error(transparent)]
    Report(#[from] Error),
    #[error(transparent)]
    Form(#[from] crate::report::form::Unwritable),
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    #[error("the evidence {path} of ticket {ticket} is not what was stored; see gengfu's log")]
    Evidence { ticket: i64, path: String },
}

/// Who makes a volume, when, and where to.
pub struct Order<'a> {
    pub by: &'a str,
    pub now: UnixMs,
    /// Folder in which the volume's own folder is made.
    pub into: &'a Path,
    pub lang: Lang,
}

/// Makes the volume of a week: the folder `into/CODE`.
///
/// # Errors
/// The week is not over, is archived already as it stands, or a file cannot be written.
pub async fn file_week(
    store: &Store,
    config: &Config,
    week: Week,
    order: &Order<'_>,
) -> Result<(Volume, Manifest), VolumeError> {
    let report = make(store, config, week, order.now).await?;
    if report.basis.end > order.now {
        return Err(VolumeError::NotOver(week));
    }
    let about = week.to_string();
    let same = |v: &Volume| v.about == about && v.log_sha256 == report.basis.sha256;
    if let Some(old) = store.volumes().await?.into_iter().find(same) {
        return Err(VolumeError::Archived { week, code: old.code, place: old.place });
    }
    let year = week.year();
    let code = archive::code(year, CLASS, store.next_volume(year, CLASS).await?);
    let folder = order.into.join(&code);
    let mut shelf = Shelf::new(&folder)?;
    let mut lines = store.log_of_week(report.basis.start, report.basis.end).await?;
    lines.retain(|line| line.at < report.basis.cut_off);
    lines.sort_by(|a, b| (&a.ticket, a.version).cmp(&(&b.ticket, b.version)));
    shelf.report(&report, order.lang)?;
    shelf.log(&lines)?;
    for case in report.ledger.iter().filter(|case| case.is_confirmed()) {
        let mine: Vec<&LogEntry> = lines.iter().filter(|line| line.ticket == case.id).collect();
        let evidence = shelf.evidence(store, case).await?;
        shelf.case(&report, (case, &mine), &evidence, order.lang)?;
    }
    let mut manifest = Manifest {
        format: FORMAT,
        code: code.clone(),
        class: CLASS.to_owned(),
        about: about.clone(),
        site: report.basis.site_name.clone(),
        made_ms: order.now.0,
        made_by: order.by.to_owned(),
        cut_off_ms: report.basis.cut_off.0,
        log_sha256: report.basis.sha256.clone(),
        audit_seq: store.audit_count().await?,
        incomplete: incomplete(&report),
        files: shelf.files.clone(),
    };
    shelf.covers(&report, &manifest, order.lang)?;
    manifest.files = shelf.files.clone();
    shelf.viewer(&report, &manifest, order.lang)?;
    manifest.files = shelf.files.clone();
    let (file, sha256) = manifest.sealed();
    shelf.put(MANIFEST, &file)?;
    let volume = Volume {
        code,
        class: CLASS.to_owned(),
        about,
        made: order.now,
        made_by: order.by.to_owned(),
        cut_off: report.basis.cut_off,
        log_sha256: report.basis.sha256.clone(),
        manifest_sha256: sha256,
        place: folder.display().to_string(),
        checked: None,
        faults: String::new(),
    };
    store.file_volume(&volume).await?;
    Ok((volume, manifest))
}

/// Closed cases that lack something, and cases that are open, by number.
fn incomplete(report: &WeekReport) -> BTreeMap<String, Vec<String>> {
    let mut lacks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (part, tally) in &report.complete.lacks {
        for ticket in tally.tickets() {
            lacks.entry(ticket.number.to_string()).or_default().push((*part).to_owned());
        }
    }
    for ticket in report.overview.open.tickets() {
        lacks.entry(ticket.number.to_string()).or_default().push("open".to_owned());
    }
    lacks
}

/// The folder of a volume while it is filled.
struct Shelf {
    folder: PathBuf,
    files: BTreeMap<String, Filed>,
}

impl Shelf {
    fn new(folder: &Path) -> Result<Self, VolumeError> {
        if folder.exists() {
            return Err(VolumeError::NotEmpty(folder.to_owned()));
        }
        std::fs::create_dir_all(folder).map_err(|why| failed(folder, why))?;
        Ok(Self { folder: folder.to_owned(), files: BTreeMap::new() })
    }

    /// Writes a file and notes what it is.
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), VolumeError> {
        let file = self.folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(|why| failed(parent, why))?;
        }
        std::fs::write(&file, bytes).map_err(|why| failed(&file, why))?;
        let filed = Filed { bytes: bytes.len() as u64, sha256: archive::sha256(bytes) };
        self.files.insert(path.to_owned(), filed);
        Ok(())
    }

    fn report(&mut self, report: &WeekReport, lang: Lang) -> Result<(), VolumeError> {
        for form in Form::ALL {
            let name = format!("report.{}", form.ending());
            self.put(&name, &render(report, form, lang)?)?;
        }
        Ok(())
    }

    /// The lines of the log in the form that the report's hash is taken of.
    fn log(&mut self, lines: &[LogEntry]) -> Result<(), VolumeError> {
        let mut out = String::new();
        for line in lines {
            out += &canonical::line(line);
            out.push('\n');
        }
        self.put("log.jsonl", out.as_bytes())
    }

    /// Copies what is kept of a case. A file that is not what was stored is not archived in
    /// silence.
    async fn evidence(&mut self, store: &Store, case: &Case) -> Result<Vec<String>, VolumeError> {
        let mut names = Vec::new();
        for (n, piece) in store.evidence_of(&case.id).await?.iter().enumerate() {
            let from = store.dir().join(&piece.path);
            let bytes = std::fs::read(&from).map_err(|why| failed(&from, why))?;
            if archive::sha256(&bytes) != piece.sha256 {
                let path = from.display().to_string();
                return Err(VolumeError::Evidence { ticket: case.number, path });
            }
            let ending = from.extension().and_then(|e| e.to_str()).unwrap_or("bin");
            let name = format!("{:02}-{}.{ending}", n + 1, piece.kind);
            self.put(&format!("cases/{}/{name}", case.number), &bytes)?;
            names.push(name);
        }
        Ok(names)
    }

    fn case(
        &mut self,
        report: &WeekReport,
        (case, lines): (&Case, &[&LogEntry]),
        evidence: &[String],
        lang: Lang,
    ) -> Result<(), VolumeError> {
        let mut story = String::new();
        for line in lines {
            story += &canonical::line(line);
            story.push('\n');
        }
        let folder = format!("cases/{}", case.number);
        self.put(&format!("{folder}/case.jsonl"), story.as_bytes())?;
        let sheet = case_sheet(report, case, lines, evidence, lang);
        let page = html(&sheet, &case.number.to_string());
        self.put(&format!("{folder}/case.html"), page.as_bytes())
    }

    /// Cover, catalogue and remarks sheet on A4.
    fn covers(
        &mut self,
        report: &WeekReport,
        manifest: &Manifest,
        lang: Lang,
    ) -> Result<(), VolumeError> {
        let sheet = page_volume::cover(report, manifest, lang);
        self.put("cover.html", html(&sheet, &manifest.code).as_bytes())
    }

    fn viewer(
        &mut self,
        report: &WeekReport,
        manifest: &Manifest,
        lang: Lang,
    ) -> Result<(), VolumeError> {
        let cases: Vec<(i64, String, String)> = report
            .ledger
            .iter()
            .filter(|case| case.is_confirmed())
            .map(|case| (case.number, case.place.clone(), code(lang, "stage", case.stage.as_str())))
            .collect();
        self.put("index.html", archive::viewer(manifest, &cases, lang).as_bytes())
    }
}

/// What is wrong with the volume in a folder; nothing if it is as it was sealed. Needs neither the
/// daemon nor its database.
///
/// # Errors
/// The folder cannot be read, or its manifest is not what was sealed.
pub fn verify(folder: &Path) -> Result<(Manifest, String, Vec<Fault>), VolumeError> {
    let path = folder.join(MANIFEST);
    let file = std::fs::read(&path).map_err(|why| failed(&path, why))?;
    let opened = archive::open(&file);
    let (manifest, sha256) =
        opened.map_err(|fault| VolumeError::Fault { path: folder.to_owned(), fault })?;
    let mut there = BTreeMap::new();
    walk(folder, "", &mut there)?;
    let faults = archive::compare(&manifest, &there);
    Ok((manifest, sha256, faults))
}

/// Every file below a folder, with its hash.
fn walk(
    folder: &Path,
    below: &str,
    found: &mut BTreeMap<String, Filed>,
) -> Result<(), VolumeError> {
    let entries = std::fs::read_dir(folder).map_err(|why| failed(folder, why))?;
    for entry in entries {
        let entry = entry.map_err(|why| failed(folder, why))?;
        let path = entry.path();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            walk(&path, &format!("{name}/"), found)?;
        } else {
            found.insert(name, hashed(&path)?);
        }
    }
    Ok(())
}

fn hashed(path: &Path) -> Result<Filed, VolumeError> {
    let mut file = std::fs::File::open(path).map_err(|why| failed(path, why))?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let n = file.read(&mut piece).map_err(|why| failed(path, why))?;
        if n == 0 {
            break;
        }
        hash.update(&piece[..n]);
        bytes += n as u64;
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Filed { bytes, sha256 })
}

fn failed(path: &Path, why: std::io::Error) -> VolumeError {
    VolumeError::File { path: path.to_owned(), why }
}
