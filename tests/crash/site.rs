//! One database with a proxy before it: the place where processes are started, killed and started again.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::proxy::{Action, Count, Proxy, Sprung, Trap};
use crate::server::{Server, url};

/// Longest a process may take: many times what it needs on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How often a process may say that the database is in somebody else's hands: those of a session whose process is dead.
const TRIES: usize = 20;

pub struct Site {
    server: Arc<Server>,
    pub database: String,
    dir: PathBuf,
    proxy: Proxy,
}

/// How a process ended.
#[derive(Debug)]
pub enum End {
    Killed(Sprung),
    /// Its connections were cut and it went on, or gave up as it should.
    Cut {
        code: i32,
    },
    Itself(i32),
}

impl Site {
    /// An empty database; `dir` holds `directory.yaml`.
    pub fn new(server: &Arc<Server>, database: &str, dir: &Path) -> Site {
        server.make(database);
        let socket = dir.join(database);
        std::fs::create_dir(&socket).unwrap();
        let proxy = Proxy::start(socket, &server.socket());
        let site = Site { server: server.clone(), database: database.to_owned(), dir: dir.to_owned(), proxy };
        for (name, socket) in [("proxied", site.proxy.dir()), ("direct", &server.socket())] {
            let config = format!(
                "organisation: Demo\ndirectory: directory.yaml\ndatabase: {}\nplugins: {{tally: {{grant: [names, state]}}}}\n",
                url(database, socket)
            );
            std::fs::write(site.config(name), config).unwrap();
        }
        site
    }

    fn config(&self, way: &str) -> PathBuf {
        self.dir.join(format!("{}-{way}.yaml", self.database))
    }

    fn command(&self, way: &str, args: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
        command
            .args(args)
            .arg("--config")
            .arg(self.config(way))
            .current_dir(&self.dir)
            // Compiled plugins only; the data is in the server.
            .env("RINGFENCE_DATA_DIR", env!("CARGO_TARGET_TMPDIR"))
            .env("NO_COLOR", "1")
            .env_remove("RINGFENCE_CONFIG")
            .env_remove("RINGFENCE_LOG")
            .stdin(Stdio::null());
        command
    }

    /// What the last process said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.said_path()).unwrap_or_default()
    }

    fn said_path(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.database))
    }

    /// Runs a process through the proxy.
    pub fn run(&self, args: &[String], trap: Option<Trap>) -> (End, Count) {
        let said = File::create(self.said_path()).unwrap();
        let mut command = self.command("proxied", args);
        command.stdout(said.try_clone().unwrap()).stderr(said);
        self.proxy.begin(trap, || command.spawn().unwrap());
        let status = self.wait(args);
        let (count, sprung) = self.proxy.result();
        let end = match (sprung, trap) {
            (Some(_), Some(Trap { action: Action::Cut, .. })) => End::Cut { code: self.code(args, status) },
            (Some(sprung), _) if status.signal() == Some(libc::SIGKILL) => End::Killed(sprung),
            _ => End::Itself(self.code(args, status)),
        };
        (end, count)
    }

    fn wait(&self, args: &[String]) -> ExitStatus {
        let give_up = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.proxy.ended() {
                return status;
            }
            if Instant::now() > give_up {
                self.proxy.kill();
                panic!("{args:?} does not end; it said:\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// 0, or 3 for a database that is gone; anything else is a defect.
    fn code(&self, args: &[String], status: ExitStatus) -> i32 {
        match status.code() {
            Some(code @ (0 | 3)) => code,
            _ => panic!("{args:?} ended with {status}; it said:\n{}", self.said()),
        }
    }

    /// Runs a process to its good end, again when the session of a killed one was in the way; how often that was.
    pub fn finish(&self, args: &[String]) -> usize {
        for refused in 0..TRIES {
            if matches!(self.run(args, None).0, End::Itself(0)) {
                return refused;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{args:?} cannot finish; it said:\n{}", self.said());
    }

    /// Runs a process that nothing disturbs; the bytes that passed.
    pub fn quiet(&self, args: &[String]) -> Count {
        match self.run(args, None) {
            (End::Itself(0), count) => count,
            (end, _) => panic!("{args:?} ended undisturbed with {end:?}; it said:\n{}", self.said()),
        }
    }

    /// The server, to ask what is in the database.
    pub fn ask<T>(&self, question: impl FnOnce(&Server, &str) -> T) -> T {
        question(&self.server, &self.database)
    }

    /// Findings that a command prints, by identity, without what tells how they arrived; standing and withdrawn.
    pub fn findings(&self, args: &[String]) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
        let output = self.command("direct", args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?} ended with {}: {said}", output.status);
        let (mut standing, mut withdrawn) = (BTreeMap::new(), BTreeMap::new());
        for line in output.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let mut finding: Value = serde_json::from_slice(line).unwrap();
            let fields = finding.as_object_mut().unwrap();
            fields.remove("revision");
            fields.remove("raised_at");
            let id = fields["id"].as_str().unwrap().to_owned();
            let kind = if fields["status"] == "withdrawn" { &mut withdrawn } else { &mut standing };
            let known = kind.insert(id.clone(), finding);
            assert!(known.is_none(), "finding {id} is there twice");
        }
        (standing, withdrawn)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.proxy.kill();
            self.server.remove(&self.database);
        }
    }
}
