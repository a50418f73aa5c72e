//! States of specifications as bytes, for checkpoints: their fields, one after the other.

/// A state, or a part of one, that a checkpoint holds.
pub trait Saved: Sized {
    /// Adds it to the bytes.
    fn save(&self, bytes: &mut Vec<u8>);

    /// Takes it off the front of the bytes; none if it is not there.
    fn load(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Saved for $number {
            fn save(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn load(bytes: &mut &[u8]) -> Option<$number> {
                let (own, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(<$number>::from_le_bytes(*own))
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128);

impl Saved for bool {
    fn save(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn load(bytes: &mut &[u8]) -> Option<bool> {
        [false, true].get(usize::from(u8::load(bytes)?)).copied()
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, bytes: &mut Vec<u8>) {
        self.is_some().save(bytes);
        self.iter().for_each(|value| value.save(bytes));
    }

    fn load(bytes: &mut &[u8]) -> Option<Option<T>> {
        if bool::load(bytes)? { T::load(bytes).map(Some) } else { Some(None) }
    }
}

impl<T: Saved, const LENGTH: usize> Saved for [T; LENGTH] {
    fn save(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|value| value.save(bytes));
    }

    fn load(bytes: &mut &[u8]) -> Option<[T; LENGTH]> {
        let values: Option<Vec<T>> = (0..LENGTH).map(|_| T::load(bytes)).collect();
        values?.try_into().ok()
    }
}

/// `saved!(State { field, ... })` for a struct, all its fields named; `saved!(Kind: One, ...)` for
/// an enum whose variants hold nothing, in the order of their declaration.
macro_rules! saved {
    ($state:ident { $($field:tt),* }) => {
        impl $crate::systems::Saved for $state {
            fn save(&self, bytes: &mut Vec<u8>) {
                $($crate::systems::Saved::save(&self.$field, bytes);)*
            }

            fn load(bytes: &mut &[u8]) -> Option<$state> {
                Some($state { $($field: $crate::systems::Saved::load(bytes)?),* })
            }
        }
    };
    ($kind:ident: $($variant:ident),*) => {
        impl $crate::systems::Saved for $kind {
            fn save(&self, bytes: &mut Vec<u8>) {
                bytes.push(*self as u8);
            }

            fn load(bytes: &mut &[u8]) -> Option<$kind> {
                let all = [$($kind::$variant),*];
                all.get(usize::from(u8::load(bytes)?)).copied()
            }
        }
    };
}

pub(super) use saved;
