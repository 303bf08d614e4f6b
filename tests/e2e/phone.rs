//! A patrol member with Mosquitto's stock clients in the place of the phone page.

use std::path::{Path, PathBuf};
use std::process::Command;

use gengfu::clock::{Clock, RealClock};
use serde_json::{Value, json};

use super::process::{Process, until};

/// One member's connection.
pub(crate) struct Phone {
    name: String,
    password: String,
    port: u16,
    dir: PathBuf,
    orders: Process,
    /// A new one each time: it begins to count at 1.
    device: String,
    /// Counts the answers.
    said: std::cell::Cell<u64>,
}

/// An answer that can be sent again as it is.
pub(crate) struct Said(String);

impl Said {
    /// Its id.
    pub(crate) fn id(&self) -> Value {
        serde_json::from_str::<Value>(&self.0).unwrap()["id"].clone()
    }
}

impl Phone {
    /// Listens for the orders of `name`, with a session that the broker keeps.
    pub(crate) fn open(name: &str, password: &str, port: u16, dir: &Path) -> Self {
        let mut command = stock("mosquitto_sub", (name, password), port);
        let topic = |end: &str| format!("gengfu/e2e/patrol/{name}/{end}");
        command.args(["-i", name, "-c", "-d", "-t", &topic("order"), "-t", &topic("duty")]);
        let orders = Process::start(&format!("phone-{name}"), command, dir);
        let (name, password) = (name.to_owned(), password.to_owned());
        let phone = Self {
            name,
            password,
            port,
            dir: dir.to_owned(),
            orders,
            said: Default::default(),
            device: uuid::Uuid::now_v7().to_string(),
        };
        until("the phone's subscription", || {
            phone.orders.said().contains("Subscribed").then_some(())
        });
        phone
    }

    /// All that came so far, oldest first.
    pub(crate) fn inbox(&self) -> Vec<Value> {
        let said = self.orders.said();
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The first message of this type and ticket, when it comes.
    #[track_caller]
    pub(crate) fn message(&self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let what = format!("a message '{kind}' for {}", self.name);
        until(&what, || self.inbox().into_iter().find(|m| m["type"] == kind && fits(m)))
    }

    /// Answers an order; `rest` is what the body has besides the offer.
    pub(crate) fn answer(&self, kind: &str, order: &Value, rest: &Value) -> Said {
        let mut body = json!({ "offer": order["body"]["offer"] });
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        let text = json!({
            "v": 1,
            "id": uuid::Uuid::now_v7().to_string(),
            "seq": self.next(),
            "device": self.device,
            "at": RealClock::new().now().rfc3339(),
            "type": kind,
            "ticket": order["ticket"],
            "body": body,
        });
        let said = Said(text.to_string());
        self.repeat(&said);
        said
    }

    /// Sends whatever bytes; the broker may not like them.
    pub(crate) fn publish(&self, bytes: &[u8]) {
        let file = self.dir.join(format!("message-{}", self.name));
        std::fs::write(&file, bytes).unwrap();
        let topic = format!("gengfu/e2e/patrol/{}/answer", self.name);
        let mut command = stock("mosquitto_pub", (&self.name, &self.password), self.port);
        command.args(["-i", &format!("{}-pub", self.name), "-t", &topic, "-f"]).arg(&file);
        let mut publish = Process::start(&format!("pub-{}", self.name), command, &self.dir);
        until("the end of a message", || publish.ended());
    }

    fn next(&self) -> u64 {
        self.said.set(self.said.get() + 1);
        self.said.get()
    }

    /// Sends an answer once more, byte for byte.
    pub(crate) fn repeat(&self, said: &Said) {
        let topic = format!("gengfu/e2e/patrol/{}/answer", self.name);
        let mut command = stock("mosquitto_pub", (&self.name, &self.password), self.port);
        command.args(["-i", &format!("{}-pub", self.name), "-t", &topic, "-m", &said.0]);
        let mut publish = Process::start(&format!("pub-{}", self.name), command, &self.dir);
        let exit = until("the broker's receipt of an answer", || publish.ended());
        assert!(exit.success(), "{}", publish.said());
    }
}

fn stock(program: &str, user: (&str, &str), port: u16) -> Command {
    // Into a file it would speak in blocks, not in lines.
    let mut command = Command::new("stdbuf");
    command.args(["-oL", program, "-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1"]);
    command.args(["-u", user.0, "-P", user.1]);
    command
}
