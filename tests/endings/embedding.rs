//! A program of somebody else, with functions of its own. It is this test program, started by a test in a terminal.

use crate::terminal::Terminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use taskpool_tui::app::dashboard::Settings;
use taskpool_tui::app::link::link;
use taskpool_tui::app::session::Session;
use taskpool_tui::app::{Registry, StallWatch, config, serve};
use taskpool_tui::ui;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What tells this test program to be that program: its config.
const CONFIG: &str = "TASKPOOL_TEST_EMBEDDED";

/// Starts it. SIGUSR1 makes its screen's thread panic.
pub(crate) fn start(dir: &Path, config: &str) -> Terminal {
    crate::program::write(dir, "test.toml", config);
    let this = std::env::current_exe().unwrap();
    let arguments = [
        "embedding::the_program_itself",
        "--exact",
        "--nocapture",
        "--test-threads=1",
    ];
    Terminal::open(
        &this,
        dir,
        (100, 30),
        &arguments,
        &[("TERM", "xterm-256color"), (CONFIG, "test.toml")],
    )
}

fn registry() -> Registry {
    Registry::default()
        .with("panics", |_| async { panic!("no more \u{1b}[2J eggs") })
        .with("loops", |_| async {
            loop {
                std::hint::spin_loop();
            }
        })
        .with("blocks", |_| async {
            std::thread::sleep(Duration::from_secs(10));
            Ok(())
        })
}

/// Not a test, unless a test has started it so.
#[test]
fn the_program_itself() {
    let Some(path) = std::env::var_os(CONFIG).map(PathBuf::from) else {
        return;
    };
    let registry = registry();
    let config = config::load(&path, &registry.names()).unwrap();
    tracing_subscriber::registry().with(ui::layer().unwrap()).init();
    let pools = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let _stalls = StallWatch::over(pools.handle()).unwrap();
    let session = Arc::new(Session::new(&config, &registry, pools.handle(), false));
    let (client, server) = link();
    pools.spawn(serve(session.clone(), server));
    {
        let _inside = pools.enter();
        session.start(&config).unwrap();
    }
    let screen = Builder::new_current_thread().enable_all().build().unwrap();
    screen.block_on(async {
        let mut wish = signal(SignalKind::user_defined1()).unwrap();
        tokio::select! {
            left = ui::run(client, Settings::default()) => drop(left.unwrap()),
            _ = wish.recv() => panic!("as was wished"),
        }
    });
    // What blocks its thread cannot be waited for.
    std::process::exit(0);
}
