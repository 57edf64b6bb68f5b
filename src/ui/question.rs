//! The box of a question: what it would hit, and the two answers, each with its verb.

use super::draw::Cx;
use super::layout;
use super::overlay::{Row, answers, boxed, cells, input_field, inside};
use super::text::wrap_words;
use super::theme::Role;
use crate::app::control::{Call, Deed};
use crate::app::count::counted;
use crate::app::dashboard::{Action, Confirm};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

/// What the answers do, and whether a yes ends work.
struct Verbs {
    yes: String,
    no: &'static str,
    ends_work: bool,
}

impl Verbs {
    fn of(confirm: &Confirm) -> Verbs {
        let tasks = |n: usize| counted(n, "task", "tasks");
        let ends = |yes: String| Verbs {
            yes,
            no: "Keep running",
            ends_work: true,
        };
        let does = |yes: String| Verbs {
            yes,
            no: "Keep",
            ends_work: false,
        };
        let Some(command) = &confirm.command else {
            return ends("Cancel tasks and quit".to_owned());
        };
        match &command.call {
            Call::Cancel { ids, force: false } => ends(format!("Cancel {}", tasks(ids.len()))),
            Call::Cancel { ids, force: true } => ends(format!("Kill {}", tasks(ids.len()))),
            Call::Stop { num, .. } => ends(format!("Cancel {}", tasks(*num))),
            Call::CancelGroup { .. } => ends("Cancel group".to_owned()),
            Call::CancelAll => ends("Cancel everything".to_owned()),
            Call::Close => does("Close pool".to_owned()),
            Call::Flush => does("Clear finished".to_owned()),
            Call::Signal { ids, .. } => ends(format!("Send to {}", tasks(ids.len()))),
            Call::Retry { ids } => does(format!("Retry {}", tasks(ids.len()))),
            Call::RetryFailed { .. } => does("Retry failed".to_owned()),
            Call::Each { ids, deed } => {
                let tasks = counted(ids.len(), "task", "tasks");
                match deed {
                    Deed::Cancel { force: false } => ends(format!("Cancel {tasks}")),
                    Deed::Cancel { force: true } => ends(format!("Kill {tasks}")),
                    Deed::Signal(_) => ends(format!("Send to {tasks}")),
                    Deed::Pause => does(format!("Pause {tasks}")),
                    Deed::Resume => does(format!("Resume {tasks}")),
                    Deed::Retry => does(format!("Retry {tasks}")),
                    Deed::Input(_) | Deed::EndInput => does(format!("Send to {tasks}")),
                }
            }
            Call::Lock => does("Lock pool".to_owned()),
            Call::Unlock => does("Unlock pool".to_owned()),
            Call::Pause => does("Pause pool".to_owned()),
            Call::Resume => does("Resume pool".to_owned()),
            Call::SetSize { .. } => does("Set size".to_owned()),
            Call::SetConcurrent { .. } => does("Set concurrency".to_owned()),
            Call::Start { .. } | Call::Add { .. } | Call::Release { .. } => does("Start".to_owned()),
            Call::PauseTasks { ids } => does(format!("Pause {}", tasks(ids.len()))),
            Call::ResumeTasks { ids } => does(format!("Resume {}", tasks(ids.len()))),
            Call::Input { .. } | Call::Type { .. } => does("Send".to_owned()),
            Call::SaveOutput { .. } => does("Save".to_owned()),
        }
    }
}

/// What a question would hit, in lines.
fn hits(area: Rect, confirm: &Confirm) -> Vec<(String, Role)> {
    let cells = cells(area);
    let roomy = area.height >= 12;
    let gap = || roomy.then(|| (String::new(), Role::Text));
    let mut rows: Vec<(String, Role)> = gap().into_iter().collect();
    match &confirm.lines {
        None => rows.push(("… looking up which tasks are hit".to_owned(), Role::Dim)),
        Some(lines) if lines.is_empty() => rows.push(("nothing would be hit".to_owned(), Role::Dim)),
        Some(lines) => {
            let parts = lines.iter().flat_map(|line| wrap_words(line, cells));
            rows.extend(parts.map(|part| (part.to_owned(), Role::Text)));
        }
    }
    // The call is the same in other words: it is not worth cutting what would be hit.
    if let Some(command) = &confirm.command
        && roomy
    {
        rows.extend(gap());
        let same = format!("same as {command}");
        rows.extend(
            wrap_words(&same, cells)
                .into_iter()
                .map(|part| (part.to_owned(), Role::Dim)),
        );
    }
    rows.extend(gap());
    rows
}

