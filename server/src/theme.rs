//! A brand's look: the colours, corners and font that a merchant may set.

use std::fmt::{self, Write};

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red, green and blue, 0 to 255.
    pub rgb: [u8; 3],
}

/// The colours of one scheme, light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The way to stay, what is chosen, and the focus ring.
    pub accent: Color,
    /// Text on the accent.
    pub on_accent: Color,
    /// Text, and the way out.
    pub ink: Color,
    /// What lies behind everything, and the text of the way out.
    pub paper: Color,
    /// Text that matters less.
    pub soft: Color,
    /// What lies behind cards and facts.
    pub tint: Color,
    /// Borders of fields and buttons.
    pub line: Color,
}

/// How a brand looks. What a merchant did not set is as the flow's stylesheet has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Where the customer's device is light, or does not say.
    pub light: Palette,
    /// Where it is dark.
    pub dark: Palette,
    /// How round corners are, in CSS pixels, 0 to 24.
    pub radius: Option<u8>,
    /// A list of font families as CSS writes it.
    pub font: Option<String>,
}

/// One custom property and its value in both schemes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name, such as `--fw-accent`.
    pub name: &'static str,
    /// What it is where the device is light.
    pub light: String,
    /// What it is where the device is dark.
    pub dark: String,
}

impl Color {
    const fn hex(rgb: u32) -> Self {
        let [_, red, green, blue] = rgb.to_be_bytes();
        Self { rgb: [red, green, blue] }
    }

    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
        let rgb = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        rgb.map(Self::hex)
            .ok_or_else(|| format!("\"{text}\" is not a colour; write it as #rrggbb, such as \"#3d46c2\"."))
    }

    /// How bright it is, 0 for black to 1 for white: the relative luminance of WCAG 2.
    /// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
    #[must_use]
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast of two colours, 1 for none to 21 for black and white: the contrast ratio of WCAG 2.
    /// <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The colour mixed with another, of which it takes `percent` of a hundred.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u8) -> Self {
        let share = u32::from(percent.min(100));
        let mut rgb = self.rgb;
        for (mine, theirs) in rgb.iter_mut().zip(other.rgb) {
            let mixed = (u32::from(*mine) * (100 - share) + u32::from(theirs) * share) / 100;
            *mine = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        Self { rgb }
    }

    /// `#000000`
    pub const BLACK: Self = Self::hex(0);
    /// `#ffffff`
    pub const WHITE: Self = Self::hex(0x00ff_ffff);
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Palette {
    /// The colours of the flow's stylesheet where the device is light.
    pub const LIGHT: Self = Self {
        accent: Color::hex(0x4246c3),
        on_accent: Color::WHITE,
        ink: Color::hex(0x141414),
        paper: Color::WHITE,
        soft: Color::hex(0x5f5f5f),
        tint: Color::hex(0xf3f3f3),
        line: Color::hex(0x8e8e8e),
    };

    /// The colours of the flow's stylesheet where the device is dark.
    pub const DARK: Self = Self {
        accent: Color::hex(0xa4b4ff),
        on_accent: Color::BLACK,
        ink: Color::hex(0xededed),
        paper: Color::hex(0x1b1d22),
        soft: Color::hex(0xa9aaac),
        tint: Color::hex(0x25272c),
        line: Color::hex(0x7f8183),
    };

    /// Each colour with the name of its custom property.
    fn named(&self) -> [(&'static str, Color); 7] {
        [
            ("--fw-accent", self.accent),
            ("--fw-on-accent", self.on_accent),
            ("--fw-ink", self.ink),
            ("--fw-paper", self.paper),
            ("--fw-soft", self.soft),
            ("--fw-tint", self.tint),
            ("--fw-line", self.line),
        ]
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self { light: Palette::LIGHT, dark: Palette::DARK, radius: None, font: None }
    }
}

impl Theme {
    /// The custom properties of this theme: none where it is the flow's own. One colour that differs brings all of them, since the
    /// stylesheet makes what is not set of what is. Values are safe to stand in CSS.
    #[must_use]
    pub fn properties(&self) -> Vec<Property> {
        let differs = (self.light, self.dark) != (Palette::LIGHT, Palette::DARK);
        let colors = self.light.named().into_iter().zip(self.dark.named()).filter(|_| differs);
        let mut properties: Vec<Property> = colors
            .map(|((name, light), (_, dark))| Property {
                name,
                light: light.to_string(),
                dark: dark.to_string(),
            })
            .collect();
        let same = |name, value: String| Property { name, light: value.clone(), dark: value };
        properties.extend(self.radius.map(|radius| same("--fw-radius", format!("{radius}px"))));
        properties.extend(self.font.clone().map(|font| same("--fw-font", font)));
        properties
    }

    /// The theme as a stylesheet, its properties set on `on` (such as `:root`). None when it is as the flow's own.
    #[must_use]
    pub fn stylesheet(&self, on: &str) -> Option<String> {
        let properties = self.properties();
        if properties.is_empty() {
            return None;
        }
        let (mut light, mut dark) = (String::new(), String::new());
        for property in &properties {
            let _ = writeln!(light, "  {}: {};", property.name, property.light);
            if property.dark != property.light {
                let _ = writeln!(dark, "    {}: {};", property.name, property.dark);
            }
        }
        let mut css = format!("{on} {{\n{light}}}\n");
        if !dark.is_empty() {
            let _ = write!(css, "@media (prefers-color-scheme: dark) {{\n  {on} {{\n{dark}  }}\n}}\n");
        }
        Some(css)
    }
}

/// Checks a list of font families, such as `"Inter", system-ui, sans-serif`.
///
/// # Errors
/// A sentence that says what would be right.
pub fn font_families(text: &str) -> Result<String, String> {
    let right = "write font families as CSS does, such as \"'Inter', system-ui, sans-serif\"";
    let wrong = |why: String| Err(format!("{why}; {right}."));
    if text.chars().count() > 200 {
        return wrong("the list is longer than 200 characters".into());
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '\'' | '"' | ',' | '-');
    if let Some(other) = text.chars().find(|c| !allowed(*c)) {
        return wrong(format!("{other:?} cannot stand in a list of fonts"));
    }
    for family in text.split(',').map(str::trim) {
        if !is_family(family) {
            return wrong(format!("`{family}` is not the name of a font family"));
        }
    }
    Ok(text.into())
}

/// Whether a text is a quoted name, or words that CSS takes as one.
fn is_family(text: &str) -> bool {
    const KEYWORDS: &[&str] = &["default", "inherit", "initial", "revert", "unset"];
    let quoted = |quote: char| text.len() > 2 && text.starts_with(quote) && text.ends_with(quote);
    if quoted('"') || quoted('\'') {
        let name = text.get(1..text.len() - 1).unwrap_or_default();
        return !name.contains(['"', '\'']);
    }
    let is_word = |word: &str| word.trim_start_matches('-').starts_with(char::is_alphabetic);
    let fine = !text.contains(['"', '\'']) && text.split_whitespace().all(is_word);
    fine && !text.is_empty() && !KEYWORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::read(text).expect("a colour")
    }

    #[test]
    fn contrast_is_the_ratio_of_wcag() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 1e-9);
        // Values of the examples in "Understanding 1.4.3" and of the W3C's own checkers.
        assert!((color("#777777").contrast(Color::WHITE) - 4.478).abs() < 1e-3);
        assert!((color("#767676").contrast(Color::WHITE) - 4.542).abs() < 1e-3);
        assert!((color("#0000ff").contrast(color("#ffff00")) - 8.001).abs() < 1e-3);
    }

    #[test]
    fn a_colour_is_six_digits_behind_a_number_sign() {
        assert_eq!(color("#3D46C2").to_string(), "#3d46c2");
        for wrong in ["red", "#fff", "3d46c2", "#3d46c", "#3d46c2ff", "#+d46c2", "#3d46cé", "rgb(0,0,0)", ""]
        {
            assert!(Color::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_theme_sets_all_colours_or_none() {
        assert_eq!(Theme::default().properties(), []);
        assert_eq!(Theme::default().stylesheet(":root"), None);
        let round = Theme { radius: Some(4), ..Theme::default() };
        assert_eq!(round.stylesheet(":root").expect("a stylesheet"), ":root {\n  --fw-radius: 4px;\n}\n");
        let css = Theme { light: light_with_accent(), ..round }.stylesheet(":root").expect("a stylesheet");
        let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").expect("a dark scheme");
        for (part, palette) in [(light, light_with_accent()), (dark, Palette::DARK)] {
            for (name, value) in palette.named() {
                assert!(part.contains(&format!("{name}: {value};")), "{name}: {value} in {part}");
            }
        }
        assert!(light.contains("--fw-radius: 4px;") && !dark.contains("--fw-radius"), "{css}");
    }

    fn light_with_accent() -> Palette {
        Palette { accent: color("#005a9c"), ..Palette::LIGHT }
    }

    #[test]
    fn a_list_of_fonts_cannot_say_anything_else() {
        for fine in [
            "Inter",
            "'Inter', system-ui, sans-serif",
            "\"Source Sans 3\", Arial",
            "Noto Sans JP",
            "ヒラギノ角ゴ",
        ] {
            assert!(font_families(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            ",",
            "Inter,",
            "'Inter",
            "\"Inter'",
            "''",
            "Inter; color: red",
            "url(x)",
            "Inter}",
            "3M",
            "inherit",
            "Inter\\",
            "a\nb",
            "'a'b'",
            "@x",
            "Inter /*",
        ] {
            assert!(font_families(wrong).is_err(), "{wrong}");
        }
        assert!(font_families(&"a".repeat(201)).is_err());
    }
}
