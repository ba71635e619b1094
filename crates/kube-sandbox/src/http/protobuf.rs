//! The bodies of kubectl's typed commands (`create configmap`, `auth can-i`), which are protobuf: decoded into the JSON
//! of the same object. Answers are always JSON, which such clients accept, too.
//!
//! Field numbers are those of the `generated.proto` files of `k8s.io/api` and `k8s.io/apimachinery`, which never
//! change. Fields that are not listed here are left out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// The prefix of every body.
const MAGIC: &[u8] = b"k8s\0";

/// The type of a field.
#[derive(Debug)]
enum Type {
    Text,
    Flag,
    Texts,
    Message(&'static [Field]),
    TextMap,
    BytesMap,
}

/// Number, JSON name and type.
type Field = (u64, &'static str, Type);

const METADATA: &[Field] = &[
    (1, "name", Type::Text),
    (2, "generateName", Type::Text),
    (3, "namespace", Type::Text),
    (5, "uid", Type::Text),
    (6, "resourceVersion", Type::Text),
    (11, "labels", Type::TextMap),
    (12, "annotations", Type::TextMap),
    (14, "finalizers", Type::Texts),
];

const NAMESPACE: &[Field] =
    &[(1, "metadata", Type::Message(METADATA)), (2, "spec", Type::Message(&[(1, "finalizers", Type::Texts)]))];

const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Type::Message(METADATA)),
    (2, "data", Type::TextMap),
    (3, "binaryData", Type::BytesMap),
    (4, "immutable", Type::Flag),
];

const SECRET: &[Field] = &[
    (1, "metadata", Type::Message(METADATA)),
    (2, "data", Type::BytesMap),
    (3, "type", Type::Text),
    (4, "stringData", Type::TextMap),
    (5, "immutable", Type::Flag),
];

const ACCESS_REVIEW: &[Field] = &[(
    2,
    "spec",
    Type::Message(&[
        (
            1,
            "resourceAttributes",
            Type::Message(&[
                (1, "namespace", Type::Text),
                (2, "verb", Type::Text),
                (3, "group", Type::Text),
                (4, "version", Type::Text),
                (5, "resource", Type::Text),
                (6, "subresource", Type::Text),
                (7, "name", Type::Text),
            ]),
        ),
        (2, "nonResourceAttributes", Type::Message(&[(1, "path", Type::Text), (2, "verb", Type::Text)])),
    ]),
)];

const ENVELOPE: &[Field] = &[(1, "type", Type::Message(&[(1, "apiVersion", Type::Text), (2, "kind", Type::Text)]))];

/// The number of the envelope's field with the object.
const OBJECT: u64 = 2;

/// The object of a body; `None` if the body is not valid, or its kind is not known here.
pub(crate) fn object(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(MAGIC)?;
    let envelope = message(ENVELOPE, body)?;
    let kind = envelope["type"]["kind"].as_str()?;
    let fields = match kind {
        "Namespace" => NAMESPACE,
        "ConfigMap" => CONFIG_MAP,
        "Secret" => SECRET,
        "SelfSubjectAccessReview" => ACCESS_REVIEW,
        _ => return None,
    };
    let mut object = Map::from_iter([
        ("kind".to_owned(), kind.into()),
        ("apiVersion".to_owned(), envelope["type"]["apiVersion"].clone()),
    ]);
    let raw = items(body)?.into_iter().find_map(|(number, item)| match item {
        Item::Bytes(bytes) if number == OBJECT => Some(bytes),
        _ => None,
    });
    if let Value::Object(fields) = message(fields, raw.unwrap_or_default())? {
        object.extend(fields);
    }
    Some(Value::Object(object))
}

/// One field in its encoded form.
enum Item<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message in order; `None` if the bytes are not valid.
fn items(mut bytes: &[u8]) -> Option<Vec<(u64, Item<'_>)>> {
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let item = match tag & 7 {
            0 => Item::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Item::Bytes(take(&mut bytes, length)?)
            }
            1 => Item::Bytes(take(&mut bytes, 8)?),
            5 => Item::Bytes(take(&mut bytes, 4)?),
            _ => return None,
        };
        items.push((tag >> 3, item));
    }
    Some(items)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// Seven bits per byte, the lowest first; the highest bit means that more follow.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A message as a JSON object. Go writes empty fields, which JSON leaves out.
fn message(fields: &[Field], bytes: &[u8]) -> Option<Value> {
    let mut object = Map::new();
    for (number, item) in items(bytes)? {
        let Some((_, name, of)) = fields.iter().find(|(known, ..)| *known == number) else { continue };
        match (of, item) {
            (Type::Flag, Item::Number(number)) => {
                object.insert((*name).to_owned(), (number != 0).into());
            }
            (Type::Text, Item::Bytes([])) => {}
            (Type::Text, Item::Bytes(bytes)) => {
                object.insert((*name).to_owned(), text(bytes)?.into());
            }
            (Type::Texts, Item::Bytes(bytes)) => {
                let list = object.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut()?.push(text(bytes)?.into());
            }
            (Type::Message(fields), Item::Bytes(bytes)) => {
                let message = message(fields, bytes)?;
                if message.as_object().is_some_and(|map| !map.is_empty()) {
                    object.insert((*name).to_owned(), message);
                }
            }
            (Type::TextMap | Type::BytesMap, Item::Bytes(bytes)) => {
                let (key, value) = entry(bytes)?;
                let value = if matches!(of, Type::BytesMap) { STANDARD.encode(value) } else { text(value)? };
                let map = object.entry(*name).or_insert_with(|| Value::Object(Map::new()));
                map.as_object_mut()?.insert(key, value.into());
            }
            _ => return None,
        }
    }
    Some(Value::Object(object))
}

/// An entry of a map: its key is field 1, its value field 2.
fn entry(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (mut key, mut value) = (String::new(), &[][..]);
    for (number, item) in items(bytes)? {
        match (number, item) {
            (1, Item::Bytes(bytes)) => key = text(bytes)?,
            (2, Item::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Some((key, value))
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn body(kind: &str, object: &[u8]) -> Vec<u8> {
        let named = [field(1, b"v1"), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &named), field(2, object), field(3, b"")].concat()
    }

    #[test]
    fn a_body_becomes_the_object_that_it_holds() {
        let metadata = [field(1, b"keys"), field(3, b""), field(8, b"")].concat();
        let entry = [field(1, b"token"), field(2, b"canary-token")].concat();
        let secret = [field(1, &metadata), field(2, &entry), field(3, b"Opaque"), vec![5 << 3, 1]].concat();
        assert_eq!(
            object(&body("Secret", &secret)),
            Some(json!({
                "kind": "Secret", "apiVersion": "v1", "metadata": {"name": "keys"},
                "data": {"token": "Y2FuYXJ5LXRva2Vu"}, "type": "Opaque", "immutable": true,
            }))
        );
    }

    #[test]
    fn what_is_cut_or_unknown_is_nothing() {
        let whole = body("ConfigMap", &field(1, &field(1, b"flags")));
        assert!(object(&whole).is_some());
        for end in 0..whole.len() - 2 {
            assert!(object(&whole[..end]).is_none_or(|object| object["metadata"]["name"] != "flags"), "{end}");
        }
        assert_eq!(object(&body("Lease", b"")), None);
        assert_eq!(object(b"{}"), None);
        assert_eq!(object(&[MAGIC, &[0xff; 20]].concat()), None);
    }
}
