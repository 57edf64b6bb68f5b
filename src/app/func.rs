//! From a function of the config and arguments to a task.

use super::args::Args;
use super::attempts;
use super::book::{Book, Failure, Origin};
use super::clean::Clean;
use super::config::{FuncKind, FuncSpec, expand_all, sleep_time};
use super::output::{OutputSink, OutputStore};
use super::process::{self, Job, Live, RunTime};
use super::status::Status;
use super::terminal::{Terminal, Terminals};
use super::view::Stream;
use crate::pool::{BoxError, Cancelled, TaskContext, TaskFuture, TaskId};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

type RegisteredFn = Arc<dyn Fn(Args) -> TaskFuture + Send + Sync>;

/// The functions that an embedding program brings along, by the names that configs know them by.
#[derive(Clone, Default)]
pub struct Registry(BTreeMap<String, RegisteredFn>);

impl Registry {
    /// Adds a function. It gets the task's arguments as they stand in the config; an argument that it cannot
    /// use is its failure.
    #[must_use]
    pub fn with<F, Fut>(mut self, name: &str, func: F) -> Self
    where
        F: Fn(Args) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        self.0
            .insert(name.to_owned(), Arc::new(move |args| Box::pin(func(args))));
        self
    }

    /// The names.
    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What a function is called as.
#[derive(Clone, Copy)]
pub(super) enum As<'a> {
    /// The body of a task, for so many times in all, from 1; this tells how long it has run.
    Try(u64, &'a RunTime),
    /// A callback, which is called once.
    Callback,
}

/// A function, ready to be called.
#[derive(Clone)]
pub(super) struct Func {
    spec: Arc<FuncSpec>,
    registered: Option<RegisteredFn>,
    outputs: OutputStore,
    terminals: Terminals,
    /// Where the commands that run can be reached.
    live: Live,
    /// That of the pool whose tasks call it.
    book: Arc<Book>,
    /// How often the session was asked to end.
    quits: watch::Sender<u8>,
}

impl Func {
    pub(super) fn new(
        spec: &FuncSpec,
        registry: &Registry,
        outputs: &OutputStore,
        terminals: &Terminals,
        live: &Live,
        book: &Arc<Book>,
        quits: &watch::Sender<u8>,
    ) -> Self {
        let registered = registry.0.get(&spec.name).cloned();
        Func {
            spec: Arc::new(spec.clone()),
            registered,
            outputs: outputs.clone(),
            terminals: terminals.clone(),
            live: live.clone(),
            book: book.clone(),
            quits: quits.clone(),
        }
    }

    pub(super) fn spec(&self) -> &FuncSpec {
        &self.spec
    }

    /// Tells why arguments are none for it.
    pub(super) fn accepts(&self) -> impl Fn(&Args) -> Result<(), String> + Send + use<> {
        let spec = self.spec.clone();
        move |args| spec.accepts(args)
    }

    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Where the task of this context writes to.
    pub(super) fn sink(&self, context: &TaskContext) -> OutputSink {
        self.outputs.sink(context.pool(), context.id().0)
    }

    /// A task that calls the function; or why these arguments are none for it.
    pub(super) fn task(&self, args: Args, origin: Origin) -> Result<TaskFuture, String> {
        self.spec.accepts(&args)?;
        Ok(self.accepted(args, origin))
    }

    /// A task that calls the function with arguments that it accepts.
    pub(super) fn accepted(&self, args: Args, origin: Origin) -> TaskFuture {
        let func = self.clone();
        Box::pin(async move {
            let context = TaskContext::current().expect("a pool polls it");
            func.book.began(context.id().0, origin);
            let mut leaves = Leaves {
                book: func.book.as_ref(),
                context: &context,
                args,
                keep: origin.keep,
                completed: None,
            };
            let result = attempts::run(&func, &leaves.args, &context).await;
            leaves.ended(&result);
            result
        })
    }

    /// Calls the function as the callback of the task that runs it. What it writes follows the task's own
    /// output. It is dropped, and what it runs is killed, when the session ends by force.
    pub(super) async fn call_back(&self, id: TaskId) -> Result<(), BoxError> {
        let context = TaskContext::current().expect("a pool polls it");
        let sink = self.outputs.sink(context.pool(), id.0).aside();
        let args = Args::default();
        let name = &self.spec.name;
        let mut asked = self.quits.subscribe();
        let result = tokio::select! {
            result = self.call(&args, &context, sink, As::Callback) => result.map_err(|error| format!("{name}: {error}").into()),
            // Somebody wants it so: that is no failure.
            _ = asked.wait_for(|times| *times > 1) => {
                self.outputs.sink(context.pool(), id.0).remark(&format!("callback {name} was ended by force"));
                Ok(())
            }
        };
        if let Err(error) = &result {
            self.outputs
                .sink(context.pool(), id.0)
                .remark(&format!("callback {error}"));
        }
        result
    }

