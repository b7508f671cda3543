//! The schemas of what is not written as it is declared.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::{Instant, Word, Words};

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into()
    }
}

impl ToSchema for Instant {
    fn name() -> Cow<'static, str> {
        "Instant".into()
    }
}

impl PartialSchema for Words {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let words = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("All text around the merchant's own."));
        Word::ALL.iter().fold(words, |words, word| words.property(word.key(), text())).into()
    }
}

impl ToSchema for Words {
    fn name() -> Cow<'static, str> {
        "Words".into()
    }
}
