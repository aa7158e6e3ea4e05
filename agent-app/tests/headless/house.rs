//! A contact centre in this process, customers on demand, and a cable to its API that can be cut.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use contact_center::{
    serve::{self, ServeConfig, Serving, customer_voices},
    simulate::{self, Script, SimulatorConfig},
};
use ringside_tests::programs::Headless;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tracing_subscriber::fmt::MakeWriter;

/// The one UCC of the demo.
pub(crate) const UCC: &str = "u_demo";

pub(crate) struct House {
    runtime: Runtime,
    serving: Option<Serving>,
    customers: Vec<simulate::Running>,
    log: Log,
}

impl House {
    /// Nobody calls and nobody else works here.
    pub(crate) fn quiet() -> Self {
        let log = Log::of_this_process();
        let runtime = Runtime::new().unwrap();
        let config = ServeConfig {
            customers: None,
            colleagues: false,
            ..ServeConfig::demo()
        };
        let serving = runtime.block_on(serve::start(config)).unwrap();
        Self {
            runtime,
            serving: Some(serving),
            customers: Vec::new(),
            log,
        }
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().unwrap()
    }

    pub(crate) fn url(&self) -> &str {
        &self.serving().ready().api
    }

    /// What the first agent signs in with, at that address of the API.
    pub(crate) fn credentials(&self, server: &str) -> Value {
        let agent = &self.serving().ready().agents[0];
        json!({"server": server, "address": agent.address, "password": agent.password})
    }

    /// A phone that is signed in, registered and hunted.
    pub(crate) fn agent(&self, server: &str, args: &[&str]) -> Headless {
        let mut phone = Headless::start(args);
        phone.ask("agent.sign_in", self.credentials(server));
        phone.wait("account.state", |p| p["state"] == "registered");
        phone.wait("agent.state", |p| p["routable"] == true);
        phone
    }

    /// One customer calls sales and stays on the line.
    pub(crate) fn customer_calls(&mut self) {
        let ready = self.serving().ready();
        let number = ready.numbers.iter().find(|n| n.contains("sales")).unwrap();
        let udp = ready.sip.iter().find_map(|s| s.strip_prefix("udp:")).unwrap();
        let config = SimulatorConfig {
            proxy: format!("sip:{udp};transport=udp").parse().unwrap(),
            numbers: vec![number.parse().unwrap()],
            customers: Some(Script {
                first_after: Duration::ZERO,
                stay: Duration::from_secs(120)..Duration::from_secs(121),
                total: Some(1),
                ..Script::default()
            }),
            voices: customer_voices().unwrap(),
            colleagues: Vec::new(),
            media_ip: [127, 0, 0, 1].into(),
        };
        let _inside = self.runtime.enter();
        self.customers.push(simulate::start(config).unwrap());
    }

    /// Every customer hangs up.
    pub(crate) fn customers_leave(&mut self) {
        for customers in self.customers.drain(..) {
            self.runtime.block_on(customers.stop());
        }
    }

    /// What the server complained of so far.
    pub(crate) fn complaints(&self) -> String {
        self.log.text()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.customers_leave();
        if let Some(serving) = self.serving.take() {
            self.runtime.block_on(serving.stop());
        }
    }
}

/// Warnings of everything in this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn of_this_process() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::WARN)
                .with_writer(log.clone())
                .init();
            log
        })
        .clone()
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A TCP relay.
pub(crate) struct Cable {
    address: SocketAddr,
    state: Arc<Mutex<CableState>>,
}

#[derive(Default)]
struct CableState {
    cut: bool,
    frozen: bool,
    ends: Vec<TcpStream>,
}

impl Cable {
    pub(crate) fn to(url: &str) -> Self {
        let server: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(CableState::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if state.cut {
                    continue;
                }
                let far = TcpStream::connect(server).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || carry(&mut from, &mut to, &shared));
                }
                state.ends.extend([near, far]);
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends every connection and takes no new one.
    pub(crate) fn cut(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.cut = true;
        for end in state.ends.drain(..) {
            // It may have ended by itself.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Keeps every connection, takes new ones, and carries nothing.
    pub(crate) fn freeze(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).frozen = true;
    }

    /// As before: neither cut nor frozen.
    pub(crate) fn mend(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.cut, state.frozen) = (false, false);
    }
}

/// Carries bytes until either side ends, then ends both.
fn carry(from: &mut TcpStream, to: &mut TcpStream, state: &Mutex<CableState>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        while state.lock().unwrap_or_else(PoisonError::into_inner).frozen {
            thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        // It may have ended by itself.
        let _ = end.shutdown(Shutdown::Both);
    }
}
