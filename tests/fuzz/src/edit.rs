//! Changes of an input. Owns what they are and that no input grows without bound; must not know what the input is.

use proptest::prelude::*;
use proptest::sample::Index;

/// Bytes that an input may have after a change.
const LARGEST: usize = 64 << 10;

/// One change. Places are shares of the input's length, so that they make sense while other changes are taken away.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// Another byte.
    Byte(Index, u8),
    /// One bit.
    Flip(Index, u8),
    /// A number where lengths and counts are: nothing, one, much, all.
    Number(Index, u32),
    /// A word of the target.
    Word(Index, Index),
    /// A word of the target over what is there.
    Over(Index, Index),
    /// Some bytes go.
    Remove(Index, u8),
    /// The rest goes.
    Cut(Index),
    /// Some bytes come again.
    Repeat(Index, u8, u8),
    /// A part of another input.
    Splice(Index, Index, Index, u8),
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    let number = prop_oneof![
        Just(0),
        Just(1),
        Just(0x7f),
        Just(0x80),
        Just(0xffff),
        Just(0x7fff_ffff),
        Just(0x8000_0000),
        Just(u32::MAX),
        any::<u32>(),
    ];
    prop_oneof![
        3 => (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        3 => (place(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        2 => (place(), number).prop_map(|(at, number)| Edit::Number(at, number)),
        4 => (place(), place()).prop_map(|(at, word)| Edit::Word(at, word)),
        2 => (place(), place()).prop_map(|(at, word)| Edit::Over(at, word)),
        2 => (place(), any::<u8>()).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => place().prop_map(Edit::Cut),
        1 => (place(), any::<u8>(), 1..40_u8)
            .prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        2 => (place(), place(), place(), any::<u8>())
            .prop_map(|(seed, from, at, length)| Edit::Splice(seed, from, at, length)),
    ]
}

impl Edit {
    pub(crate) fn apply(&self, input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
        let end = input.len() + 1;
        let at = |place: &Index| place.index(end);
        match self {
            Self::Byte(place, byte) => {
                let at = at(place);
                if let Some(there) = input.get_mut(at) {
                    *there = *byte;
                }
            }
            Self::Flip(place, bit) => {
                let at = at(place);
                if let Some(there) = input.get_mut(at) {
                    *there ^= 1 << bit;
                }
            }
            Self::Number(place, number) => over(input, at(place), &number.to_le_bytes()),
            Self::Word(place, word) if !words.is_empty() => {
                let at = at(place);
                insert(input, at, word.get(words).as_bytes());
            }
            Self::Over(place, word) if !words.is_empty() => {
                over(input, at(place), word.get(words).as_bytes());
            }
            Self::Word(..) | Self::Over(..) => {}
            Self::Remove(place, length) => {
                let at = at(place);
                let end = input.len().min(at + usize::from(*length));
                input.drain(at..end);
            }
            Self::Cut(place) => {
                let at = at(place);
                input.truncate(at);
            }
            Self::Repeat(place, length, times) => {
                let at = at(place);
                let end = input.len().min(at + usize::from(*length));
                let again = input[at..end].repeat(usize::from(*times));
                insert(input, end, &again);
            }
            Self::Splice(seed, from, place, length) => {
                let other = seed.get(seeds);
                let from = from.index(other.len() + 1);
                let end = other.len().min(from + usize::from(*length));
                let at = at(place);
                insert(input, at, &other[from..end]);
            }
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if input.len() + bytes.len() <= LARGEST {
        input.splice(at..at, bytes.iter().copied());
    }
}

fn over(input: &mut [u8], at: usize, bytes: &[u8]) {
    for (there, byte) in input[at..].iter_mut().zip(bytes) {
        *there = *byte;
    }
}
