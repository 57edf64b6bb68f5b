//! What a filter cannot find, and why.

use crate::app::status::{LOOKS, Status};

/// Why a filter finds less than it seems to ask for, and what to write instead.
pub(crate) fn filter_problem(filter: &str) -> Option<(String, String)> {
    filter.split_whitespace().find_map(|word| {
        let state = word.strip_prefix("state:")?;
        let first = match Status::from_word(state) {
            None if state.is_empty() => "state: wants a state".to_owned(),
            None => format!("no such state: {state}"),
            Some(Status::Queued) => "queued tasks have no rows".to_owned(),
            Some(_) => return None,
        };
        let states: Vec<String> = LOOKS
            .iter()
            .filter(|look| look.status != Status::Queued)
            .map(|look| look.word.replace(' ', "-"))
            .collect();
        Some((first, format!("states are {}", states.join(", "))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_no_task_can_have_is_a_problem() {
        let first = |filter| filter_problem(filter).map(|(first, _)| first);
        assert_eq!(first("w-0 state:bogus"), Some("no such state: bogus".to_owned()));
        assert_eq!(
            first("state:queued"),
            Some("queued tasks have no rows".to_owned())
        );
        assert_eq!(first("state:"), Some("state: wants a state".to_owned()));
        for filter in ["", "bogus", "state:ok 1", "state:timed-out state:failed"] {
            assert_eq!(filter_problem(filter), None, "{filter}");
        }
        let (_, states) = filter_problem("state:x").unwrap();
        for state in states.strip_prefix("states are ").unwrap().split(", ") {
            assert_eq!(filter_problem(&format!("state:{state}")), None);
        }
    }
}