/// The lines of a question that stay whatever is cut.
fn kept(confirm: &Confirm) -> usize {
    if confirm.typed.is_some() { 3 } else { 1 }
}

/// How many of the lines of what a question would hit are shown, and how many there are.
pub(super) fn rows(area: Rect, confirm: &Confirm) -> (usize, usize) {
    let (hits, kept) = (hits(area, confirm).len(), kept(confirm));
    let inner = inside(layout::dialog(area, hits + kept));
    (usize::from(inner.height).saturating_sub(kept), hits)
}

/// Draws it, and says where the cursor is, if something is typed.
pub(super) fn draw(buf: &mut Buffer, area: Rect, confirm: &Confirm, cx: &Cx<'_>) -> Option<Position> {
    let verbs = Verbs::of(confirm);
    let text = cx.style(Role::Text);
    let dim = cx.style(Role::Dim);
    let hits = hits(area, confirm).into_iter();
    let mut rows: Vec<Row> = hits.map(|(text, role)| vec![(text, cx.style(role))]).collect();
    let kept = (kept(confirm), confirm.top);
    let key = |action: Action| (cx.state.key(action), cx.style(Role::Key));
    let ready = if confirm.is_ready() { text } else { dim };
    let (frame, cursor) = match &confirm.typed {
        None => {
            let keep = cx.style(Role::Cursor);
            let no = format!(" {} {} ", cx.state.key(Action::Keep), verbs.no);
            let mut last = vec![
                (no, keep),
                ("   ".to_owned(), text),
                key(Action::Yes),
                (format!(" {}", verbs.yes), ready),
            ];
            if confirm.command.is_none() {
                last.extend([
                    ("   ".to_owned(), dim),
                    key(Action::Interrupt),
                    (" too".to_owned(), dim),
                ]);
            }
            rows.push(last.clone());
            let inner = boxed(buf, area, &confirm.title, &rows, kept, cx);
            answers(inner, &last, &[(0, Action::Keep), (2, Action::Yes)], cx);
            (inner, None)
        }
        Some((expected, input)) => {
            rows.push(vec![
                ("type ".to_owned(), dim),
                (expected.clone(), cx.style(Role::Strong)),
                (" to say yes:".to_owned(), dim),
            ]);
            rows.push(vec![("> ".to_owned(), cx.style(Role::Key))]);
            let last = vec![
                key(Action::Accept),
                (format!(" {}   ", verbs.yes), ready),
                key(Action::Back),
                (format!(" {}", verbs.no), text),
            ];
            rows.push(last.clone());
            let inner = boxed(buf, area, &confirm.title, &rows, kept, cx);
            answers(inner, &last, &[(0, Action::Accept), (2, Action::Back)], cx);
            let line = Rect {
                y: inner.bottom().saturating_sub(2).max(inner.y),
                height: 1.min(inner.height),
                ..inner
            };
            (inner, Some(input_field(buf, line, 2, input, cx)))
        }
    };
    if verbs.ends_work {
        stands_out(buf, area, frame, cx);
    }
    cursor
}

/// Marks the frame around this inside as one of a question that ends work, and dims what lies behind.
fn stands_out(buf: &mut Buffer, area: Rect, inner: Rect, cx: &Cx<'_>) {
    let frame = Rect {
        x: inner.x.saturating_sub(2).max(area.x),
        y: inner.y.saturating_sub(1).max(area.y),
        width: inner.width + 4,
        height: inner.height + 2,
    }
    .intersection(area);
    let (warning, dim) = (cx.style(Role::Warning), cx.style(Role::Dim));
    for position in area.positions() {
        let Some(cell) = buf.cell_mut(position) else {
            continue;
        };
        if !frame.contains(position) {
            cell.modifier.remove(Modifier::BOLD | Modifier::REVERSED);
            // What is blank is not worth writing.
            if cell.symbol() != " " {
                cell.set_style(dim);
            }
        } else if !inner.contains(position) && !" ".contains(cell.symbol()) {
            cell.set_style(warning);
        }
    }
}
