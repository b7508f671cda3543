use flow::Source;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A JavaScript value, read as a document.
pub(crate) struct Value(pub(crate) JsValue);

impl Source for Value {
    fn get(&self, name: &'static str) -> Self {
        Self(get(&self.0, name))
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn integer(&self) -> Option<i64> {
        let number = self.0.as_f64()?;
        let whole = number as i64;
        (whole as f64 == number).then_some(whole)
    }

    fn flag(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        let array: &Array = self.0.dyn_ref()?;
        Some(array.iter().map(Self).collect())
    }

    fn is_null(&self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }
}

/// A property; undefined where there is none, also of what is no object.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}
