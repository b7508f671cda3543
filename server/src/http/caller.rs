//! Who is asking: a merchant's backend by its API key, or a browser by its session id.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use super::{ApiError, App, Peer, body};
use crate::brand::Brand;
use crate::hub::HubClaims;
use crate::keys::PublicKey;
use crate::session::{Claims, SessionError};

/// What is said where no API key came.
pub const NO_KEY: &str = "An API key is missing: send it as `X-Brand-Key`, `x-api-key` or `Authorization: Bearer`, \
     from your backend only.";
/// What is said where no session id came.
pub const NO_SESSION: &str = "A session id is missing: send it as `Authorization: Bearer ret_…`.";
/// What is said where no session id came in a form.
pub const NO_SESSION_IN_FORM: &str = "A session id is missing: send it as the field `session`.";
/// What is said of a body that is not said to be a form.
pub const NOT_A_FORM: &str =
    "The body has to be a form: `session=ret_…`, sent as `application/x-www-form-urlencoded`.";
/// What is said of a public key that is not one.
pub const BAD_PUBLIC_KEY: &str = "The public key is malformed. Pass it unchanged: `pk_…`.";

/// A merchant's backend.
#[derive(Debug)]
pub struct Backend(pub Arc<Brand>);

impl FromRequestParts<App> for Backend {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Self::admit(app, &parts.headers).await {
            Ok(admitted) => app.floods.count_backend(&admitted.0.slug).map(|()| admitted),
            // Whoever tries keys is counted where they come from.
            Err(error) if error.status == StatusCode::UNAUTHORIZED => {
                let counted = app.floods.count_stranger(Peer::of(&parts.extensions));
                Err(counted.map_or_else(ApiError::too_many, |()| error))
            }
            Err(error) => Err(error),
        }
    }
}

impl Backend {
    /// The brand of the key that a request came with.
    async fn admit(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        let key = text(headers, "x-brand-key")
            .or_else(|| text(headers, "x-api-key"))
            .or_else(|| bearer(headers))
            .ok_or_else(|| ApiError::unauthorized(NO_KEY))?;
        if key.starts_with("pk_") {
            return Err(ApiError::unauthorized(
                "This is a public key. Send the private API key, which begins with `sk_`, from your backend.",
            ));
        }
        let brand = app.keys.brand_of(key).await?;
        match brand.and_then(|slug| app.sessions.config.brand(&slug).cloned()) {
            Some(brand) => Ok(Self(brand)),
            None => Err(ApiError::unauthorized(
                "This API key is not known. Make one with `farewell keys create --brand <slug>`.",
            )),
        }
    }
}

/// A browser with a session of the retention flow.
#[derive(Debug)]
pub struct Browser {
    /// What its session id says.
    pub claims: Claims,
    /// The session's brand.
    pub brand: Arc<Brand>,
}

impl Browser {
    /// A session's browser, by what it says of itself and where its page is from.
    fn admit(app: &App, headers: &HeaderMap, id: &str, public_key: Option<&str>) -> Result<Self, ApiError> {
        let (claims, brand) = app.sessions.read(id)?;
        admit(app, headers, &brand, public_key)?;
        Ok(Self { claims, brand })
    }
}

/// Whether the page that asks belongs to the session's brand.
fn admit(app: &App, headers: &HeaderMap, brand: &Brand, public_key: Option<&str>) -> Result<(), ApiError> {
    // The package sends an empty one where it was configured with none.
    if let Some(key) = public_key.filter(|key| !key.is_empty()) {
        let key = PublicKey::read(key).ok_or_else(|| ApiError::bad_request(BAD_PUBLIC_KEY))?;
        if key.brand != brand.slug {
            return Err(SessionError::OtherBrand.into());
        }
    }
    from_own_page(headers, app, brand)
}

impl FromRequestParts<App> for Browser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let id = bearer(headers).ok_or_else(|| ApiError::unauthorized(NO_SESSION))?;
        // One that is no text is not passed over: it was meant to say something.
        let public_key = headers.get("x-public-key").map(|key| key.to_str().map_or("\u{fffd}", str::trim));
        Self::admit(app, headers, id, public_key)
    }
}

/// A browser that says so in a form: `session` and, if there is one, `public_key`. A page on another origin may send it without
/// a preflight, which saves a customer who waits one way there and back.
#[derive(Debug)]
pub struct BrowserForm(pub Browser);

impl FromRequest<App> for BrowserForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let form = SessionForm::read(request, app).await?;
        Browser::admit(app, &form.headers, &form.session, form.public_key.as_deref()).map(Self)
    }
}

/// A browser with a session of the hub, in such a form.
#[derive(Debug)]
pub struct HubBrowser {
    /// What its session id says.
    pub claims: HubClaims,
    /// The session's brand.
    pub brand: Arc<Brand>,
    /// What else the form says.
    pub fields: Vec<(String, String)>,
}

impl FromRequest<App> for HubBrowser {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let form = SessionForm::read(request, app).await?;
        let (claims, brand) = app.sessions.read_hub(&form.session)?;
        admit(app, &form.headers, &brand, form.public_key.as_deref())?;
        app.sessions.count_hub(&claims)?;
        Ok(Self { claims, brand, fields: form.fields })
    }
}

/// What such a form says, and the headers it came with.
struct SessionForm {
    headers: HeaderMap,
    session: String,
    public_key: Option<String>,
    fields: Vec<(String, String)>,
}

impl SessionForm {
    async fn read(request: Request, app: &App) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        if !body::is_type(&headers, "application", "x-www-form-urlencoded") {
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, NOT_A_FORM));
        }
        let bytes = body::read(request, app).await?;
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
        let field = |wanted: &str| {
            let found = fields.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let session = field("session").ok_or_else(|| ApiError::unauthorized(NO_SESSION_IN_FORM))?;
        Ok(Self { headers, session, public_key: field("public_key"), fields })
    }
}

/// Looks whether the page that asks is one of the brand's. A request that names no page is not from a browser's script.
pub(super) fn from_own_page(headers: &HeaderMap, app: &App, brand: &Brand) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("null");
    let config = &app.sessions.config;
    if config.server.is_own_origin(origin) || brand.origins.iter().any(|own| own == origin) {
        return Ok(());
    }
    if config.knows_origin(origin) {
        return Err(SessionError::OtherBrand.into());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        format!(
            "Pages of {origin} may not use this session. Add the origin to `origins` of the brand in farewell.toml."
        ),
    ))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
