//! Sets of keys that lie side by side.

use core::fmt::{self, Display};
use core::ops::Bound;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// Where a search of an ordered map starts and ends.
type Bounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// A set of keys that lie side by side in the order of keys (byte by byte).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Keys {
    /// This key alone.
    One(Bytes),
    /// This key and all after it.
    From(Bytes),
    /// The first key and all after it, up to but without the second. None, if the second is not
    /// greater.
    Between(Bytes, Bytes),
}

impl Keys {
    /// What `key` and `range_end` mean in etcd's API: no end is the key alone, an end of one zero
    /// byte is everything from the key on, and any other end is the first key beyond. So the keys
    /// with a common prefix lie between it and *it plus one*, and all keys are those from `\0`.
    pub fn new(key: Bytes, range_end: Bytes) -> Self {
        match &range_end[..] {
            [] => Self::One(key),
            [0] => Self::From(key),
            _ => Self::Between(key, range_end),
        }
    }

    /// The key that the set begins with, whether or not the set is empty.
    pub fn first(&self) -> &Bytes {
        match self {
            Self::One(key) | Self::From(key) | Self::Between(key, _) => key,
        }
    }

    /// Whether `key` is one of these.
    pub fn contains(&self, key: &[u8]) -> bool {
        match self {
            Self::One(one) => one == key,
            Self::From(first) => first <= key,
            Self::Between(first, end) => first <= key && end > key,
        }
    }

    /// The bounds to search an ordered map with; none when no key can lie between, as a map asks.
    pub(super) fn bounds(&self) -> Option<Bounds<'_>> {
        let first = Bound::Included(&self.first()[..]);
        match self {
            Self::One(_) => Some((first, first)),
            Self::From(_) => Some((first, Bound::Unbounded)),
            Self::Between(first, end) if end <= first => None,
            Self::Between(_, end) => Some((first, Bound::Excluded(&end[..]))),
        }
    }
}

impl Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(key) => write!(f, "{}", Text(key)),
            Self::From(key) => write!(f, "[{}..]", Text(key)),
            Self::Between(first, end) => write!(f, "[{}..{})", Text(first), Text(end)),
        }
    }
}
