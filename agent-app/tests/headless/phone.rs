//! One `ringside headless` process.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Longest wait for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Phone {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// What arrived while something else was awaited.
    heard: Vec<Value>,
    next_id: u64,
    pub(crate) sip: Vec<String>,
}

impl Phone {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringside"))
            .arg("headless")
            .args(["--sip-listen", "127.0.0.1:0"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
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
        let stdin = child.stdin.take();
        let mut phone = Self {
            child,
            stdin,
            lines,
            heard: Vec::new(),
            next_id: 0,
            sip: Vec::new(),
        };
        let first = phone.line();
        assert_eq!(first["method"], "ready", "the first line is ready: {first}");
        assert!(first["params"]["version"].is_string());
        let listed = first["params"]["sip"].as_array().unwrap();
        phone.sip = listed.iter().map(|s| s.as_str().unwrap().to_owned()).collect();
        phone
    }

    /// `sip:USER@HOST:PORT` of this phone's UDP socket.
    pub(crate) fn address(&self, user: &str) -> String {
        let udp = self.sip.iter().find_map(|s| s.strip_prefix("udp:")).unwrap();
        format!("sip:{user}@{udp}")
    }

    pub(crate) fn write(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// The whole response to a request.
    pub(crate) fn response(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.write(request.to_string().as_bytes());
        self.find(&format!("the response to {method}"), |v| v["id"] == id)
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.response(method, params);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    pub(crate) fn refused(&mut self, method: &str, params: Value) -> (i64, String) {
        let response = self.response(method, params);
        let error = &response["error"];
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }

    /// The next notification of that method for which `wanted` holds; earlier lines stay for others.
    pub(crate) fn wait(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = self.find(method, |v| v["method"] == method && wanted(&v["params"]));
        found["params"].clone()
    }

    pub(crate) fn wait_state(&mut self, call: &str, state: &str) -> Value {
        self.wait("call.state", |p| p["call"] == call && p["state"] == state)
    }

    pub(crate) fn line(&mut self) -> Value {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => panic!("nothing on stdout: {error}"),
        }
    }

    /// The first line for which `wanted` holds; earlier ones stay for others.
    pub(crate) fn find(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&wanted) {
            return self.heard.remove(at);
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match self
                .lines
                .recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no {what}; heard {:#?}", self.heard),
                Err(RecvTimeoutError::Disconnected) => panic!("ended before {what}; heard {:#?}", self.heard),
            }
        }
    }

    /// End of input; everything still said, and how it exited.
    pub(crate) fn end(mut self) -> (Vec<Value>, ExitStatus) {
        drop(self.stdin.take());
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not exit at the end of input");
            thread::sleep(Duration::from_millis(20));
        };
        let mut said = std::mem::take(&mut self.heard);
        said.extend(self.lines.iter());
        (said, status)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // Only a failed test leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
