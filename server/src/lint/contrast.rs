//! Whether the colours of a theme can be read, and whether the way out is as easy to see as the way to stay.

use crate::theme::{Color, Palette};

/// What text has to reach: WCAG 2.2, 1.4.3 Contrast (Minimum).
const TEXT: Need = Need {
    ratio: 4.5,
    why: "text",
    law: "WCAG 2.2, 1.4.3; European Accessibility Act, Directive (EU) 2019/882",
};
/// What the edge of a control has to reach: WCAG 2.2, 1.4.11 Non-text Contrast.
const SHAPE: Need = Need {
    ratio: 3.0,
    why: "the shape of a control",
    law: "WCAG 2.2, 1.4.11; European Accessibility Act, Directive (EU) 2019/882",
};
/// How many times stronger than the way out the way to stay may stand out from the paper. It is the step between one level
/// of WCAG and the next, as from 3 to 4.5. The sizes of the two are the same in the stylesheet.
pub const MOST_PROMINENT: f64 = 1.5;
/// What says that the way out may not be the weaker one.
const PROMINENCE: &str = "the way out must not be less prominent: FTC Act § 5 (FTC v. Amazon, 2025); \
                          Cal. Bus. & Prof. Code § 17602; § 312k (2) BGB; EDPB Guidelines 03/2022";

struct Need {
    ratio: f64,
    why: &'static str,
    law: &'static str,
}

/// Two colours of a theme that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The fields that are part of it, the one to change first.
    pub fields: Vec<&'static str>,
    /// What is wrong, what would be right, and who says so.
    pub message: String,
}

/// Everything about a palette that a customer could not see well.
#[must_use]
pub fn clashes(palette: &Palette) -> Vec<Clash> {
    let Palette { accent, on_accent, ink, paper, soft, tint, line } = *palette;
    let pairs = [
        // The paper on the ink, which is the way out, has the same contrast.
        (&TEXT, ("ink", ink), ("paper", paper)),
        (&TEXT, ("soft", soft), ("paper", paper)),
        (&TEXT, ("ink", ink), ("tint", tint)),
        (&TEXT, ("soft", soft), ("tint", tint)),
        (&TEXT, ("on_accent", on_accent), ("accent", accent)),
        (&SHAPE, ("accent", accent), ("paper", paper)),
        (&SHAPE, ("line", line), ("paper", paper)),
    ];
    let mut clashes: Vec<Clash> = pairs.into_iter().filter_map(|(need, a, b)| weak(need, a, b)).collect();
    clashes.extend(less_prominent(ink, accent, paper));
    clashes
}

fn weak(
    need: &Need,
    (name, color): (&'static str, Color),
    (under, ground): (&'static str, Color),
) -> Option<Clash> {
    let found = color.contrast(ground);
    if found >= need.ratio {
        return None;
    }
    let (ratio, why, law) = (need.ratio, need.why, need.law);
    let hint = right(color, |other| other.contrast(ground) >= ratio).map_or_else(
        || format!("write another `{under}` first, on which something can be read"),
        |fine| format!("write another, such as `{name} = \"{fine}\"`"),
    );
    Some(Clash {
        fields: vec![name, under],
        message: format!(
            "`{name}` {color} on `{under}` {ground} has a contrast of {}:1, and {why} needs {ratio}:1; {hint}. [contrast: {law}]",
            shown(found)
        ),
    })
}

fn less_prominent(ink: Color, accent: Color, paper: Color) -> Option<Clash> {
    let (out, stay) = (ink.contrast(paper), accent.contrast(paper));
    if out * MOST_PROMINENT >= stay {
        return None;
    }
    let hint = right(ink, |other| other.contrast(paper) * MOST_PROMINENT >= stay).map_or_else(
        || "write another `accent`".into(),
        |fine| format!("write another, such as `ink = \"{fine}\"`"),
    );
    Some(Clash {
        fields: vec!["ink", "accent", "paper"],
        message: format!(
            "the way out, `ink` {ink} on `paper` {paper}, has a contrast of {}:1, the way to stay, `accent` {accent}, has {}:1, \
             which is more than {MOST_PROMINENT} times that; {hint}. [prominence: {PROMINENCE}]",
            shown(out),
            shown(stay)
        ),
    })
}

/// Rounded down, so that what is too little never looks like enough.
fn shown(ratio: f64) -> f64 {
    (ratio * 100.0).floor() / 100.0
}

/// The colour nearest to one that is good enough: a little darker or a little lighter.
fn right(color: Color, is_right: impl Fn(Color) -> bool) -> Option<Color> {
    (1..=100).find_map(|percent| {
        [Color::BLACK, Color::WHITE]
            .map(|end| color.mixed(end, percent))
            .into_iter()
            .find(|color| is_right(*color))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::read(text).expect("a colour")
    }

    #[track_caller]
    fn one(palette: &Palette) -> Clash {
        let mut found = clashes(palette);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    #[test]
    fn the_palettes_of_the_stylesheet_can_be_read() {
        assert_eq!(clashes(&Palette::LIGHT), []);
        assert_eq!(clashes(&Palette::DARK), []);
    }

    #[test]
    fn a_weak_pair_is_told_with_both_ratios_and_a_colour_that_would_do() {
        let weak = &clashes(&Palette { soft: color("#777777"), ..Palette::LIGHT })[0];
        assert_eq!(weak.fields, ["soft", "paper"]);
        for part in ["#777777", "#ffffff", "4.47:1", "needs 4.5:1", "soft = \"#757575\"", "1.4.3", "2019/882"]
        {
            assert!(weak.message.contains(part), "{part}: {}", weak.message);
        }
    }

    #[test]
    fn each_pair_has_its_own_need() {
        let fields =
            |palette: Palette| clashes(&palette).into_iter().map(|clash| clash.fields).collect::<Vec<_>>();
        let light = Palette::LIGHT;
        assert_eq!(fields(Palette { on_accent: color("#8899ff"), ..light }), [vec!["on_accent", "accent"]]);
        assert_eq!(fields(Palette { line: color("#999999"), ..light }), [vec!["line", "paper"]]);
        assert_eq!(
            fields(Palette { tint: color("#777777"), ..light }),
            [vec!["ink", "tint"], vec!["soft", "tint"]]
        );
        let pale = Palette { accent: color("#a0a8ff"), on_accent: Color::BLACK, ..light };
        assert_eq!(fields(pale), [vec!["accent", "paper"]]);
    }

    #[test]
    fn the_way_out_may_not_be_the_weaker_one() {
        let accent = Palette { accent: Color::BLACK, ..Palette::LIGHT };
        assert_eq!(clashes(&accent), []);
        let grey = one(&Palette { ink: color("#666666"), ..accent });
        assert_eq!(grey.fields, ["ink", "accent", "paper"]);
        for part in ["#666666", "#000000", "5.74:1", "21:1", "1.5 times", "FTC", "ink = \""] {
            assert!(grey.message.contains(part), "{part}: {}", grey.message);
        }
    }

    #[test]
    fn what_is_suggested_is_right() {
        let tried = Palette { ink: color("#aaaaaa"), soft: color("#cccccc"), ..Palette::LIGHT };
        for clash in clashes(&tried).iter().filter(|clash| clash.fields.contains(&"paper")) {
            let suggested =
                clash.message.split("= \"").nth(1).and_then(|rest| rest.get(..7)).expect("a colour");
            let better = Palette { ink: color(suggested), soft: color(suggested), ..Palette::LIGHT };
            assert!(clashes(&better).iter().all(|other| other.fields != clash.fields), "{}", clash.message);
        }
    }
}
