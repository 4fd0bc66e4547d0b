//! A world that is spoken to over real HTTP.

use crate::world::World;
use doorstep_server::api::{Api, Limits, Serving, serve};
use doorstep_server::keys::{self, NewKey, Role, Secret};
use serde_json::Value;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use ureq::http;

/// A world and its server, which stops when this is dropped.
pub(crate) struct Served {
    pub(crate) api: Api,
    pub(crate) operator: Visitor,
    pub(crate) finance: Visitor,
    pub(crate) stranger: Visitor,
    running: Running,
    // Dropped last: engines close on this thread, which is no async one.
    pub(crate) world: World,
}

/// Somebody with or without a key.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) url: String,
    pub(crate) key: Option<String>,
}

/// What a visitor was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Served {
    pub(crate) fn new(world: World) -> Served {
        Served::with(world, Limits::default())
    }

    pub(crate) fn with(world: World, limits: Limits) -> Served {
        let api = Api::new(Arc::clone(&world.app), limits);
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let serving = std::thread::spawn({
            let api = api.clone();
            move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let serving = Serving::bind("127.0.0.1:0").await.unwrap();
                    told.send(serving.address().unwrap()).unwrap();
                    let stop = async { drop(stopped.await) };
                    serve(serving, api, stop).await.unwrap();
                });
            }
        });
        let url = format!("http://{}", address.recv().unwrap());
        let visitor = |role| Visitor { url: url.clone(), key: Some(key(&world, role, None)) };
        Served {
            operator: visitor(Role::Operator),
            finance: visitor(Role::Finance),
            stranger: Visitor { url: url.clone(), key: None },
            api,
            running: Running { stop: Some(stop), serving: Some(serving) },
            world,
        }
    }

    /// Stops serving, and hands the world back.
    pub(crate) fn ended(self) -> World {
        let Served { api, running, world, .. } = self;
        drop(running);
        drop(api);
        world
    }

    /// Where it listens, for those who speak no plain HTTP.
    pub(crate) fn address(&self) -> &str {
        self.stranger.url.trim_start_matches("http://")
    }

    /// A courier with a key.
    pub(crate) fn courier(&self, courier: &str) -> Visitor {
        self.stranger.with_key(&key(&self.world, Role::Courier, Some(courier)))
    }
}

/// The thread that serves; it ends when this is dropped.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(serving) = self.serving.take() {
            // A server that panicked has said so, and the story has failed for it.
            let _ = serving.join();
        }
    }
}

fn key(world: &World, role: Role, courier: Option<&str>) -> String {
    let courier_id = courier.map(|courier| courier.parse().unwrap());
    let label = "a story".to_owned();
    let new = NewKey { role, courier_id, merchant_id: None, label };
    keys::create(&world.app, &new, &Secret::random().unwrap(), "test").unwrap().secret
}

impl Visitor {
    pub(crate) fn with_key(&self, key: &str) -> Visitor {
        Visitor { key: Some(key.to_owned()), ..self.clone() }
    }

    pub(crate) fn gets(&self, path: &str) -> Answer {
        self.asks("GET", path, &[], "")
    }

    /// Posts JSON, once.
    pub(crate) fn posts(&self, path: &str, once: &str, body: &str) -> Answer {
        let headers = [("idempotency-key", once), ("content-type", "application/json")];
        self.asks("POST", path, &headers, body)
    }

    pub(crate) fn asks(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut request =
            http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let agent: ureq::Agent = config.into();
        let response = agent.run(request.body(body.as_ref().to_vec()).unwrap()).unwrap();
        let (parts, mut body) = response.into_parts();
        let body = body.read_to_vec().unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer as a problem, whose shape is checked: RFC 9457.
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:doorstep:problem:{code}"));
        assert_eq!(problem["trace_id"], self.header("x-trace-id"));
        for field in ["title", "detail", "instance"] {
            assert!(!problem[field].as_str().unwrap().is_empty(), "{field}: {problem}");
        }
        problem
    }
}
