//! Columns into values that cannot be wrong any more.

use sqlx::any::AnyRow;
use sqlx::{Any, ColumnIndex, Decode, Row, Type};

use super::Error;
use crate::clock::UnixMs;

/// A column, with its name in the error.
pub(super) fn get<'r, T>(row: &'r AnyRow, name: &'static str) -> Result<T, Error>
where
    T: Decode<'r, Any> + Type<Any>,
    &'static str: ColumnIndex<AnyRow>,
{
    Ok(row.try_get(name)?)
}

pub(super) fn time(row: &AnyRow, name: &'static str) -> Result<UnixMs, Error> {
    Ok(UnixMs(get(row, name)?))
}

pub(super) fn time_or_none(row: &AnyRow, name: &'static str) -> Result<Option<UnixMs>, Error> {
    Ok(get::<Option<i64>>(row, name)?.map(UnixMs))
}

/// A column that must be there in this state of the row.
pub(super) fn needed<T>(value: Option<T>, what: &'static str) -> Result<T, Error> {
    value.ok_or(Error::Decode { what, value: "null".into() })
}

/// A column whose word must be one of ours.
pub(super) fn word<T>(
    text: &str,
    what: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    parse(text).ok_or_else(|| Error::Decode { what, value: text.to_owned() })
}

pub(super) fn json(text: &str, what: &'static str) -> Result<serde_json::Value, Error> {
    serde_json::from_str(text).map_err(|_| Error::Decode { what, value: text.to_owned() })
}
