//! Where a law holds.

use serde::{Deserialize, Serialize};

/// A country, or a part of one, whose law may hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2, such as `US`.
    pub country: String,
    /// ISO 3166-2 without the country, such as `MN`.
    pub region: Option<String>,
}

impl Place {
    /// Reads a country's code and, if given, a region's: `US` and `MN`, or `US` and `US-MN`.
    ///
    /// # Errors
    /// A sentence that says which of the two is wrong and what would be right.
    pub fn new(country: &str, region: Option<&str>) -> Result<Self, String> {
        if rust_iso3166::from_alpha2(country).is_none() {
            return Err(not_a_country(country));
        }
        let Some(region) = region else { return Ok(Self { country: country.into(), region: None }) };
        let bare = region.strip_prefix(country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(region);
        if rust_iso3166::iso3166_2::from_code(&format!("{country}-{bare}")).is_none() {
            return Err(format!(
                "\"{region}\" is not a region of {country}; write its ISO 3166-2 code, such as \"MN\" for Minnesota."
            ));
        }
        Ok(Self { country: country.into(), region: Some(bare.into()) })
    }

    /// Reads one word: `DE`, or `US-MN`.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        match text.split_once('-') {
            None => Self::new(text, None),
            Some((country, region)) => Self::new(country, Some(region)),
        }
    }
}

fn not_a_country(text: &str) -> String {
    let hint = match text.to_ascii_uppercase().as_str() {
        "UK" => "the United Kingdom is \"GB\"".into(),
        "EU" => "write the union's countries one by one, such as \"DE\", \"FR\"".into(),
        upper if upper != text && rust_iso3166::from_alpha2(upper).is_some() => format!("write \"{upper}\""),
        _ => "write an ISO 3166-1 code of two capital letters, such as \"US\", or with a region, \"US-MN\""
            .into(),
    };
    format!("\"{text}\" is not a country; {hint}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_countries_and_regions_in_both_spellings() {
        let minnesota = Place { country: "US".into(), region: Some("MN".into()) };
        assert_eq!(Place::read("US-MN"), Ok(minnesota.clone()));
        assert_eq!(Place::new("US", Some("MN")), Ok(minnesota.clone()));
        assert_eq!(Place::new("US", Some("US-MN")), Ok(minnesota));
        assert_eq!(Place::read("DE"), Ok(Place { country: "DE".into(), region: None }));
    }

    #[test]
    fn says_what_a_place_that_does_not_exist_should_have_been() {
        assert!(Place::read("UK").unwrap_err().contains("\"GB\""));
        assert!(Place::read("de").unwrap_err().contains("\"DE\""));
        assert!(Place::read("EU").unwrap_err().contains("one by one"));
        assert!(Place::read("Germany").unwrap_err().contains("two capital letters"));
        assert!(Place::read("US-XX").unwrap_err().contains("not a region of US"));
        assert!(Place::read("").is_err());
        assert!(Place::read("ü-ß").is_err());
    }
}
