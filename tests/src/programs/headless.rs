//! One `ringside headless` process and its JSON-RPC.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use super::{PATIENCE, Registrar, Running, find};

/// A phone without a window.
#[derive(Debug)]
pub struct Headless {
    process: Running,
    stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// What arrived while something else was awaited.
    heard: Vec<Value>,
    next_id: u64,
    sip: Vec<String>,
    ear: Option<PathBuf>,
}

impl Headless {
    /// Starts one that listens on loopback.
    ///
    /// # Panics
    ///
    /// When it is not built, or its first line is not `ready`.
    pub fn start(args: &[&str]) -> Self {
        let program = find("ringside").expect("ringside is not built");
        let mut command = Command::new(program);
        command
            .args(["headless", "--sip-listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Running::start(&mut command);
        let stdout = BufReader::new(process.0.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let value =
                    serde_json::from_str(&line).unwrap_or_else(|e| panic!("stdout holds {line}: {e}"));
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        let mut phone = Self {
            stdin: process.0.stdin.take(),
            process,
            lines,
            heard: Vec::new(),
            next_id: 0,
            sip: Vec::new(),
            ear: None,
        };
        let ready = phone.wait("ready", |_| true);
        let listed = ready["sip"].as_array().unwrap();
        phone.sip = listed.iter().map(|s| s.as_str().unwrap().to_owned()).collect();
        phone
    }

    /// Starts one that speaks a tone at −12 dBFS and records what it hears in `DIR/NAME.wav`.
    pub fn speaking(dir: &Path, name: &str, hz: u32, more: &[&str]) -> Self {
        let ear = dir.join(format!("{name}.wav"));
        let tone = format!("tone:{hz},-12");
        let mut args = vec!["--audio-in", &tone, "--audio-out", ear.to_str().unwrap()];
        args.extend(more);
        let mut phone = Self::start(&args);
        phone.ear = Some(ear);
        phone
    }

    /// `sip:USER@HOST:PORT` of this phone's socket for a transport.
    pub fn address(&self, user: &str, transport: &str) -> String {
        let prefix = format!("{transport}:");
        let at = self
            .sip
            .iter()
            .find_map(|s| s.strip_prefix(prefix.as_str()))
            .unwrap();
        let parameter = if transport == "udp" {
            String::new()
        } else {
            format!(";transport={transport}")
        };
        format!("sip:{user}@{at}{parameter}")
    }

    /// Registers at a registrar over a transport and waits until it is; the account.
    pub fn registers(&mut self, registrar: &Registrar, user: &str, transport: &str) -> Value {
        let account = self.adds_account(registrar, user, &format!("{user}-secret"), transport);
        self.wait("account.state", |p| {
            assert_ne!(p["state"], "failed", "{p}");
            p["account"] == account && p["state"] == "registered"
        });
        account
    }

    /// Adds an account; the account.
    pub fn adds_account(
        &mut self,
        registrar: &Registrar,
        user: &str,
        password: &str,
        transport: &str,
    ) -> Value {
        let at = registrar.at(transport);
        let params = json!({
            "uri": format!("sip:{user}@{}", registrar.udp),
            "registrar": format!("sip:{at};transport={transport}"),
            "outbound_proxy": format!("sip:{at};transport={transport};lr"),
            "password": password,
        });
        self.ask("account.add", params)["account"].clone()
    }

    /// Starts a call; its name here.
    pub fn calls(&mut self, to: &str, account: Option<&Value>) -> String {
        let mut params = json!({ "to": to });
        if let Some(account) = account {
            params["account"] = account.clone();
        }
        let started = self.ask("call.start", params);
        started["call"].as_str().unwrap().to_owned()
    }

    /// Waits for an incoming call; its name here.
    pub fn is_called(&mut self) -> String {
        let incoming = self.wait("call.incoming", |_| true);
        incoming["call"].as_str().unwrap().to_owned()
    }

    /// Asks for something about one call.
    pub fn does(&mut self, method: &str, call: &str) -> Value {
        self.ask(method, json!({ "call": call }))
    }

    /// Writes a line as it is.
    pub fn write(&mut self, line: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line.as_ref()).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// The whole response to a request.
    pub fn response(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.write(request.to_string());
        self.find(&format!("the response to {method}"), |v| v["id"] == id)
    }

    /// The result of a request that must succeed.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.response(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// Code and message of a request that must be refused.
    pub fn refused(&mut self, method: &str, params: Value) -> (i64, String) {
        let response = self.response(method, params);
        let error = &response["error"];
        let message = error["message"]
            .as_str()
            .unwrap_or_else(|| panic!("{method}: {response}"));
        (error["code"].as_i64().unwrap(), message.to_owned())
    }

    /// The parameters of the next notification for which `wanted` holds; earlier lines stay for others.
    pub fn wait(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = self.find(method, |v| v["method"] == method && wanted(&v["params"]));
        found["params"].clone()
    }

    /// Waits until a call is in a state.
    pub fn wait_state(&mut self, call: &str, state: &str) -> Value {
        self.wait("call.state", |p| p["call"] == call && p["state"] == state)
    }

    /// The next line, whatever it is.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn line(&mut self) -> Value {
        self.find("line", |_| true)
    }

    fn find(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no {what}; heard {:#?}", self.heard),
                Err(RecvTimeoutError::Disconnected) => panic!("ended before {what}; heard {:#?}", self.heard),
            }
        }
    }

    /// End of input: it must exit 0. What it still said, and where its ear is.
    pub fn end(mut self) -> (Vec<Value>, Option<PathBuf>) {
        drop(self.stdin.take());
        let code = self.process.ends_within(PATIENCE);
        assert_eq!(code, Some(0), "exit code at end of input");
        let mut said = std::mem::take(&mut self.heard);
        said.extend(self.lines.iter());
        (said, self.ear.take())
    }
}
