//! Changes inputs at random, the same way in every run.

/// The longest input, and that of most: short ones are quick.
const LONGEST: usize = 6000;
const USUAL: usize = 200;

pub(crate) struct Mutator {
    seed: u64,
    words: &'static [&'static [u8]],
}

impl Mutator {
    /// `words` are what the format is made of.
    pub(crate) fn new(words: &'static [&'static [u8]]) -> Mutator {
        Mutator {
            seed: 0x9E37_79B9_7F4A_7C15,
            words,
        }
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from(self.seed >> 11).unwrap() % n.max(1)
    }

    /// One of the inputs, changed in one to six ways.
    pub(crate) fn mutate(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input, inputs);
        }
        let most = if self.below(64) == 0 { LONGEST } else { USUAL };
        input.truncate(most);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, others: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(16)).min(input.len());
        match self.below(9) {
            0 => drop(input.drain(at..end)),
            1 if at < input.len() => input[at] ^= 1 << self.below(8),
            2 if at < input.len() => input[at] = u8::try_from(self.below(256)).unwrap(),
            3 => input.insert(at, u8::try_from(self.below(256)).unwrap()),
            4 => {
                let part = input[at..end].repeat(1 + self.below(30));
                input.splice(at..at, part);
            }
            5 => {
                let other = &others[self.below(others.len())];
                let from = self.below(other.len() + 1);
                let to = from + self.below(other.len() - from + 1);
                input.splice(at..end, other[from..to].iter().copied());
            }
            6 => {
                // Any character, most of them from where the odd ones are.
                let blocks = [
                    0x0, 0x80, 0x300, 0x600, 0x900, 0x1800, 0x2000, 0xFE00, 0xFFF0, 0x1F300, 0xE_0000,
                ];
                let block = blocks[self.below(blocks.len())];
                let code = block + u32::try_from(self.below(0x100)).unwrap();
                let mut utf8 = [0; 4];
                let c = char::from_u32(code)
                    .unwrap_or('x')
                    .encode_utf8(&mut utf8)
                    .as_bytes();
                input.splice(at..at, c.iter().copied());
            }
            _ => {
                let word = self.words[self.below(self.words.len())];
                input.splice(at..at, word.iter().copied());
            }
        }
    }
}
