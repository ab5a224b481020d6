//! Between the engine and the API server: counts requests, and fails or cuts some of them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Frame, Incoming};
use kube::client::Body;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server says this and does nothing.
    Status(u16),
    /// It does not arrive.
    Lost,
    /// Half of the answer arrives.
    Half,
    /// It arrives, but nobody ever answers.
    Hung,
    /// It arrives, nobody ever answers, and whoever waits for [`Proxy::cut`] is told: to end the engine there.
    Cut,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    log: Mutex<Vec<String>>,
    /// At which requests, counted from 1.
    faults: Mutex<BTreeMap<usize, Fault>>,
    cut_at: Mutex<Option<String>>,
    cut: Notify,
}

impl Proxy {
    /// In front of the server that this client talks to, with its rights.
    pub(crate) async fn start(behind: kube::Client) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (state, behind) = (Arc::clone(&state), behind.clone());
                    tokio::spawn(async move {
                        let service = hyper::service::service_fn(move |request| {
                            pass(Arc::clone(&state), behind.clone(), request)
                        });
                        let io = hyper_util::rt::TokioIo::new(stream);
                        // A connection that is cut on purpose is an error here.
                        let _ = hyper::server::conn::http1::Builder::new()
                            .serve_connection(io, service)
                            .await;
                    });
                }
            }
        });
        Self { address, state }
    }

    /// A kubeconfig that leads here, written into a folder.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let path = folder.join(format!("proxy-{}", self.address.port()));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: p\nclusters: [{{name: p, cluster: {{server: 'http://{}'}}}}]\n\
             users: [{{name: p, user: {{}}}}]\ncontexts: [{{name: p, context: {{cluster: p, user: p}}}}]\n",
            self.address
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Requests since the last time, `METHOD path?query`.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut *self.state.log.lock().unwrap())
    }

    /// Fails requests, counted from 1 from now on, instead of those that were to fail before.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = (usize, Fault)>) {
        self.take_log();
        // Of a request that nobody waited for any more.
        let _ = futures::FutureExt::now_or_never(self.state.cut.notified());
        *self.state.cut_at.lock().unwrap() = None;
        *self.state.faults.lock().unwrap() = faults.into_iter().collect();
    }

    /// Cuts, as [`Fault::Cut`], the first request from now on that changes something and has this in its path; no other fails.
    pub(crate) fn cut_at(&self, part: &str) {
        self.fail([]);
        *self.state.cut_at.lock().unwrap() = Some(part.to_owned());
    }

    /// Fails no request any more; gives the numbers of those that did not come.
    pub(crate) fn faults_left(&self) -> Vec<usize> {
        std::mem::take(&mut *self.state.faults.lock().unwrap())
            .into_keys()
            .collect()
    }

    pub(crate) async fn cut(&self) {
        self.state.cut.notified().await;
    }
}

/// Half of an answer: then the connection breaks.
struct Broken(Option<Bytes>);

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(half) => Ok(Frame::data(half)),
            None => Err(std::io::ErrorKind::ConnectionReset.into()),
        }))
    }
}

type Answer = Response<
    http_body_util::combinators::UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>,
>;

async fn pass(
    state: Arc<State>,
    behind: kube::Client,
    request: Request<Incoming>,
) -> Result<Answer, std::io::Error> {
    let lost = || Err(std::io::ErrorKind::ConnectionAborted.into());
    let fault = {
        let mut log = state.log.lock().unwrap();
        log.push(format!("{} {}", request.method(), request.uri()));
        let here = |part: &mut String| {
            let uri = request.uri();
            let trial = uri.query().is_some_and(|query| query.contains("dryRun"));
            request.method() != http::Method::GET && !trial && uri.path().contains(part.as_str())
        };
        match state.cut_at.lock().unwrap().take_if(here) {
            Some(_) => Some(Fault::Cut),
            None => state.faults.lock().unwrap().remove(&log.len()),
        }
    };
    match fault {
        Some(Fault::Lost) => return lost(),
        Some(Fault::Status(code)) => {
            let body = http_body_util::Full::from(format!(
                "{{\"kind\":\"Status\",\"code\":{code},\"message\":\"on purpose\"}}"
            ));
            let mut answer = Response::new(
                body.map_err(|never: Infallible| match never {})
                    .boxed_unsync(),
            );
            *answer.status_mut() = StatusCode::from_u16(code).unwrap();
            if code == 429 {
                answer
                    .headers_mut()
                    .insert("retry-after", "1".parse().unwrap());
            }
            return Ok(answer);
        }
        _ => {}
    }
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let mut onward = Request::builder().method(parts.method).uri(parts.uri);
    for name in ["accept", "content-type"] {
        if let Some(value) = parts.headers.get(name) {
            onward = onward.header(name, value);
        }
    }
    let answer = behind
        .send(onward.body(Body::from(body.to_vec())).unwrap())
        .await
        .map_err(std::io::Error::other)?;
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove("transfer-encoding");
    match fault {
        Some(Fault::Hung) => std::future::pending().await,
        Some(Fault::Cut) => {
            state.cut.notify_one();
            std::future::pending().await
        }
        Some(Fault::Half) => {
            let whole = body
                .collect()
                .await
                .map_err(std::io::Error::other)?
                .to_bytes();
            let half = Broken(Some(whole.slice(..whole.len() / 2)));
            Ok(Response::from_parts(
                parts,
                half.map_err(Into::into).boxed_unsync(),
            ))
        }
        _ => Ok(Response::from_parts(
            parts,
            body.map_err(Into::into).boxed_unsync(),
        )),
    }
}
