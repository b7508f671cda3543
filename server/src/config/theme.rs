//! `[brand.theme]`: colours that can be read, corners and a font.

use super::brand::checked;
use super::table::Table;
use crate::lint::contrast;
use crate::theme::{Color, Palette, Theme, font_families};

/// Reads a brand's theme. What is not set is as in the flow's stylesheet.
pub(super) fn read(brand: &Table<'_>) -> Theme {
    let mut theme = Theme::default();
    let Some(table) = brand.table("theme", "[brand.theme]") else { return theme };
    theme.light = palette(&table, Palette::LIGHT);
    theme.radius =
        table.integer_in("radius", 0..25).and_then(|radius| u8::try_from(radius.into_inner()).ok());
    theme.font = checked(&table, "font", font_families);
    if let Some(dark) = table.table("dark", "[brand.theme.dark]") {
        theme.dark = palette(&dark, Palette::DARK);
        dark.finish();
    }
    table.finish();
    theme
}

/// Reads the colours of one scheme, and how they go together once each of them is one.
fn palette(table: &Table<'_>, usual: Palette) -> Palette {
    let mut wrong = false;
    let mut color = |field, usual| match checked(table, field, Color::read) {
        Some(color) => color,
        None => {
            wrong |= table.has(field);
            usual
        }
    };
    let palette = Palette {
        accent: color("accent", usual.accent),
        on_accent: color("on_accent", usual.on_accent),
        ink: color("ink", usual.ink),
        paper: color("paper", usual.paper),
        soft: color("soft", usual.soft),
        tint: color("tint", usual.tint),
        line: color("line", usual.line),
    };
    if !wrong {
        for clash in contrast::clashes(&palette) {
            // Two usual colours never clash, so one of them is written.
            match clash.fields.iter().find_map(|field| table.span(field)) {
                Some(span) => table.wrong(span, clash.message),
                None => table.wrong_here(clash.message),
            }
        }
    }
    palette
}
