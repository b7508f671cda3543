/// Where documents are read from: a tree of objects, lists and plain values.
///
/// It has two homes, values of a JavaScript engine in the browser and `serde_json` on the server, so that one reading code
/// serves both and the browser pays for no parser.
pub trait Source: Sized {
    /// The member of this name; something [`is_null`](Self::is_null) when there is none.
    fn get(&self, name: &'static str) -> Self;
    /// The value, if it is a text.
    fn text(&self) -> Option<String>;
    /// The value, if it is a whole number that an `f64` holds exactly.
    fn integer(&self) -> Option<i64>;
    /// The value, if it is true or false.
    fn flag(&self) -> Option<bool>;
    /// The members, if it is a list.
    fn items(&self) -> Option<Vec<Self>>;
    /// Whether there is nothing here.
    fn is_null(&self) -> bool;
}
