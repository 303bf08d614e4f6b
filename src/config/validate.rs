//! Checks that types alone cannot make: the sections one by one. Pure.
//!
//! Every fault says what is wrong and what to write instead. Cameras with their zones and rules
//! are in `rules.rs`. Secrets are read in `load.rs`, because reading them is not pure.

use std::collections::HashSet;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;

use super::{
    Clocks, Config, Detect, Event, Fault, Instruction, Mqtt, Policy, Record, SecondChannel, Site,
    Store, Web,
};
use super::{calendar, codes, dispatch, duty, rules};

/// Faults found so far.
#[derive(Default)]
pub(super) struct Found(Vec<Fault>);

/// Everything wrong with a configuration whose types are right.
pub(super) fn validate(config: &Config) -> Vec<Fault> {
    let mut found = Found::default();
    site(&config.site, &mut found);
    if config.data.dir.as_os_str().is_empty() {
        found.add("data.dir", "missing: write the folder for the database and the evidence");
    }
    store(&config.store, &mut found);
    calendar::calendar(&config.calendar, &mut found);
    rules::cameras(&config.camera, &mut found);
    calendar::overlaps(&config.overlap, &config.camera, &mut found);
    record(&config.record, &mut found);
    detect(&config.detect, &mut found);
    if !config.detect.objects {
        rules::without_objects(&config.camera, &mut found);
    }
    event(&config.event, &mut found);
    policy(&config.policy, &mut found);
    dispatch::dispatch(config, &mut found);
    duty::duty(&config.duty, &mut found);
    mqtt(&config.mqtt, &mut found);
    second_channel(&config.second_channel, &mut found);
    instructions(&config.instruction, &mut found);
    integration(config, &mut found);
    web(&config.web, &config.mqtt, &mut found);
    found.into_faults()
}

impl Found {
    /// What was found.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.0
    }

    /// Notes a fault.
    pub(super) fn add(&mut self, path: impl Into<String>, what: impl Into<String>) {
        self.0.push(Fault::at(path, what));
    }

    /// Notes a number outside its limits.
    pub(super) fn within<T: PartialOrd + Display>(
        &mut self,
        path: String,
        value: T,
        limits: RangeInclusive<T>,
        unit: &str,
    ) {
        if !limits.contains(&value) {
            let (low, high) = limits.into_inner();
            let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
            self.add(path, format!("{value} is out of limits; write {low} to {high}{unit}"));
        }
    }

    /// Notes an id that cannot stand in topics and rows.
    pub(super) fn id(&mut self, path: String, id: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() {
            self.add(path, "missing: write 1 to 32 of a-z, 0-9 and -");
        } else if id.len() > 32 || !id.chars().all(fits) {
            self.add(path, format!("\"{id}\" cannot be an id; write 1 to 32 of a-z, 0-9 and -"));
        }
    }

    /// Notes a missing text.
    pub(super) fn text(&mut self, path: String, text: &str, purpose: &str) {
        if text.trim().is_empty() {
            self.add(path, format!("missing: write {purpose}"));
        }
    }

    /// Notes ids that were used before in the same list.
    pub(super) fn unique<'a>(&mut self, list: &str, ids: impl Iterator<Item = &'a str>) {
        let mut before = HashSet::new();
        for (i, id) in ids.enumerate() {
            if !id.is_empty() && !before.insert(id) {
                let what = format!("\"{id}\" is used twice; give each its own id");
                self.add(format!("{list}[{i}].id"), what);
            }
        }
    }
}

fn site(site: &Site, found: &mut Found) {
    found.id("site.id".into(), &site.id);
    found.text("site.name".into(), &site.name, "the centre's name for screens and reports");
    let zone = &site.time_zone;
    if jiff::tz::TimeZone::get(zone).is_err() {
        let what = format!(
            "\"{zone}\" is not a time zone; write an IANA name such as Asia/Shanghai or UTC"
        );
        found.add("site.time_zone", what);
    }
}

