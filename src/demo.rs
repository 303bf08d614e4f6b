//! The demonstration: test cameras that play a real street, a centre with its people, and a
//! configuration file in the data folder that everything else uses like any other.
//!
//! Made once and then continued: footage, accounts and passwords stay; only the shifts are drawn
//! up anew for the coming days.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::access::password;
use crate::camera::Codec;
use crate::camera::gst::{Mount, MountSource, Scene, ServeOptions, TestCameras};
use crate::camera::gst::{encode_scene, quiet_scene, serve};
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::{self, Config};
use crate::store::account::Account;
use crate::store::{Place, Store};
use crate::ticket::Role;

/// What a demonstration runs on.
pub struct Demo {
    pub config: Config,
    /// For the terminal: addresses, and first passwords when they are new.
    pub lines: Vec<String>,
    /// The cameras; they stop when this is dropped.
    pub cameras: TestCameras,
}

/// One camera: id, name, place, part of the street it sees (`None`: the street with nobody in it),
/// its zone and rule.
struct Position {
    id: &'static str,
    name: &'static str,
    place: &'static str,
    area: Option<[f32; 4]>,
    /// Beat, and metres on the plan.
    ground: (&'static str, [f64; 2]),
    rules: &'static str,
}

/// Everything but films and still pictures: that is what the demonstration's cameras show.
const CHECKS: &str = r#"["covered", "blinded", "defocused", "moved", "too_dark", "lost_signal"]"#;

/// The street's four positions; zones were drawn on its pictures by eye.
const POSITIONS: [Position; 4] = [
    Position {
        id: "east-square",
        name: "01 东广场",
        place: "东广场围栏区",
        area: Some([0.0, 0.0, 1.0, 1.0]),
        ground: ("east", [160.0, 40.0]),
        rules: r#"zone = [{ id = "fence", name = "围栏区", polygon = [[0.0, 0.27], [0.36, 0.25], [0.76, 0.25], [0.56, 0.35], [0.34, 0.38], [0.0, 0.37]] }]
rule = [{ id = "fence-person", name = "围栏区有人", kind = "zone_object", zone = "fence", classes = ["person"], severity = "S2", category = "intrusion" }]"#,
    },
    Position {
        id: "north-walk",
        name: "02 北步道",
        place: "北步道草坪",
        area: Some([0.0, 0.12, 0.5, 0.62]),
        ground: ("north", [60.0, 180.0]),
        rules: r#"zone = [{ id = "walk", name = "步道", polygon = [[0.0, 0.45], [1.0, 0.45], [1.0, 1.0], [0.0, 1.0]] }]
rule = [{ id = "walk-motion", name = "步道移动", kind = "zone_motion", zone = "walk", min_motion = 0.05, dwell_ms = 2000, coalesce_ms = 600000, severity = "S4", category = "other" }]"#,
    },
    Position {
        id: "fire-lane",
        name: "03 消防通道",
        place: "南门消防通道",
        area: Some([0.5, 0.1, 1.0, 0.66]),
        ground: ("east", [210.0, -60.0]),
        rules: r#"zone = [{ id = "lane", name = "消防通道", polygon = [[0.45, 0.3], [0.95, 0.1], [0.98, 0.9], [0.5, 0.8]] }]
rule = [{ id = "lane-person", name = "消防通道停留", kind = "zone_object", zone = "lane", classes = ["person", "vehicle"], dwell_ms = 4000, severity = "S3", category = "fire_lane_blocked" }]"#,
    },
    Position {
        id: "west-lawn",
        name: "04 西草坪",
        place: "西草坪",
        area: None,
        ground: ("north", [-40.0, 90.0]),
        rules: r#"zone = [{ id = "lawn", name = "草坪", polygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]] }]
rule = [{ id = "lawn-motion", name = "草坪移动", kind = "zone_motion", zone = "lawn" }]"#,
    },
];

/// Who walks where and can do what; invented, so that the ranking has something to tell.
const GROUND: &str = r#"
[[dispatch.need]]
category = "fire_smoke"
capability = "灭火"

[[beat]]
id = "east"
name = "东片"
post_m = [150.0, 20.0]

[[beat]]
id = "north"
name = "北片"
post_m = [20.0, 150.0]

[[member]]
account = "chen"
beats = ["east"]
capabilities = ["灭火"]

[[member]]
account = "zhou"
beats = ["north"]

[[member]]
account = "wu"
beats = ["east", "north"]
capabilities = ["灭火", "急救"]
"#;

/// Account, name on screens, role, line of duty.
const PEOPLE: [(&str, &str, Role, &str); 9] = [
    ("li", "李 明", Role::Operator, "duty"),
    ("wang", "王 芳", Role::Operator, "duty"),
    ("zhao", "赵 强", Role::ShiftLeader, "standby"),
    ("director", "主任", Role::Director, ""),
    ("wall", "大屏", Role::Wall, ""),
    ("chen", "陈 建国", Role::PatrolMember, "patrol"),
    ("zhou", "周 敏", Role::PatrolMember, "patrol"),
    ("wu", "吴 强", Role::PatrolMember, "patrol"),
    ("sun", "孙 丽华", Role::PatrolMember, ""),
];

/// Days for which shifts are drawn up at each start.
const ROSTER_DAYS: i64 = 14;
/// Shifts of eight hours, as the roster of the regulation has them.
const SHIFT_MS: i64 = 8 * 3_600_000;

/// Makes, or continues, a demonstration in `data`.
///
/// # Errors
/// Names what is missing and how to get it.
pub async fn prepare(data: &Path, port: u16, footage: &Path) -> anyhow::Result<Demo> {
    std::fs::create_dir_all(data.join("scenes"))
        .with_context(|| format!("the data folder {} cannot be made", data.display()))?;
    let data = data.canonicalize()?;
    let (files, footage) = (data.clone(), footage.to_owned());
    let mounts = tokio::task::spawn_blocking(move || scenes(&files, &footage)).await??;
    let cameras = serve(ServeOptions { listen: "127.0.0.1:0".into(), mounts, login: None })?;
    let file = data.join("demo.toml");
    let broker = free_port(1883)?;
    std::fs::write(&file, configuration(&data, (port, broker), &cameras.addr)?)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let config = config::load(&file)?;
    let passwords = people(&config).await?;
    let lines = lines(port, broker, &file, &passwords);
    Ok(Demo { config, lines, cameras })
}

/// The test cameras' files, made at the first start.
fn scenes(data: &Path, footage: &Path) -> anyhow::Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    for position in &POSITIONS {
        let file = data.join("scenes").join(format!("{}.mp4", position.id));
        if !file.exists() {
            make_scene(position, footage, &file)?;
        }
        mounts.push(Mount {
            name: position.id.to_owned(),
            source: MountSource::File(file),
            faults: Vec::new(),
        });
    }
    Ok(mounts)
}

