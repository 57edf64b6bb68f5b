//! The start of a session, shared by the tests that run real pools.

use std::path::Path;
use std::sync::Arc;
use taskpool_tui::app::session::Session;
use taskpool_tui::app::{Registry, config};
use tokio::runtime::Handle;

/// The session of this config, started; `before` that it is handed over.
pub(crate) fn start(text: &str, registry: &Registry, before: impl FnOnce(&Arc<Session>)) -> Arc<Session> {
    let config = config::parse(text, Path::new("/tmp/test.toml"), &registry.names())
        .unwrap_or_else(|errors| panic!("{errors}"));
    let session = Arc::new(Session::new(&config, registry, &Handle::current(), false));
    before(&session);
    session.start(&config).unwrap();
    session
}
