//! Values that people call by their names: breakages, and words of the command line.

use alloc::string::ToString;
use core::fmt::{self, Debug, Display, Write};

use crate::Never;

/// A few values, each of which prints as its name. [`named!`](crate::named) makes such an enum.
pub trait Named: Copy + Eq + Debug + Display + 'static {
    /// All of them, in the order in which they are listed.
    const ALL: &'static [Self];

    /// The value of this name, if there is one.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.to_string() == name)
    }
}

impl Named for Never {
    const ALL: &'static [Never] = &[];
}

/// An enum whose values are [`Named`]: `NoRelay` prints as `no-relay`.
#[macro_export]
macro_rules! named {
    ($(#[$about:meta])* $sight:vis enum $name:ident { $($(#[$what:meta])* $value:ident,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[derive(::serde::Serialize, ::serde::Deserialize)]
        $sight enum $name { $($(#[$what])* $value,)+ }

        impl $crate::Named for $name {
            const ALL: &'static [$name] = &[$($name::$value),+];
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::write_hyphenated(f, match self { $($name::$value => stringify!($value)),+ })
            }
        }
    };
}

/// Writes `NoRelay` as `no-relay`.
///
/// # Errors
/// Those of the formatter.
pub fn write_hyphenated(f: &mut fmt::Formatter<'_>, words: &str) -> fmt::Result {
    for (place, letter) in words.char_indices() {
        if place > 0 && letter.is_ascii_uppercase() {
            f.write_char('-')?;
        }
        f.write_char(letter.to_ascii_lowercase())?;
    }
    Ok(())
}
