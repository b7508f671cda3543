//! The OpenAPI document, held against what the server does.

mod document;
mod errors;
mod examples;
mod routes;
