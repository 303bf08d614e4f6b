//! A real Mosquitto with the files of `deploy/mosquitto`, and its stock clients.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use gengfu::mqtt::LinkOptions;
use tokio::net::{TcpListener, TcpStream};

use super::party::{Site, in_time};

/// A running Mosquitto; it goes with the test.
pub(crate) struct Mosquitto {
    pub(crate) port: u16,
    config: String,
    child: Child,
}

impl Mosquitto {
    pub(crate) async fn start(site: &Site) -> Self {
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let config = write_files(site.dir.path(), port);
        let mosquitto = Self { port, child: launch(&config), config };
        mosquitto.answers().await;
        mosquitto
    }

    pub(crate) fn link_options(&self, site: &Site) -> LinkOptions {
        site.link_options(self.port, "pw-gengfu")
    }

    /// Ends it politely, so that it saves its sessions, and starts it again.
    pub(crate) async fn restart(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.child.wait().unwrap();
        self.child = launch(&self.config);
        self.answers().await;
    }

    async fn answers(&self) {
        let port = self.port;
        in_time("mosquitto's port", async move {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may be gone already, and a test that ends has nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The deployed files, with the paths and the port of this test.
fn write_files(dir: &Path, port: u16) -> String {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/mosquitto");
    let here = format!("{}/", dir.display());
    let config = std::fs::read_to_string(deploy.join("mosquitto.conf")).unwrap();
    let listener = format!("listener {port} 127.0.0.1");
    assert!(config.contains("listener 1883 127.0.0.1\n"));
    let config = config
        .replace("listener 1883 127.0.0.1", &listener)
        .replace("/etc/mosquitto/", &here)
        .replace("/var/lib/mosquitto/", &here);
    // As root it would become `mosquitto`, who may not read the test's folder.
    std::fs::write(dir.join("mosquitto.conf"), config + "\nuser root\n").unwrap();
    std::fs::copy(deploy.join("acl"), dir.join("gengfu.acl")).unwrap();
    let passwords = dir.join("gengfu.passwd");
    std::fs::write(&passwords, "").unwrap();
    for user in ["gengfu", "li", "wang"] {
        let made = Command::new("mosquitto_passwd")
            .args(["-b".as_ref(), passwords.as_os_str()])
            .args([user, &format!("pw-{user}")])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    }
    dir.join("mosquitto.conf").display().to_string()
}

fn launch(config: &str) -> Child {
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    Command::new("mosquitto")
        .args(["-c", config])
        .env("PATH", path)
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto is installed (package mosquitto)")
}

/// `mosquitto_sub` with a session; what it printed.
pub(crate) async fn stock_sub(port: u16, user: &str, topic: &str, more: &[&str]) -> String {
    let mut command = stock("mosquitto_sub", port, user, topic);
    command.args(["-c", "-W", "8"]).args(more);
    let output = finish(command).await;
    String::from_utf8(output.stdout).unwrap()
}

/// `mosquitto_pub` of one message.
pub(crate) async fn stock_pub(port: u16, user: &str, topic: &str, text: &str) {
    let mut command = stock("mosquitto_pub", port, user, topic);
    command.args(["-m", text]);
    finish(command).await;
}

fn stock(program: &str, port: u16, user: &str, topic: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", topic]).args([
        "-u",
        user,
        "-P",
        &format!("pw-{user}"),
        "-i",
        user,
    ]);
    command
}

async fn finish(mut command: Command) -> Output {
    let running = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = in_time("a stock client", running).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}