    /// Calls the function once.
    pub(super) async fn call(
        &self,
        args: &Args,
        context: &TaskContext,
        sink: OutputSink,
        called: As<'_>,
    ) -> Result<(), BoxError> {
        let sink = match called {
            // Each try has files of its own.
            As::Try(attempt, _) => sink.attempt(u32::try_from(attempt).unwrap_or(u32::MAX)),
            As::Callback => sink,
        };
        match &self.spec.kind {
            FuncKind::Command { .. } | FuncKind::Shell { .. } => {
                let job = self.job(args, context, called)?;
                let (pool, id, pty) = (context.pool(), context.id().0, self.spec.pty);
                // That of a callback is shown nowhere: its task has none any more.
                let (callback, open, terminal) = match called {
                    As::Try(..) => {
                        let open = pty.then(|| self.terminals.open(pool, id));
                        let terminal = open.as_deref().cloned();
                        (None, open, terminal)
                    }
                    As::Callback => (Some(&*self.spec.name), None, pty.then(Terminal::new)),
                };
                let job = Job { terminal, ..job };
                let seat = self.live.seat(pool, id, callback);
                let seat = match called {
                    As::Try(_, time) => seat.timed(time),
                    As::Callback => seat,
                };
                let ended = process::run_live(job, sink, seat).await;
                // Shown until its last lines are output.
                drop(open);
                ended
            }
            FuncKind::Sleep => {
                tokio::time::sleep(sleep_time(args)?).await;
                Ok(())
            }
            FuncKind::Fail => {
                let message = args
                    .positional
                    .first()
                    .map_or("failed".into(), |text| text.to_string_lossy());
                sink.end(true);
                Err(message.into())
            }
            FuncKind::Echo => {
                sink.write(Stream::Stdout, &line(args));
                Ok(())
            }
            FuncKind::Registered => match &self.registered {
                Some(func) => func(args.clone()).await,
                None => Err(format!("no function {} is registered", self.spec.name).into()),
            },
        }
    }

    fn job(&self, args: &Args, context: &TaskContext, called: As<'_>) -> Result<Job, BoxError> {
        let spec = &self.spec;
        let job = match &spec.kind {
            FuncKind::Command { argv, .. } => Job::new(expand_all(argv, args)?),
            FuncKind::Shell { script } => Job::shell(script, args.positional.iter().cloned()),
            FuncKind::Sleep | FuncKind::Fail | FuncKind::Echo | FuncKind::Registered => {
                return Err(format!("{} runs no process", spec.name).into());
            }
        };
        let own = spec.env.iter().map(|(name, value)| (name.into(), value.into()));
        let mut env: Vec<(OsString, OsString)> = own.collect();
        if let FuncKind::Shell { .. } = &spec.kind {
            env.extend(
                args.keyword
                    .iter()
                    .map(|(name, value)| (name.into(), value.clone())),
            );
        }
        let attempt = match called {
            As::Try(attempt, _) => attempt,
            As::Callback => 1,
        };
        let facts = [
            ("TASKPOOL_POOL", context.pool().to_string()),
            ("TASKPOOL_GROUP", context.group().to_string()),
            ("TASKPOOL_TASK_ID", context.id().to_string()),
            ("TASKPOOL_ATTEMPT", attempt.to_string()),
        ];
        env.extend(facts.map(|(name, value)| (name.into(), value.into())));
        Ok(Job {
            cwd: spec.cwd.clone(),
            env,
            stdin: spec.stdin.clone(),
            grace: spec.grace,
            timeout: spec.timeout,
            ..job
        })
    }
}

/// What a task leaves in the book when it is over, whichever way.
struct Leaves<'a> {
    book: &'a Book,
    context: &'a TaskContext,
    args: Args,
    keep: bool,
    /// Whether it completed; none: it was dropped, or panics.
    completed: Option<bool>,
}

impl Leaves<'_> {
    fn ended(&mut self, result: &Result<(), BoxError>) {
        self.completed = Some(result.is_ok());
        if let Err(error) = result
            && !error.is::<Cancelled>()
        {
            self.failed(Status::of_error(&**error), Clean::from(error.to_string()));
        }
    }

    fn failed(&self, status: Status, note: Clean) {
        self.book.failed(Failure {
            at: Instant::now(),
            id: self.context.id().0,
            group: self.context.group().clone(),
            args: Clean::from(self.args.to_string()),
            status,
            note,
        });
    }
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        if self.completed.is_none() && std::thread::panicking() {
            self.failed(Status::Panicked, Clean::from("panicked"));
        }
        if self.keep {
            let args = std::mem::take(&mut self.args);
            let completed = self.completed == Some(true);
            self.book.keep(self.context.id().0, args, completed);
        }
    }
}

/// What `echo` prints: the arguments with a space between each two, byte for byte.
fn line(args: &Args) -> Vec<u8> {
    let keyword = args.keyword.iter().map(|(name, value)| {
        let mut text = OsString::from(format!("{name}="));
        text.push(value);
        text
    });
    let words: Vec<OsString> = args.positional.iter().cloned().chain(keyword).collect();
    let mut line = words.join(OsStr::new(" ")).as_bytes().to_vec();
    line.push(b'\n');
    line
}
