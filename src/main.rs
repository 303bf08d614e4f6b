//! The commands. Exit 0: good; 1: refused or found wanting; 2: wrong use.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gengfu::commands;

/// Gives memory back to the system where many threads take and free pictures: with the system's own
/// allocator the process keeps half as much again.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Watches a neighbourhood's cameras and carries every suspicious event to its end.
#[derive(Parser)]
#[command(version, name = "gengfu")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon.
    Run {
        /// The configuration; see config/example.toml.
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
    /// Show everything with four test cameras and a seeded centre.
    Demo {
        /// Folder for the data; a second start continues with it.
        #[arg(long, default_value = "data")]
        data: PathBuf,
        /// Port of the screens on 127.0.0.1.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// The street that the test cameras play.
        #[arg(long, env = "GENGFU_VTEST", default_value = "models/fetched/vtest.avi")]
        footage: PathBuf,
    },
    /// Check a configuration and report all its faults.
    CheckConfig { file: PathBuf },
    /// Serve files as RTSP cameras, for trying things out.
    #[command(after_long_help = commands::testcam_faults())]
    Testcam {
        /// Address to listen on, host:port.
        #[arg(long, default_value = "127.0.0.1:8554")]
        listen: String,
        /// User whom the cameras ask for (digest authentication); needs --password-env.
        #[arg(long, requires = "password_env")]
        user: Option<String>,
        /// Environment variable that holds the password.
        #[arg(long)]
        password_env: Option<String>,
        /// One camera each, at rtsp://HOST:PORT/NAME, playing an MP4 file in a loop.
        #[arg(required = true, value_name = "NAME=FILE")]
        mounts: Vec<String>,
        /// What is wrong with a camera, and from which second after its first request for how
        /// many seconds; may be given several times. The kinds stand at the end of --help.
        #[arg(long = "fault", value_name = "NAME:KIND[=VALUE][@SECONDS[+DURATION]]")]
        faults: Vec<String>,
    },
    /// Cameras of the network.
    Camera {
        #[command(subcommand)]
        camera: Camera,
    },
    /// Run the whole detection path on video files, as fast as it goes.
    Analyze(commands::analyze::Analyze),
    /// Learn from video files of one camera what is normal there.
    Learn(commands::learn::Learn),
    /// Measure this machine; figures that anybody can measure again.
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
    /// Recorded footage.
    Footage {
        #[command(subcommand)]
        footage: Footage,
    },
    /// Reports of the centre.
    Report {
        #[command(subcommand)]
        report: Report,
    },
    /// Try every way to every member, and say who was reached when.
    Drill(commands::drill::Drill),
    /// The rules of the centre and their versions.
    Policy {
        #[command(subcommand)]
        policy: commands::policy::Policy,
    },
    /// Proofs over what is written down.
    Audit {
        #[command(subcommand)]
        audit: commands::audit::Audit,
    },
    /// Volumes of the archive.
    Archive {
        #[command(subcommand)]
        archive: commands::archive::Archive,
    },
    /// Accounts of the centre.
    User {
        #[command(subcommand)]
        user: User,
    },
    /// Rosters: checked, drafted and published.
    Roster {
        #[command(subcommand)]
        roster: commands::roster::RosterDeed,
    },
    /// Turns on duty.
    Shift {
        #[command(subcommand)]
        shift: Shift,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Receive, record, gate and motion, against test cameras in another process.
    Ingest(commands::bench::Ingest),
    /// Orders from the firing to the phones, against phones in another process.
    Dispatch(commands::bench::dispatch::Dispatch),
    /// The wall's questions to a store with many tickets, and a start with many open deadlines.
    Store(commands::bench::many::Many),
    /// A week's report over the logs of many tickets, as a process of its own.
    Report(commands::bench::weekly::Weekly),
    #[command(hide = true)]
    Phones(commands::bench::phones::Crowding),
    /// Motion, objects, tracks, rules and the anomaly score on the pictures of a file, and cameras
    /// that want more than the machine can do. Exit 1 if one of them gets less than its share.
    Detect(commands::bench::Detect),
}

#[derive(Subcommand)]
enum Camera {
    /// Listen to a camera and say what it sends, what will work, and the lines to configure it.
    Probe {
        /// rtsp:// or rtsps://, without user and password.
        url: String,
        /// User at the camera; needs --password-env.
        #[arg(long, requires = "password_env")]
        user: Option<String>,
        /// Environment variable that holds the password.
        #[arg(long, requires = "user")]
        password_env: Option<String>,
        /// How long to listen: longer than the distance of its key frames.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=900))]
        seconds: u64,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum Footage {
    /// Compare the index with the disk: hashes, readability, coverage. Exit 1 when they differ.
    Check {
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
    /// Take the disk that is at record.dir now as a disk of the footage.
    NewDisk {
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
    /// Hold footage of a camera, so that it is not deleted; with reason and end.
    Hold(commands::hold::Place),
    /// End a hold.
    Release(commands::hold::Release),
    /// List what is held, by whom, why and until when.
    Holds(commands::hold::List),
}

#[derive(Subcommand)]
enum Report {
    /// The report of an ISO week, such as 2026-W47, on standard output.
    Week {
        week: String,
        #[arg(long, default_value = "html")]
        format: commands::ReportFormat,
        /// zh or en.
        #[arg(long, default_value = "zh")]
        lang: String,
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum User {
    /// Add an account; its first password is printed once.
    Add {
        /// What is typed at sign-in: a-z, 0-9 and '-'.
        name: String,
        /// operator, shift_leader, director, patrol_member, admin or wall.
        #[arg(long)]
        role: String,
        /// Name on screens; the account's name if left out.
        #[arg(long)]
        display: Option<String>,
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
}

#[derive(Subcommand)]
enum Shift {
    /// Put an account on a line of duty for a time; the same turn again changes nothing.
    Add {
        /// The account's name.
        name: String,
        #[arg(long, value_parser = commands::roster::line, value_name = "duty|standby|patrol")]
        line: gengfu::duty::Line,
        /// First moment, such as 2026-11-23T08:00:00+08:00.
        #[arg(long)]
        from: String,
        /// First moment after the turn.
        #[arg(long)]
        to: String,
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    commands::log_to_terminal();
    let done = match cli.command {
        Command::Run { config } => commands::run(&config),
        Command::Demo { data, port, footage } => commands::demo(&data, port, &footage),
        Command::CheckConfig { file } => commands::check_config(&file),
        Command::Testcam { listen, user, password_env, mounts, faults } => {
            commands::testcam(&listen, user.zip(password_env), (&mounts, &faults))
        }
        Command::Camera { camera: Camera::Probe { url, user, password_env, seconds, json } } => {
            let form = if json { commands::ProbeForm::Json } else { commands::ProbeForm::Text };
            commands::camera_probe(&url, user.zip(password_env), seconds, form)
        }
        Command::Analyze(ask) => commands::analyze::analyze(&ask),
        Command::Learn(ask) => commands::learn::learn(&ask),
        Command::Bench { bench: Bench::Ingest(ask) } => commands::bench_ingest(&ask),
        Command::Bench { bench: Bench::Dispatch(ask) } => commands::bench_dispatch(&ask),
        Command::Bench { bench: Bench::Store(ask) } => commands::bench_store(&ask),
        Command::Bench { bench: Bench::Report(ask) } => commands::bench_report(&ask),
        Command::Bench { bench: Bench::Phones(ask) } => commands::bench_phones(&ask),
        Command::Drill(ask) => commands::drill::drill(&ask),
        Command::Bench { bench: Bench::Detect(ask) } => commands::bench_detect(&ask),
        Command::Footage { footage: Footage::Check { config } } => {
            commands::footage::check(&config)
        }
        Command::Footage { footage: Footage::NewDisk { config } } => {
            commands::footage::new_disk(&config)
        }
        Command::Footage { footage: Footage::Hold(ask) } => commands::hold::place(&ask),
        Command::Footage { footage: Footage::Release(ask) } => commands::hold::release(&ask),
        Command::Footage { footage: Footage::Holds(ask) } => commands::hold::list(&ask),
        Command::Report { report: Report::Week { week, format, lang, config } } => {
            commands::report_week(&config, &week, (format, &lang))
        }
        Command::Policy { policy } => commands::policy::policy(&policy),
        Command::Audit { audit } => commands::audit::audit(&audit),
        Command::Archive { archive } => commands::archive::archive(&archive),
        Command::User { user: User::Add { name, role, display, config } } => {
            commands::user_add(&config, (&name, display.as_deref()), &role)
        }
        Command::Roster { roster } => commands::roster::roster(&roster),
        Command::Shift { shift: Shift::Add { name, line, from, to, config } } => {
            commands::roster::shift_add(&config, (&name, line), (&from, &to))
        }
    };
    commands::exit_code(done)
}
