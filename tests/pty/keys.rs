//! The keys that steer pools, one user's visit from start to end each.

use crate::terminal::Terminal;

const POOLS: &str = r#"
    [func.long]
    command = ["sleep", "1000"]

    [func.item]
    command = ["sleep", "{0}"]

    [[pool]]
    kind = "simple"
    name = "workers"
    func = "long"

    [[pool]]
    name = "batch"
    pool_size = 2
    [[pool.group]]
    name = "items"
    method = "map"
    func = "item"
    arg_iter = [2001, 2002, 2003, 2004, 2005, 2006]
    num_concurrent = 6
    [[pool.group]]
    name = "fast"
    method = "map"
    func = "fail"
    arg_iter = ["needle"]
    autostart = false
"#;

fn start(dir: &tempfile::TempDir) -> Terminal {
    let terminal = Terminal::start(dir.path(), (100, 30), POOLS);
    // The first view has come; until then keys have nothing to act on.
    terminal.shows("▌ workers");
    terminal
}

impl Terminal {
    /// Waits until the row of a pool has these columns, whatever is between them.
    #[track_caller]
    fn row(&self, pool: &str, columns: &str) {
        let has = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.contains(&pool) && columns.split(' ').all(|column| words.contains(&column))
        };
        self.wait_for(&format!("has a row of {pool} with {columns}"), |screen| {
            screen.lines().any(has)
        });
    }
}

#[test]
fn a_simple_pool_is_started_stopped_locked_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(&dir);
    t.press("s", "Enter apply");
    t.press("3\r", "✓ group start-group-0 with 3 tasks");
    t.row("workers", "3/∞");
    t.mark.until(3, "sleep 1000");

    t.press("S", "started last");
    t.press("1\r", "1 task to be cancelled, newest first: 2");
    t.press("y", "✓ cancel requested: 2");
    t.row("workers", "2/∞ 1/3");
    t.mark.until(2, "sleep 1000");

    t.press("F", "✓ cleared 1 cancelled");
    t.press("L", "✓ locked");
    t.row("workers", "locked 2/∞");
    t.press("s", "workers is locked: it takes no new groups");
    t.mark.until(2, "sleep 1000");
    t.press("L", "✓ unlocked");
    // Keys go by the view that is shown.
    t.hides("L unlock");

    t.press("s", "Enter apply");
    t.press("2\r", "✓ group start-group-1 with 2 tasks");
    t.row("workers", "4/∞");
    t.press("\x18", "type workers to say yes");
    // Enter is taken only once the question knows what would be hit.
    t.shows("4 running tasks");
    t.press("worker\r", "> worker");
    t.mark.until(4, "sleep 1000");
    t.press("s\r", "✓ cancel requested for 4 running tasks");
    t.mark.until(0, "sleep 1000");
    t.row("workers", "0/∞ 5/5");

    t.press("D", "Close pool");
    t.hides("looking up");
    t.press("y", "✓ closed");
    t.row("workers", "closed 0/∞");
    t.press("s", "workers is closed");
}

#[test]
fn a_pool_grows_pauses_and_shrinks() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(&dir);
    t.row("batch", "2/2 4");
    t.press("j+", "size 2 → 3");
    t.row("batch", "3/3 3");
    t.mark.until(3, "sleep 200");
    t.press("P", "✓ paused");
    t.row("batch", "paused 3/3");
    t.press("+", "size 3 → 4");
    t.row("batch", "paused 3/4 3");
    t.press("P", "✓ resumed");
    t.row("batch", "4/4 2");
    t.mark.until(4, "sleep 200");
    t.press("=", "Enter apply");
    // Whatever it proposes is not what is wanted.
    t.press("\x7f\x7f\x7f\x7f1\r", "size 4 → 1");
    t.row("batch", "4/1 2");
    t.press("-", "size 1 → 0");
    t.press("=", "Enter apply");
    t.press("\x7f\x7f\x7f\x7f6\r", "→ 6");
    t.row("batch", "6/6 running");
}

#[test]
fn tasks_and_groups_are_cancelled_from_inside_a_pool() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(&dir);
    t.row("batch", "2/2 4");
    t.press("j2", "Groups");
    t.shows("[2 Pool]");
    t.shows("2001");
    // The first of the running tasks.
    t.press("ggx", "✓ cancel requested for 1 task");
    t.shows("cancelled");
    t.mark.until(1, "sleep 2003");
    // From the tasks to the groups, and there to the first.
    t.press("\x1b[Zj", "▌ items");
    t.press("X", "Cancel group items?");
    // Before it is known what it would hit, nothing says yes.
    t.hides("looking up");
    t.press("y", "to be cancelled");
    t.mark.until(0, "sleep 20");
}

#[test]
fn looking_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(&dir);
    t.row("batch", "2/2 4");
    t.press("?", "Esc closes");
    t.types("\x1b");
    t.hides("Esc closes");
    t.press("5", "[5 Log]");
    t.press("1", "[1 Pools]");
    t.press("j2", "[2 Pool]");
    t.shows("2002");
    t.press("/", "/");
    t.press("2002\r", "2002");
    t.hides("2001");
    t.types("\x1b");
    t.shows("2001");
    t.press("1", "[1 Pools]");
    t.row("batch", "2/2 4");
    t.mark.until(2, "sleep 200");
}

#[test]
fn keys_are_answered_while_a_task_floods() {
    let dir = tempfile::tempdir().unwrap();
    let config = r#"
        [func.flood]
        command = ["yes", "a line of a task that says the same again and again"]
        [[pool]]
        name = "flood"
        [[pool.group]]
        method = "apply"
        func = "flood"
        num = 2
    "#;
    let mut t = Terminal::start(dir.path(), (120, 40), config);
    t.shows("[1 Pools]");
    t.press("2", "again and again");
    t.press("?", "Esc closes");
    t.types("\x1b");
    t.hides("Esc closes");
    t.types("q");
    t.shows("Cancel tasks and quit");
    t.types("y");
    t.has_left(0, 1);
}

#[test]
fn a_group_is_added_by_keys_with_lines_that_are_pasted() {
    let dir = tempfile::tempdir().unwrap();
    let mut t = start(&dir);
    t.press("j", "▌ batch");
    t.press("a", "Add a group to batch");
    t.shows("▸ func            long");
    t.press("it", "item");
    t.press("\t\t", "▸ arg_iter");
    t.press("\x1b[200~3001\r3002\r3003\x1b[201~", "3 lines pasted");
    t.shows("3 tasks of item: 3001, 3002, 3003");
    t.press("\tpasted\t3", "pasted: 3 tasks of item, max 3");
    t.press("\r", "✓ group pasted with 3 tasks");
    t.shows("▌ pasted");
    // Both slots are taken by the group before it; with another size its tasks start.
    t.press("=9\r", "size 2 → 9");
    t.mark.until(1, "sleep 3003");
    // A limit of its own, while tasks of it wait.
    t.press("k", "▌ items");
}