fn make_scene(position: &Position, footage: &Path, file: &Path) -> anyhow::Result<()> {
    if !footage.exists() {
        bail!(
            "the street {} is missing; deploy/setup demo fetches it from Debian's opencv-doc",
            footage.display()
        );
    }
    tracing::info!(camera.id = position.id, "making the footage of {}", position.id);
    let part = file.with_extension("making.mp4");
    match position.area {
        Some(area) => {
            encode_scene(footage, Scene { area, frames: None, codec: Codec::H264 }, &part)?;
        }
        None => quiet_scene(footage, &part)?,
    }
    std::fs::rename(&part, file)?;
    Ok(())
}

/// The wished port if it is free, else any.
fn free_port(wished: u16) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", wished))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .context("no port is free on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn configuration(data: &Path, ports: (u16, u16), cameras: &str) -> anyhow::Result<String> {
    let (web, mqtt) = ports;
    let models = PathBuf::from("models").canonicalize().unwrap_or_else(|_| "models".into());
    let mut text = format!(
        "# Written anew at each start of the demonstration.\n\
         [site]\nid = \"demo\"\nname = \"示范社区综治中心\"\ntime_zone = \"Asia/Shanghai\"\n\n\
         [data]\ndir = {data:?}\nmin_free_mib = 64\n\n\
         [detect]\nmodels = {models:?}\nruntime = {:?}\n\n\
         [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n\n\
         [web]\nlisten = \"127.0.0.1:{web}\"\n",
        models.join("runtime").join("libonnxruntime.so"),
    );
    text.push_str(GROUND);
    for position in &POSITIONS {
        let Position { id, name, place, rules, ground: (beat, at_m), .. } = position;
        write!(
            text,
            "\n[[camera]]\nid = \"{id}\"\nname = \"{name}\"\nplace = \"{place}\"\n\
             url = \"rtsp://{cameras}/{id}\"\n\
             beat = \"{beat}\"\nat_m = {at_m:?}\n\
             scene_checks = {CHECKS}\n{rules}\n"
        )?;
    }
    Ok(text)
}

/// Seeds the centre's people and draws up the shifts; returns the passwords of new accounts.
async fn people(config: &Config) -> anyhow::Result<Vec<(String, String)>> {
    let store = Store::open(&Place::of(config).map_err(|e| anyhow!(e))?).await?;
    let now = RealClock::new().now();
    let mut passwords = Vec::new();
    for (name, display, role, line) in PEOPLE {
        if store.account(name).await?.is_none() {
            let first = password::first_password();
            let account = Account {
                name: name.into(),
                display: display.into(),
                role,
                password_hash: password::hash(&first),
                active: true,
            };
            store.add_account(&account, now).await?;
            passwords.push((format!("{display} ({name}, {})", role.as_str()), first));
        }
        if !line.is_empty() {
            roster(&store, name, line, now).await?;
        }
    }
    store.close().await;
    Ok(passwords)
}

async fn roster(store: &Store, name: &str, line: &str, now: UnixMs) -> anyhow::Result<()> {
    let first = now.0 - now.0.rem_euclid(SHIFT_MS);
    for turn in 0..ROSTER_DAYS * 24 * 3_600_000 / SHIFT_MS {
        let starts = UnixMs(first + turn * SHIFT_MS);
        store.add_shift(name, line, (starts, starts.plus_ms(SHIFT_MS))).await?;
    }
    Ok(())
}

fn lines(port: u16, broker: u16, file: &Path, passwords: &[(String, String)]) -> Vec<String> {
    let mut lines = vec![
        format!("screens        http://127.0.0.1:{port}/"),
        format!("wall           http://127.0.0.1:{port}/wall"),
        format!(
            "MQTT           127.0.0.1:{broker}, topics gengfu/demo/patrol/NAME/order and /answer"
        ),
        format!("configuration  {}", file.display()),
    ];
    if passwords.is_empty() {
        lines.push("first passwords were printed at the first start".into());
        return lines;
    }
    lines.push("first passwords, printed only now:".into());
    lines.extend(passwords.iter().map(|(who, first)| format!("  {first}  {who}")));
    lines
}
