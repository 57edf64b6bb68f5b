//! What the program tells its warden: records of one length.

use rustix::termios::{ControlModes, InputModes, LocalModes, OutputModes, SpecialCodeIndex, Termios};
use std::time::Duration;

/// The length of a record, in bytes. Less than a pipe takes as one.
pub(super) const LENGTH: usize = 128;

/// The most bytes that give a terminal back.
const MOST: usize = LENGTH - 20;

/// One thing to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// A command is about to be started.
    Birth { ticket: u64 },
    /// It was, and leads this session.
    Group(Started),
    /// Nothing is left of its session, or it could not be started.
    Gone { ticket: u64 },
    /// The terminal is the program's.
    Taken(Screen),
    /// It is not.
    Given,
    /// The program ends in order: there is nothing to do.
    Goodbye,
}

/// A command that was started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::app::process) struct Started {
    pub(in crate::app::process) ticket: u64,
    /// Its first process, which leads a group and a session of this ID.
    pub(in crate::app::process) pgid: i32,
    /// What its processes have between TERM and KILL.
    pub(in crate::app::process) grace: Duration,
    /// When it had been started, in nanoseconds since the machine was. A process that is younger and leads a
    /// session with this ID is another.
    pub(in crate::app::process) by: u64,
    /// Whether its session has a terminal, whose end is told by a HUP.
    pub(in crate::app::process) terminal: bool,
}

/// What a terminal was before the program took it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::app::process) struct Screen {
    modes: [u32; 4],
    special: [u8; 2],
    /// What to write to it, to see it as it was.
    leave: Vec<u8>,
}

impl Screen {
    /// Of a terminal that is not yet changed. Of `leave`, what is longer than a record can hold is left out.
    pub(in crate::app::process) fn new(before: &Termios, leave: &[u8]) -> Self {
        Screen {
            modes: [
                before.input_modes.bits(),
                before.output_modes.bits(),
                before.control_modes.bits(),
                before.local_modes.bits(),
            ],
            special: [
                before.special_codes[SpecialCodeIndex::VMIN],
                before.special_codes[SpecialCodeIndex::VTIME],
            ],
            leave: leave[..leave.len().min(MOST)].to_vec(),
        }
    }

    /// What to write.
    pub(super) fn leave(&self) -> &[u8] {
        &self.leave
    }

    /// Changes modes to those that were before: what raw mode changes, not the rest.
    pub(super) fn restore(&self, modes: &mut Termios) {
        let [input, output, control, local] = self.modes;
        modes.input_modes = InputModes::from_bits_retain(input);
        modes.output_modes = OutputModes::from_bits_retain(output);
        modes.control_modes = ControlModes::from_bits_retain(control);
        modes.local_modes = LocalModes::from_bits_retain(local);
        let [min, time] = self.special;
        modes.special_codes[SpecialCodeIndex::VMIN] = min;
        modes.special_codes[SpecialCodeIndex::VTIME] = time;
    }
}

impl Record {
    pub(super) fn encode(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let mut at = 1;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        let kind = match self {
            Record::Birth { ticket } => {
                put(&ticket.to_ne_bytes());
                1
            }
            Record::Group(started) => {
                put(&started.ticket.to_ne_bytes());
                put(&started.pgid.to_ne_bytes());
                let grace = u64::try_from(started.grace.as_millis()).unwrap_or(u64::MAX);
                put(&grace.to_ne_bytes());
                put(&started.by.to_ne_bytes());
                put(&[started.terminal.into()]);
                2
            }
            Record::Gone { ticket } => {
                put(&ticket.to_ne_bytes());
                3
            }
            Record::Taken(screen) => {
                for mode in screen.modes {
                    put(&mode.to_ne_bytes());
                }
                put(&screen.special);
                put(&[u8::try_from(screen.leave.len()).unwrap_or(0)]);
                put(&screen.leave);
                4
            }
            Record::Given => 5,
            Record::Goodbye => 6,
        };
        bytes[0] = kind;
        bytes
    }

    /// The record, unless it is none.
    pub(super) fn decode(bytes: &[u8; LENGTH]) -> Option<Record> {
        let mut rest = &bytes[1..];
        let rest = &mut rest;
        Some(match bytes[0] {
            1 => Record::Birth {
                ticket: u64::from_ne_bytes(take(rest)?),
            },
            2 => Record::Group(Started {
                ticket: u64::from_ne_bytes(take(rest)?),
                pgid: i32::from_ne_bytes(take(rest)?),
                grace: Duration::from_millis(u64::from_ne_bytes(take(rest)?)),
                by: u64::from_ne_bytes(take(rest)?),
                terminal: take::<1>(rest)? == [1],
            }),
            3 => Record::Gone {
                ticket: u64::from_ne_bytes(take(rest)?),
            },
            4 => {
                let mut mode = || Some(u32::from_ne_bytes(take(rest)?));
                let modes = [mode()?, mode()?, mode()?, mode()?];
                let special = take(rest)?;
                let [length] = take(rest)?;
                let leave = rest.get(..usize::from(length))?.to_vec();
                Record::Taken(Screen {
                    modes,
                    special,
                    leave,
                })
            }
            5 => Record::Given,
            6 => Record::Goodbye,
            _ => return None,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (part, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_heard() {
        let screen = Screen {
            modes: [1, 2, 3, u32::MAX],
            special: [4, 5],
            leave: vec![b'x'; MOST],
        };
        let started = Started {
            ticket: 7,
            pgid: i32::MAX,
            grace: Duration::from_millis(1500),
            by: u64::MAX,
            terminal: true,
        };
        for record in [
            Record::Birth { ticket: u64::MAX },
            Record::Group(started),
            Record::Gone { ticket: 0 },
            Record::Taken(screen),
            Record::Given,
            Record::Goodbye,
        ] {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
        assert_eq!(Record::decode(&[0; LENGTH]), None);
        assert_eq!(
            Record::decode(&[4; LENGTH]),
            Some(Record::Taken(Screen {
                modes: [0x0404_0404; 4],
                special: [4; 2],
                leave: vec![4; 4],
            }))
        );
        assert_eq!(Record::decode(&[255; LENGTH]), None);
    }
}
