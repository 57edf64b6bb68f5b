//! Task pools with bounded concurrency, and a terminal dashboard that watches and steers them.

#[cfg(feature = "app")]
pub mod app;
pub mod pool;
#[cfg(feature = "tui")]
pub mod ui;
