//! Instances of the component: each answers many requests, one after the other or side by side.

use crate::keyvalue::{self, Database};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, GuestTaskId, Linker, ResourceTable};
use wasmtime::error::Context;
use wasmtime::{Config, Engine, Result, Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

/// The longest that an instance works on one request, or waits for the next one.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an instance has of the host.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: NoOutbound,
    pub(crate) table: ResourceTable,
    pub(crate) database: Option<Database>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}

type Outcome<T> = std::result::Result<T, HttpError>;
type BodyEnd = Box<dyn Future<Output = Outcome<()>> + Send>;
type Outbound = Box<dyn Future<Output = Outcome<(http::Response<WasiBody>, BodyEnd)>> + Send>;

/// A component may ask nobody.
struct NoOutbound;

impl WasiHttpHooks for NoOutbound {
    fn send_request(
        &mut self,
        _: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: BodyEnd,
    ) -> Outbound {
        Box::new(std::future::ready(Err(HttpError::HttpRequestDenied)))
    }
}

/// Makes instances as they are needed.
#[derive(Clone)]
pub(crate) struct Guests(ProxyHandler<Maker>);

impl Guests {
    pub(crate) fn new(
        file: &Path,
        database: Option<Database>,
        variables: Vec<(String, String)>,
        reuse: u32,
    ) -> Result<Self> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        let engine = Engine::new(&config)?;
        let component = Component::from_file(&engine, file)
            .with_context(|| format!("{} is not a component that can run here", file.display()))?;
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        keyvalue::add_to_linker(&mut linker)?;
        let service = ServicePre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self(ProxyHandler::new(Maker {
            engine,
            service,
            database,
            variables,
            reuse,
        })))
    }

    /// Never fails: where the component gives no answer, the answer says so.
    pub(crate) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> std::result::Result<hyper::Response<WasiBody>, Infallible> {
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        Ok(match self.0.handle((), request).await {
            Ok(response) => response,
            Err(error) => {
                eprintln!("the component gave no answer: {error:?}");
                let text = Full::new(Bytes::from_static(b"the component gave no answer\n"));
                let mut response =
                    hyper::Response::new(text.map_err(|no| match no {}).boxed_unsync());
                *response.status_mut() = hyper::StatusCode::BAD_GATEWAY;
                response
            }
        })
    }
}

struct Maker {
    engine: Engine,
    service: ServicePre<State>,
    database: Option<Database>,
    variables: Vec<(String, String)>,
    reuse: u32,
}

impl HandlerState for Maker {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> Result<Instance<State, Expiration, Reuse>> {
        let state = State {
            wasi: WasiCtxBuilder::new()
                .inherit_stderr()
                .envs(&self.variables)
                .build(),
            http: WasiHttpCtx::new(),
            hooks: NoOutbound,
            table: ResourceTable::new(),
            database: self.database.clone(),
        };
        let mut store = Store::new(&self.engine, state);
        let proxy = ProxyPre::P3(self.service.clone())
            .instantiate_async(&mut store)
            .await?;
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiration(None),
            state: Reuse(self.reuse as usize),
        })
    }
}

/// Ends an instance that works or waits for too long.
struct Expiration(Option<(Instant, Pin<Box<tokio::time::Sleep>>)>);

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        _: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        let timer = match &mut self.0 {
            Some((since, timer)) if *since == start => timer,
            other => {
                let timer = Box::pin(tokio::time::sleep_until((start + PATIENCE).into()));
                &mut other.insert((start, timer)).1
            }
        };
        timer.as_mut().poll(task)
    }
}

/// How many requests an instance answers.
struct Reuse(usize);

impl WorkerState for Reuse {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, _: usize, total: usize) -> ShouldAccept {
        if total < self.0 {
            ShouldAccept::Yes
        } else {
            ShouldAccept::Never
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(tokio::time::sleep(PATIENCE))
    }

    fn drop(&self, _: Store<State>, result: Result<()>) {
        if let Err(error) = result {
            eprintln!("an instance ended: {error:?}");
        }
    }
}