/// The address is not repeated in a message: it could hold a password.
fn store(store: &Store, found: &mut Found) {
    let form = "write postgres://USER@HOST/DATABASE, or leave it empty for the database inside";
    let url = &store.url;
    if url.is_empty() {
        if store.password.is_named() {
            let what = "has no use without store.url; write store.url, or leave this out";
            found.add("store.password", what);
        }
        return;
    }
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some((authority, database)) = rest.and_then(|rest| rest.split_once('/')) else {
        return found.add("store.url", format!("is not an address of PostgreSQL; {form}"));
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(':') || url.contains("password=") {
        let what = "holds a password; keep the user, take the password out and name it as \
                    password = { file = \"PATH\" }";
        found.add("store.url", what);
    } else if user.is_empty() || database.is_empty() || !is_host(host) {
        found.add("store.url", format!("lacks the user, the host or the database; {form}"));
    }
}

fn detect(detect: &Detect, found: &mut Found) {
    // 30 is what a camera gives at most by custom; 160 px lose a person at 20 m, 1920 px are a
    // camera's full width and cost nine times the default. Guess, revisit.
    found.within("detect.fps".into(), detect.fps, 1..=30, "frames a second");
    found.within("detect.threads".into(), detect.threads, 1..=32, "threads");
    found.within("detect.width_px".into(), detect.width_px, 160..=1920, "px");
    found.within("detect.min_motion".into(), detect.min_motion, 0.0..=1.0, "of the picture");
    // A quiet camera that nobody looks at for ten minutes is not watched. Guess, revisit.
    found.within("detect.look_every_s".into(), detect.look_every_s, 2..=600, "s");
    let learn = detect.learn_view_after_min;
    found.within("detect.learn_view_after_min".into(), learn, 0..=10_080, "minutes");
    // A fortnight is the half-life of what is learnt; nobody waits longer.
    found.within("detect.learn_h".into(), detect.learn_h, 1..=336, "h");
    for (key, path) in [("models", &detect.models), ("runtime", &detect.runtime)] {
        if path.as_os_str().is_empty() {
            found.add(format!("detect.{key}"), "missing: write a path, or leave the key out");
        }
    }
}

fn record(record: &Record, found: &mut Found) {
    // A file of 10 s is as large as its head is small; one of 10 min is long to wait for. The
    // longest piece is what a power cut may cost. Guesses, revisit.
    found.within("record.segment_s".into(), record.segment_s, 10..=600, "s");
    found.within("record.fragment_ms".into(), record.fragment_ms, 200..=1_000, "ms");
    found.within("record.queue_mib".into(), record.queue_mib, 4..=1_024, "MiB");
    for (class, keep) in [("ordinary", record.ordinary), ("key", record.key)] {
        let at = format!("record.{class}");
        found.within(format!("{at}.floor_days"), keep.floor_days, 1..=3_650, "days");
        if keep.ceiling_days < keep.floor_days {
            let (ceiling, floor) = (keep.ceiling_days, keep.floor_days);
            let what = format!("{ceiling} is below floor_days = {floor}; write {floor} or more");
            found.add(format!("{at}.ceiling_days"), what);
        }
    }
}

fn event(event: &Event, found: &mut Found) {
    // The stream is kept in memory for the pre-roll: 30 s of 4 Mbit/s are 15 MB a camera.
    found.within("event.pre_roll_s".into(), event.pre_roll_s, 0..=30, "s");
    found.within("event.post_roll_s".into(), event.post_roll_s, 1..=60, "s");
}

fn policy(policy: &Policy, found: &mut Found) {
    let all = [("s1", policy.s1), ("s2", policy.s2), ("s3", policy.s3), ("s4", policy.s4)];
    let defaults = Policy::default();
    let usual = [defaults.s1, defaults.s2, defaults.s3, defaults.s4];
    for ((severity, of), usual) in all.into_iter().zip(usual) {
        if policy.rules.is_some() && of != usual {
            let what = "has no use while policy.file is given; write it into that file";
            found.add(format!("policy.{severity}"), what);
        }
        clocks(&format!("policy.{severity}"), of, found);
    }
    // Photos: a phone holds them while it has no signal. Text: a reply is a few sentences.
    // Bytes: a phone's JPEG is 0.1 to 20 MB. Guesses, revisit.
    found.within("policy.reply_photos_min".into(), policy.reply_photos_min, 0..=10, "photos");
    found.within("policy.reply_text_min".into(), policy.reply_text_min, 0..=500, "characters");
    let (low, high) = (64 * 1024, 64 * 1024 * 1024);
    found.within("policy.photo_max_bytes".into(), policy.photo_max_bytes, low..=high, "bytes");
}

/// Every clock runs, none longer than thirty days, and a later step is not due before an earlier.
fn clocks(at: &str, of: Clocks, found: &mut Found) {
    let all = [
        ("verify_s", of.verify_s),
        ("dispatch_s", of.dispatch_s),
        ("ack_s", of.ack_s),
        ("arrive_s", of.arrive_s),
        ("reply_s", of.reply_s),
        ("close_s", of.close_s),
    ];
    for (name, seconds) in all {
        found.within(format!("{at}.{name}"), seconds, 1..=30 * 86_400, "s");
    }
    for pair in all[2..].windows(2) {
        let ((before, sooner), (after, later)) = (pair[0], pair[1]);
        if later < sooner {
            let what = format!("{later} s is before {before} = {sooner}; write {sooner} or more");
            found.add(format!("{at}.{after}"), what);
        }
    }
}

fn mqtt(mqtt: &Mqtt, found: &mut Found) {
    if mqtt.embedded {
        address("mqtt.listen", &mqtt.listen, found);
        if !mqtt.broker.is_empty() {
            let what =
                "has no use while embedded = true; write embedded = false, or leave this out";
            found.add("mqtt.broker", what);
        }
        if !mqtt.username.is_empty() || mqtt.password.is_named() {
            let what = "is for an outside broker; write embedded = false, or leave this out";
            let key = if mqtt.username.is_empty() { "password" } else { "username" };
            found.add(format!("mqtt.{key}"), what);
        }
        return;
    }
    if mqtt.broker.is_empty() {
        let what = "missing: with embedded = false write the outside broker as HOST:PORT, \
                    such as broker.example:1883";
        found.add("mqtt.broker", what);
    } else if !is_host_and_port(&mqtt.broker) {
        let what = format!("\"{}\" is not HOST:PORT; write it as broker.example:1883", mqtt.broker);
        found.add("mqtt.broker", what);
    }
    if mqtt.password.is_named() && mqtt.username.is_empty() {
        found.add("mqtt.username", "missing: a password is named, write the user it belongs to");
    }
}

fn integration(config: &Config, found: &mut Found) {
    let wanted = config.integration;
    for (key, on) in [("home_assistant", wanted.home_assistant), ("frigate", wanted.frigate)] {
        if on && config.mqtt.embedded {
            let what = "needs an outside broker: the one inside lets in nobody but members; \
                        write mqtt.embedded = false and mqtt.broker";
            found.add(format!("integration.{key}"), what);
        }
    }
}

fn instructions(all: &[Instruction], found: &mut Found) {
    // What a phone shows without scrolling for long, and what an answer takes. Guess, revisit.
    let (text_max, items_max, item_max) = (500, 20, 200);
    let mut seen = HashSet::new();
    for (i, of) in all.iter().enumerate() {
        let at = |key: &str| format!("instruction[{i}].{key}");
        if !codes::CATEGORIES.contains(&of.category.as_str()) {
            let what =
                format!("\"{}\" is not a category; write one of the code table", of.category);
            found.add(at("category"), what);
        } else if !seen.insert(&of.category) {
            found.add(at("category"), "has its instruction already; write all of it in one");
        }
        let length = of.text.chars().count();
        if length == 0 || length > text_max {
            found.add(at("text"), format!("has {length} characters; write 1 to {text_max}"));
        }
        if of.check.len() > items_max {
            let what = format!("has {} items; write at most {items_max}", of.check.len());
            found.add(at("check"), what);
        }
        for (n, item) in of.check.iter().enumerate() {
            let length = item.chars().count();
            if length == 0 || length > item_max {
                let what = format!("has {length} characters; write 1 to {item_max}");
                found.add(format!("instruction[{i}].check[{n}]"), what);
            }
        }
    }
}

fn second_channel(of: &SecondChannel, found: &mut Found) {
    let all = [
        ("published_within_s", of.published_within_s, 1..=3_600),
        ("received_within_s", of.received_within_s, 1..=3_600),
        ("timeout_s", of.timeout_s, 1..=60),
        ("tries_max", of.tries_max, 1..=100),
    ];
    for (name, value, range) in all {
        let unit = if name == "tries_max" { "tries" } else { "s" };
        found.within(format!("second_channel.{name}"), value, range, unit);
    }
    if of.url.is_empty() {
        if of.secret.is_named() {
            let what = "has no use without url; write the gateway's address, or leave this out";
            found.add("second_channel.secret", what);
        }
        return;
    }
    let host = of.url.strip_prefix("https://").or_else(|| of.url.strip_prefix("http://"));
    if host.is_none_or(|rest| rest.is_empty() || rest.contains('@') || rest.contains(' ')) {
        let what = "is not http://HOST/PATH or https://HOST/PATH; a password has no place in it";
        found.add("second_channel.url", what);
    }
    if !of.secret.is_named() {
        let what = "missing: name the key that the gateway knows, as file or env";
        found.add("second_channel.secret", what);
    }
}

fn web(web: &Web, mqtt: &Mqtt, found: &mut Found) {
    address("web.listen", &web.listen, found);
    // A week: nobody stays signed in for longer than a roster. Guess, revisit.
    found.within("web.session_hours".into(), web.session_hours, 1..=168, "hours");
    let port = |text: &str| text.parse::<SocketAddr>().map(|a| a.port()).ok().filter(|p| *p != 0);
    if mqtt.embedded && port(&web.listen).is_some() && port(&web.listen) == port(&mqtt.listen) {
        found.add("web.listen", "has the port of mqtt.listen; write another port for one of them");
    }
}

fn address(path: &str, text: &str, found: &mut Found) {
    if text.parse::<SocketAddr>().is_err() {
        let what = format!(
            "\"{text}\" is not an address to listen on; write numbers and a port such as \
             127.0.0.1:8080, or 0.0.0.0:8080 for all networks"
        );
        found.add(path, what);
    }
}

/// `host:port`, the port needed.
fn is_host_and_port(text: &str) -> bool {
    is_host(text) && text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// `host` or `host:port`, a name, IPv4 or `[IPv6]`.
pub(super) fn is_host(text: &str) -> bool {
    let after_v6 = text.rfind(']').map_or(0, |i| i + 1);
    let colon = text[after_v6..].rfind(':').map(|i| after_v6 + i);
    let (host, port) = colon.map_or((text, None), |i| (&text[..i], Some(&text[i + 1..])));
    let port_fits = port.is_none_or(|p| p.parse::<u16>().is_ok_and(|p| p > 0));
    let v6 = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let host_fits = match v6 {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(fits),
    };
    host_fits && port_fits
}
