//! The terminal's title: which pool, how far it is, what has failed.

use super::header::{load, queued_text};
use super::theme::Theme;
use crate::app::dashboard::{Screen, State};
use crate::app::status::Status;
use crate::app::view::{PoolRow, Queued};
use std::time::Duration;
use tokio::time::Instant;

/// Between two titles, at least.
const PAUSE: Duration = Duration::from_millis(500);

/// The title that the terminal has.
#[derive(Debug, Default)]
pub(super) struct Title {
    text: String,
    set: Option<Instant>,
}

impl Title {
    /// The new title, if it is another one and the last is old enough; else whether one is still to come.
    pub(super) fn next(&mut self, state: &State, theme: Theme, now: Instant) -> Result<&str, bool> {
        let text = text(state, theme);
        // Before the first view there is nothing to tell.
        if text == self.text || state.view.title.is_empty() && state.view.pools.is_empty() {
            return Err(false);
        }
        if self.set.is_some_and(|set| now < set + PAUSE) {
            return Err(true);
        }
        self.text = text;
        self.set = Some(now);
        Ok(&self.text)
    }
}

/// `fetch 12/20 ✗3 – taskpool-tui`: of the pool that is shown, or of all.
fn text(state: &State, theme: Theme) -> String {
    let pools = &state.view.pools;
    let (name, shown): (&str, &[PoolRow]) = match (state.screen(), state.pool_row()) {
        (Screen::Pool, Some(pool)) => (&pool.name, std::slice::from_ref(pool)),
        _ => match pools.as_slice() {
            [pool] => (&pool.name, pools),
            _ => (state.view.title.as_str(), pools),
        },
    };
    let mut words = vec![name.to_owned()];
    match shown {
        [pool] => words.push(load(pool)),
        _ => words.push(format!(
            "{} running",
            shown.iter().map(|pool| pool.running).sum::<usize>()
        )),
    }
    let queued = Queued {
        known: shown.iter().map(|pool| pool.queued.known).sum(),
        more: shown.iter().any(|pool| pool.queued.more),
    };
    if queued.known > 0 || queued.more {
        words.push(format!("{}{}", theme.sign(Status::Queued), queued_text(queued)));
    }
    let failed: u64 = shown.iter().map(|pool| pool.failed + pool.panicked).sum();
    if failed > 0 {
        words.push(format!("{}{failed}", theme.sign(Status::Failed)));
    }
    let dash = if theme.ascii { '-' } else { '–' };
    let mut text = words.join(" ");
    text.push_str(&format!(" {dash} taskpool-tui"));
    if theme.ascii {
        text = text.replace(|c: char| !c.is_ascii(), "?");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dashboard::{Msg, update};
    use crate::app::view::View;
    use std::sync::Arc;

    fn pool(name: &str, running: usize, failed: u64) -> PoolRow {
        PoolRow {
            name: name.into(),
            size: Some(20),
            running,
            failed,
            ..PoolRow::default()
        }
    }

    fn state(pools: Vec<PoolRow>) -> State {
        let mut state = State::default();
        let view = View {
            title: "jobs.toml".into(),
            pools,
            ..View::default()
        };
        update(&mut state, Msg::View(Arc::new(view)));
        state
    }

    #[test]
    fn the_title_tells_how_far_it_is() {
        let plain = Theme::default();
        let one = state(vec![pool("fetch", 12, 3)]);
        assert_eq!(text(&one, plain), "fetch 12/20 ✗3 – taskpool-tui");
        let ascii = Theme { ascii: true, ..plain };
        assert_eq!(text(&one, ascii), "fetch 12/20 F3 - taskpool-tui");
        let mut two = state(vec![pool("fetch", 12, 3), pool("größe", 2, 0)]);
        assert_eq!(text(&two, plain), "jobs.toml 14 running ✗3 – taskpool-tui");
        for key in ["j", "2"] {
            update(&mut two, Msg::Key(key.parse().unwrap()));
        }
        assert_eq!(text(&two, ascii), "gr??e 2/20 - taskpool-tui");
    }

    #[test]
    fn titles_come_twice_a_second_at_most() {
        let mut title = Title::default();
        let start = Instant::now();
        let theme = Theme::default();
        let one = state(vec![pool("fetch", 1, 0)]);
        let two = state(vec![pool("fetch", 2, 0)]);
        assert_eq!(title.next(&one, theme, start), Ok("fetch 1/20 – taskpool-tui"));
        assert_eq!(title.next(&one, theme, start), Err(false));
        assert_eq!(title.next(&two, theme, start), Err(true));
        assert_eq!(
            title.next(&two, theme, start + PAUSE),
            Ok("fetch 2/20 – taskpool-tui")
        );
    }
}
