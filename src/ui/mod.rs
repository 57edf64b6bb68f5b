//! Floor 2: the terminal.
