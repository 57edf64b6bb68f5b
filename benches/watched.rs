//! What it costs that a session is watched: `cargo bench --bench watched -- [--n N] [--size S] [--served]`.
//!
//! N no-op tasks through a pool of S slots of a session, until the last has ended: alone, or while it is served as a
//! dashboard has it, with views, and with the look for warnings once a second.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and may stop at once"
)]

use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskpool_tui::app::link::link;
use taskpool_tui::app::session::Session;
use taskpool_tui::app::{Registry, config, serve};
use taskpool_tui::pool::BoxError;
use tokio::runtime::{Builder, Handle};

fn option(name: &str, usual: usize) -> usize {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    let value = args.nth(1);
    value.map_or(usual, |value| value.parse().unwrap())
}

async fn measure(n: usize, size: usize, served: bool) -> Duration {
    let registry = Registry::default().with("noop", |_| async { Ok::<(), BoxError>(()) });
    let text = format!(
        "[[pool]]\nname = \"p\"\npool_size = {size}\n[[pool.group]]\nmethod = \"apply\"\nfunc = \"noop\"\nnum = {n}\n"
    );
    let config = config::parse(&text, Path::new("/tmp/watched.toml"), &registry.names()).unwrap();
    let session = Arc::new(Session::new(&config, &registry, &Handle::current(), false));
    let _client = served.then(|| {
        let (client, end) = link();
        tokio::spawn(serve(session.clone(), end));
        client
    });
    // The first look at the pools is over.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    session.start(&config).unwrap();
    let ended = || session.pools().map(|pool| pool.stats().totals.sum()).sum::<u64>();
    while ended() < n as u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    start.elapsed()
}

fn main() {
    let (n, size) = (option("--n", 1_000_000), option("--size", 1000));
    let served = std::env::args().any(|arg| arg == "--served");
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let wall = runtime
        .block_on(async { tokio::spawn(measure(n, size, served)).await })
        .unwrap();
    let line = json!({ "n": n, "size": size, "served": served, "wall_s": wall.as_secs_f64() });
    println!("{line}");
}
