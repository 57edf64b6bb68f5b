//! How fast commands are started: `cargo bench --bench commands [-- NUM]`.
//!
//! `/bin/true`, ten thousand times unless NUM says otherwise, eight at a time, in turns:
//! - by the program without a screen, which captures what they write, and by `xargs -P 8`: their ratio;
//! - in this process, without and with a gigabyte of memory in use: their ratio.
//!
//! Of five turns each the median counts.

#![expect(clippy::print_stdout, reason = "a measurement prints")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use taskpool_tui::app::output::{OutputLimits, OutputStore};
use taskpool_tui::app::process::{Job, run};
use taskpool_tui::pool::{TaskContext, TaskPool};

const TURNS: usize = 5;
const AT_ONCE: usize = 8;
const BALLAST: usize = 1 << 30;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let num = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let num: usize = num.unwrap_or(10_000);
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("true.toml");
    let text = format!(
        "[func.true]\ncommand = ['/bin/true']\n[[pool]]\nname = 'p'\npool_size = {AT_ONCE}\n[[pool.group]]\n\
         method = 'apply'\nfunc = 'true'\nnum = {num}\n"
    );
    fs::write(&config, text)?;

    let rate = |time: Duration| num as f64 / time.as_secs_f64();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let mut program = Command::new(env!("CARGO_BIN_EXE_taskpool-tui"));
        ours.push(rate(time(program.arg("run").arg(&config))?));
        let script = format!("seq {num} | xargs -P {AT_ONCE} -n 1 /bin/true");
        theirs.push(rate(time(Command::new("sh").args(["-c", &script]))?));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "program {ours:.0}/s, xargs {theirs:.0}/s: {:.2} times its rate",
        ours / theirs
    );

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut light, mut heavy) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        light.push(rate(runtime.block_on(inside(num))?));
        let ballast = vec![1_u8; BALLAST];
        heavy.push(rate(runtime.block_on(inside(num))?));
        drop(std::hint::black_box(ballast));
    }
    let (light, heavy) = (median(light), median(heavy));
    println!(
        "in a small process {light:.0}/s, with 1 GiB in use {heavy:.0}/s: {:.2} times that",
        heavy / light
    );
    Ok(())
}

fn time(command: &mut Command) -> Result<Duration, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    assert!(status.success(), "{command:?}: {status}");
    Ok(start.elapsed())
}

/// The same in a pool of this process.
async fn inside(num: usize) -> Result<Duration, Box<dyn std::error::Error>> {
    let outputs = OutputStore::new(OutputLimits::default(), Instant::now());
    let pool = TaskPool::new(AT_ONCE);
    let body = move |()| {
        let outputs = outputs.clone();
        async move {
            let id = TaskContext::current().map_or(0, |context| context.id().0);
            run(Job::new(["/bin/true"]), outputs.sink("p", id)).await
        }
    };
    let start = Instant::now();
    pool.map(body, std::iter::repeat_n((), num), AT_ONCE, ())?;
    let ended = pool.close().await.into_result()?;
    assert_eq!(ended.completed, num as u64);
    Ok(start.elapsed())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
