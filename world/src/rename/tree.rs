//! A value as a tree: what `serde` says of it, kept in memory.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize};

/// A value as `serde` sees it. Sizes of numbers are not kept: reading back checks them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Tree {
    /// `()`, and a struct without fields.
    Unit,
    /// A truth value.
    Bool(bool),
    /// A number that is not negative.
    Number(u128),
    /// A number of a signed type.
    Signed(i128),
    /// A character.
    Char(char),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An option.
    Option(Option<Box<Tree>>),
    /// A struct around one value, by its name: names of nodes are known by it.
    Wrapped(&'static str, Box<Tree>),
    /// Lists and sets; a set finds its order again when it is read back.
    List(Vec<Tree>),
    /// A row of different things: tuples, structs and arrays.
    Row(Vec<Tree>),
    /// A map.
    Map(Vec<(Tree, Tree)>),
    /// A variant of an enum, by its number, with what it holds.
    Variant(u32, Box<Tree>),
}

/// Why a value cannot be written as a tree, or read back from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable(pub String);

impl Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

impl ser::Error for Unreadable {
    fn custom<T: Display>(text: T) -> Unreadable {
        Unreadable(text.to_string())
    }
}

impl serde::de::Error for Unreadable {
    fn custom<T: Display>(text: T) -> Unreadable {
        Unreadable(text.to_string())
    }
}

type Written = Result<Tree, Unreadable>;

/// Writes values as trees.
pub struct Writer;

/// A list, row or map that is being written, and the variant that it belongs to.
pub struct Rows {
    variant: Option<u32>,
    rows: Vec<Tree>,
    kind: fn(Vec<Tree>) -> Tree,
}

impl Rows {
    fn new(variant: Option<u32>, kind: fn(Vec<Tree>) -> Tree) -> Result<Rows, Unreadable> {
        Ok(Rows { variant, rows: Vec::new(), kind })
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        self.rows.push(value.serialize(Writer)?);
        Ok(())
    }

    fn done(self) -> Written {
        let tree = (self.kind)(self.rows);
        Ok(match self.variant {
            Some(number) => Tree::Variant(number, Box::new(tree)),
            None => tree,
        })
    }
}

/// Keys and values were written in turn.
fn map(rows: Vec<Tree>) -> Tree {
    let mut rows = rows.into_iter();
    let mut entries = Vec::new();
    while let (Some(key), Some(value)) = (rows.next(), rows.next()) {
        entries.push((key, value));
    }
    Tree::Map(entries)
}

macro_rules! numbers {
    ($($method:ident $type:ty => $kind:ident $wide:ty,)*) => {$(
        fn $method(self, number: $type) -> Written {
            Ok(Tree::$kind(<$wide>::from(number)))
        }
    )*};
}

impl ser::Serializer for Writer {
    type Ok = Tree;
    type Error = Unreadable;
    type SerializeSeq = Rows;
    type SerializeTuple = Rows;
    type SerializeTupleStruct = Rows;
    type SerializeTupleVariant = Rows;
    type SerializeMap = Rows;
    type SerializeStruct = Rows;
    type SerializeStructVariant = Rows;

    numbers! {
        serialize_u8 u8 => Number u128,
        serialize_u16 u16 => Number u128,
        serialize_u32 u32 => Number u128,
        serialize_u64 u64 => Number u128,
        serialize_u128 u128 => Number u128,
        serialize_i8 i8 => Signed i128,
        serialize_i16 i16 => Signed i128,
        serialize_i32 i32 => Signed i128,
        serialize_i64 i64 => Signed i128,
        serialize_i128 i128 => Signed i128,
        serialize_bool bool => Bool bool,
        serialize_char char => Char char,
    }

    fn serialize_f32(self, _: f32) -> Written {
        Err(Unreadable("A number with a fraction has no place in a state.".into()))
    }

    fn serialize_f64(self, _: f64) -> Written {
        self.serialize_f32(0.0)
    }

    fn serialize_str(self, text: &str) -> Written {
        Ok(Tree::Text(text.to_owned()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        Ok(Tree::Bytes(bytes.to_vec()))
    }

    fn serialize_none(self) -> Written {
        Ok(Tree::Option(None))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        Ok(Tree::Option(Some(Box::new(value.serialize(Writer)?))))
    }

    fn serialize_unit(self) -> Written {
        Ok(Tree::Unit)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Tree::Unit)
    }

    fn serialize_unit_variant(self, _: &'static str, number: u32, _: &'static str) -> Written {
        Ok(Tree::Variant(number, Box::new(Tree::Unit)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Written {
        Ok(Tree::Wrapped(name, Box::new(value.serialize(Writer)?)))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        value: &T,
    ) -> Written {
        Ok(Tree::Variant(number, Box::new(value.serialize(Writer)?)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Rows, Unreadable> {
        Rows::new(None, Tree::List)
    }

    fn serialize_tuple(self, _: usize) -> Result<Rows, Unreadable> {
        Rows::new(None, Tree::Row)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Rows, Unreadable> {
        Rows::new(None, Tree::Row)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Rows, Unreadable> {
        Rows::new(Some(number), Tree::Row)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Rows, Unreadable> {
        Rows::new(None, map)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Rows, Unreadable> {
        Rows::new(None, Tree::Row)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        number: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Rows, Unreadable> {
        Rows::new(Some(number), Tree::Row)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! rows {
    ($($trait:ident $method:ident,)*) => {$(
        impl ser::$trait for Rows {
            type Ok = Tree;
            type Error = Unreadable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
                self.add(value)
            }

            fn end(self) -> Written {
                self.done()
            }
        }
    )*};
}

rows! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! named_rows {
    ($($trait:ident,)*) => {$(
        impl ser::$trait for Rows {
            type Ok = Tree;
            type Error = Unreadable;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<(), Unreadable> {
                self.add(value)
            }

            fn end(self) -> Written {
                self.done()
            }
        }
    )*};
}

named_rows! { SerializeStruct, SerializeStructVariant, }

impl ser::SerializeMap for Rows {
    type Ok = Tree;
    type Error = Unreadable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unreadable> {
        self.add(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        self.add(value)
    }

    fn end(self) -> Written {
        self.done()
    }
}
