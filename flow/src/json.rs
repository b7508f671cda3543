use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::{Source, Word, Words};

static NULL: Value = Value::Null;

impl Source for &Value {
    fn get(&self, name: &'static str) -> Self {
        Value::get(self, name).unwrap_or(&NULL)
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(Into::into)
    }

    fn integer(&self) -> Option<i64> {
        self.as_i64()
    }

    fn flag(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().map(|items| items.iter().collect())
    }

    fn is_null(&self) -> bool {
        Value::is_null(self)
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Word::ALL.len()))?;
        for word in Word::ALL {
            map.serialize_entry(word.key(), self.get(*word))?;
        }
        map.end()
    }
}
