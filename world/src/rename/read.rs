//! A tree read back as the value that it was written from.

use serde::de::value::{MapDeserializer, SeqDeserializer, U32Deserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Tree, Unreadable};

impl<'de> IntoDeserializer<'de, Unreadable> for Tree {
    type Deserializer = Tree;

    fn into_deserializer(self) -> Tree {
        self
    }
}

impl Tree {
    fn strange<T>(&self) -> Result<T, Unreadable> {
        Err(Unreadable(format!("{self:?} stands where something else should.")))
    }

    fn number(self) -> Result<u64, Unreadable> {
        match &self {
            Tree::Number(number) => u64::try_from(*number).or_else(|_| self.strange()),
            _ => self.strange(),
        }
    }

    fn signed(self) -> Result<i64, Unreadable> {
        match &self {
            Tree::Signed(number) => i64::try_from(*number).or_else(|_| self.strange()),
            _ => self.strange(),
        }
    }

    fn rows(self) -> Result<SeqDeserializer<std::vec::IntoIter<Tree>, Unreadable>, Unreadable> {
        match self {
            Tree::List(rows) | Tree::Row(rows) => Ok(SeqDeserializer::new(rows.into_iter())),
            _ => self.strange(),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $read:ident $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            visitor.$visit(self.$read()?)
        }
    )*};
}

/// Each method reads what its name says and nothing else, since all of this is compiled for every
/// type that a protocol has.
impl<'de> Deserializer<'de> for Tree {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unreadable> {
        Err(Unreadable("A value must say what it wants to read.".into()))
    }

    numbers! {
        deserialize_u8 number visit_u64,
        deserialize_u16 number visit_u64,
        deserialize_u32 number visit_u64,
        deserialize_u64 number visit_u64,
        deserialize_i8 signed visit_i64,
        deserialize_i16 signed visit_i64,
        deserialize_i32 signed visit_i64,
        deserialize_i64 signed visit_i64,
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Number(number) => visitor.visit_u128(number),
            _ => self.strange(),
        }
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Signed(number) => visitor.visit_i128(number),
            _ => self.strange(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Bool(is) => visitor.visit_bool(is),
            _ => self.strange(),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Char(char) => visitor.visit_char(char),
            _ => self.strange(),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Text(text) => visitor.visit_string(text),
            _ => self.strange(),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            _ => self.strange(),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Option(None) => visitor.visit_none(),
            Tree::Option(Some(tree)) => visitor.visit_some(*tree),
            _ => self.strange(),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Unit => visitor.visit_unit(),
            _ => self.strange(),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Tree::Wrapped(_, tree) => visitor.visit_newtype_struct(*tree),
            _ => self.strange(),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let mut rows = self.rows()?;
        let value = visitor.visit_seq(&mut rows)?;
        rows.end().map(|()| value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let Tree::Map(entries) = self else {
            return self.strange();
        };
        let mut entries = MapDeserializer::new(entries.into_iter());
        let value = visitor.visit_map(&mut entries)?;
        entries.end().map(|()| value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! { f32 f64 identifier ignored_any }
}

impl<'de> EnumAccess<'de> for Tree {
    type Error = Unreadable;
    type Variant = Tree;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Tree), Unreadable> {
        let Tree::Variant(number, tree) = self else {
            return Err(Unreadable("Only an enum has variants.".into()));
        };
        let number: U32Deserializer<Unreadable> = number.into_deserializer();
        Ok((seed.deserialize(number)?, *tree))
    }
}

impl<'de> VariantAccess<'de> for Tree {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }
}
