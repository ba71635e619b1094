//! The metadata of objects in JSON.

use serde_json::{Map, Value};

/// Sets a field of an object's metadata.
pub(crate) fn set_metadata(object: &mut Value, name: &str, value: Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.insert(name.to_owned(), value);
    } else {
        object["metadata"] = Value::Object(Map::from_iter([(name.to_owned(), value)]));
    }
}

/// A text of an object's metadata; empty if there is none.
pub(crate) fn metadata<'a>(object: &'a Value, name: &str) -> &'a str {
    object["metadata"][name].as_str().unwrap_or_default()
}

/// A random UUID (version 4).
pub(crate) fn new_uid() -> String {
    let bits = fastrand::u128(..);
    let bits = (bits & !(0xf_u128 << 76) & !(0x3_u128 << 62)) | (0x4_u128 << 76) | (0x2_u128 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
