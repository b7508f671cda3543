use serde_json::json;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use super::Shape;

/// A parameter of the path.
#[must_use]
pub fn path_parameter(name: &str, says: &str, shape: Shape) -> Parameter {
    parameter(name, says, shape).parameter_in(ParameterIn::Path).required(Required::True).build()
}

/// A parameter behind the question mark, which may be missing.
#[must_use]
pub fn query_parameter(name: &str, says: &str, shape: Shape) -> Parameter {
    parameter(name, says, shape).parameter_in(ParameterIn::Query).required(Required::False).build()
}

fn parameter(name: &str, says: &str, shape: Shape) -> ParameterBuilder {
    // What a shape cannot be is a mistake that a test of the document finds: the parameter has no schema then.
    let schema: Option<RefOr<Schema>> = serde_json::from_value(shape.schema()).ok();
    ParameterBuilder::new().name(name).description(Some(says)).schema(schema)
}

/// The schema of a public key: `pk_`, a slug, and an address in base64, none of whose letters is beyond ASCII.
#[must_use]
pub fn public_key() -> Shape {
    const FIRST: &str = "[A-Za-f]";
    const SECOND: &str = "[A-HQ-Xg-nw-z0-3]";
    const THIRD: &str = "[ABEFIJMNQRUVYZcdghklopstwx014589]";
    let whole = format!("({FIRST}{SECOND}{THIRD}[A-Za-z0-9+/])*");
    let rest = format!("({FIRST}[AQgw]|{FIRST}{SECOND}[AEIMQUYcgkosw048])?");
    Shape::text(&format!("^(pk_[a-z0-9-]+_{whole}{rest})?$"), 2048)
        .says("The brand's public key, `pk_…`. It has to be of the session's brand.")
}

/// The header by which a page says which brand it is of.
#[derive(Clone, Copy, Debug)]
pub struct PublicKeyHeader;

impl IntoParams for PublicKeyHeader {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = parameter(
            "X-Public-Key",
            "The brand's public key, `pk_…`. It has to be of the session's brand.",
            public_key(),
        );
        vec![
            header
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .example(Some(json!("pk_acme_aHR0cHM6Ly9jYW5jZWwuZXhhbXBsZS5jb20")))
                .build(),
        ]
    }
}
