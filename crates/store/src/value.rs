//! Parameters and rows, in terms of neither engine.

use crate::StoreError;

/// A statement parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// SQL null.
    Null,
    /// A 64-bit integer; times are microseconds UTC, money is minor units.
    Int(i64),
    /// A double; never money.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

macro_rules! value_from {
    ($($source:ty => $variant:ident($convert:expr)),+ $(,)?) => {$(
        impl<'a> From<$source> for Value<'a> {
            fn from(value: $source) -> Self {
                Value::$variant($convert(value))
            }
        }
    )+};
}

value_from! {
    i64 => Int(i64::from),
    i32 => Int(i64::from),
    u32 => Int(i64::from),
    u16 => Int(i64::from),
    bool => Int(i64::from),
    f64 => Real(f64::from),
    &'a str => Text(std::convert::identity),
    &'a String => Text(String::as_str),
    &'a [u8] => Bytes(std::convert::identity),
    &'a Vec<u8> => Bytes(Vec::as_slice),
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Value::Bytes(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// What an engine's row can say about its columns.
pub(crate) trait Columns {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn real(&self, column: usize) -> Result<Option<f64>, StoreError>;
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;
}

/// One row of a result. Columns count from 0; asking for another type than the column's, or for a
/// value where there is null, is [`StoreError::Column`].
pub struct Row<'r> {
    columns: &'r dyn Columns,
}

impl<'r> Row<'r> {
    pub(crate) fn new(columns: &'r dyn Columns) -> Self {
        Self { columns }
    }

    /// The integer in a column that is never null.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        present(self.columns.int(column)?, column, "an integer")
    }

    /// The double in a column that is never null.
    pub fn real(&self, column: usize) -> Result<f64, StoreError> {
        present(self.columns.real(column)?, column, "a double")
    }

    /// The text in a column that is never null.
    pub fn text(&self, column: usize) -> Result<&'r str, StoreError> {
        present(self.columns.text(column)?, column, "text")
    }

    /// The bytes in a column that is never null.
    pub fn bytes(&self, column: usize) -> Result<&'r [u8], StoreError> {
        present(self.columns.bytes(column)?, column, "bytes")
    }

    /// The truth in an integer column that holds 0 or 1, or of a boolean expression.
    pub fn truth(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    /// The integer, or none where there is null.
    pub fn optional_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.columns.int(column)
    }

    /// The double, or none where there is null.
    pub fn optional_real(&self, column: usize) -> Result<Option<f64>, StoreError> {
        self.columns.real(column)
    }

    /// The text, or none where there is null.
    pub fn optional_text(&self, column: usize) -> Result<Option<&'r str>, StoreError> {
        self.columns.text(column)
    }

    /// The bytes, or none where there is null.
    pub fn optional_bytes(&self, column: usize) -> Result<Option<&'r [u8]>, StoreError> {
        self.columns.bytes(column)
    }
}

fn present<T>(value: Option<T>, column: usize, expected: &'static str) -> Result<T, StoreError> {
    value.ok_or(StoreError::Column { column, expected })
}
