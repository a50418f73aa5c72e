//! Colours, in light and in dark, and the style sheet that carries them into pictures and pages.

use std::fmt::Write;

use crate::look::{Look, Palette, Theme};

/// How many epochs have a colour of their own; the next begins anew.
pub(crate) const COLOURS: usize = 6;

/// Fixed-width letters, so that the width of a text is known where it is not drawn.
pub(crate) const LETTERS: &str =
    "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/// Letters of titles and legends.
const PLAIN: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif";

/// All colours of one theme.
pub(crate) struct Inks {
    /// The ground.
    pub paper: &'static str,
    /// Words and marks.
    pub ink: &'static str,
    /// What is said beside the point.
    pub muted: &'static str,
    /// Rules and lanes without an epoch.
    pub faint: &'static str,
    /// Bands behind rows.
    pub band: &'static str,
    /// Messages on their way.
    pub message: &'static str,
    /// What went wrong: losses, crashes, violations.
    pub wrong: &'static str,
}

pub(crate) const LIGHT: Inks = Inks {
    paper: "#ffffff",
    ink: "#1b2027",
    muted: "#5c6672",
    faint: "#c9d0d8",
    band: "#f4f6f8",
    message: "#7a8694",
    wrong: "#c22f1e",
};

pub(crate) const DARK: Inks = Inks {
    paper: "#15181d",
    ink: "#e4e8ed",
    muted: "#98a3b0",
    faint: "#3a424d",
    band: "#1c2026",
    message: "#7f8b99",
    wrong: "#ff7a66",
};

impl Palette {
    /// The colours of epochs on white, and on the dark ground.
    pub(crate) fn colours(self) -> ([&'static str; COLOURS], [&'static str; COLOURS]) {
        match self {
            Palette::Hues => (
                ["#2a56ca", "#d17011", "#603a7d", "#2ba2a1", "#b38563", "#224715"],
                ["#cacaff", "#f39039", "#7954ca", "#1aecb0", "#885e34", "#0a8687"],
            ),
            Palette::Print => (
                ["#0e1757", "#a353ad", "#6a2007", "#6d9b98", "#000000", "#7e4632"],
                ["#a3bcf4", "#1b69af", "#ffff93", "#1c946c", "#27f3ed", "#3ea7e7"],
            ),
        }
    }
}

/// Custom properties for pages: `--ink`, `--e0` and so on, for the theme asked for.
pub(crate) fn properties(palette: Palette) -> String {
    let (light, dark) = palette.colours();
    let light = property_list(&LIGHT, &light);
    let dark = property_list(&DARK, &dark);
    format!(
        ":root{{color-scheme:light;{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light])\
         {{color-scheme:dark;{dark}}}}}\n\
         :root[data-theme=dark]{{color-scheme:dark;{dark}}}\n\
         @media print{{:root:root:root{{color-scheme:light;{light}}}}}\n"
    )
}

fn property_list(inks: &Inks, epochs: &[&str]) -> String {
    let mut list = format!(
        "--paper:{};--ink:{};--muted:{};--faint:{};--band:{};--message:{};--wrong:{};",
        inks.paper, inks.ink, inks.muted, inks.faint, inks.band, inks.message, inks.wrong
    );
    for (number, colour) in epochs.iter().enumerate() {
        let _ = write!(list, "--e{number}:{colour};");
    }
    list
}

/// The attribute that fixes a page's theme; nothing if the reader's system decides.
pub(crate) fn theme_attribute(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "",
        Theme::Light => " data-theme=\"light\"",
        Theme::Dark => " data-theme=\"dark\"",
    }
}

/// The style element of a picture. Its colours are written out, not named by custom properties:
/// fewer programs than browsers know those. Every rule begins with `scope`, so that two pictures
/// on one page do not paint each other.
pub(crate) fn style(look: &Look, scope: &str) -> String {
    let (light, dark) = look.palette.colours();
    let mut rules = String::from("<style>");
    let _ = write!(
        rules,
        "{scope} text{{font-family:{LETTERS};font-size:12px}}\
         {scope} .small{{font-size:10.5px}}\
         {scope} .title,{scope} .facts,{scope} .legend text{{font-family:{PLAIN}}}\
         {scope} .title{{font-size:15px;font-weight:600}}\
         {scope} .halo{{paint-order:stroke;stroke-width:3}}\
         {scope} .name{{font-weight:600}}\
         {scope} .line{{fill:none;stroke-width:2}}\
         {scope} .line.leads{{stroke-width:6}}\
         {scope} .message{{fill:none;stroke-width:1.2}}\
         {scope} .flying,{scope} .lost{{stroke-dasharray:5 3}}\
         {scope} .rule{{fill:none;stroke-width:1}}\
         {scope} .mark{{stroke-width:1.4}}\
         {scope} .hollow,{scope} .ring{{stroke-width:1.4}}{scope} .ring{{fill:none}}"
    );
    if look.theme != Theme::Dark {
        rules.push_str(&paints(scope, &LIGHT, &light));
    } else {
        rules.push_str(&paints(scope, &DARK, &dark));
    }
    if look.theme == Theme::Auto {
        let dark = paints(scope, &DARK, &dark);
        let _ = write!(rules, "@media (prefers-color-scheme:dark){{{dark}}}");
    }
    rules.push_str("</style>");
    rules
}

fn paints(scope: &str, inks: &Inks, epochs: &[&str]) -> String {
    let Inks { paper, ink, muted, faint, band, message, wrong } = inks;
    let mut rules = format!(
        "{scope} .paper{{fill:{paper}}}{scope} .band{{fill:{band}}}\
         {scope} text,{scope} .fill{{fill:{ink}}}{scope} text.muted,{scope} .muted{{fill:{muted}}}\
         {scope} .line{{stroke:{muted}}}{scope} .rule{{stroke:{faint}}}\
         {scope} .message{{stroke:{message}}}{scope} .head{{fill:{message}}}\
         {scope} .mark{{fill:{ink};stroke:{paper}}}\
         {scope} .hollow{{fill:{paper};stroke:{ink}}}{scope} .ring{{stroke:{ink}}}\
         {scope} .lost{{stroke:{wrong}}}{scope} .cross{{fill:none;stroke:{wrong};stroke-width:2}}\
         {scope} .halo{{stroke:{paper}}}{scope} .point{{stroke:{paper};stroke-width:1.2}}\
         {scope} text.wrong,{scope} .wrong{{fill:{wrong}}}{scope} .wrongly{{stroke:{wrong}}}"
    );
    for (number, colour) in epochs.iter().enumerate() {
        let _ = write!(rules, "{scope} .e{number}{{stroke:{colour}}}");
        let _ = write!(rules, "{scope} .f{number}{{fill:{colour}}}");
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rgb = [f64; 3];

    /// Linear light of each channel, from 0 to 1.
    fn linear(colour: &str) -> Rgb {
        [1, 3, 5].map(|at| {
            let byte =
                u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour is hexadecimal");
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance([red, green, blue]: Rgb) -> f64 {
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of WCAG 2.
    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(linear(a)), luminance(linear(b)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// CIE L*a*b* under D65.
    fn lab([red, green, blue]: Rgb) -> Rgb {
        let x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047;
        let y = luminance([red, green, blue]);
        let z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883;
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        [116.0 * f(y) - 16.0, 500.0 * (f(x) - f(y)), 200.0 * (f(y) - f(z))]
    }

    /// Full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009).
    const SIGHTS: [[Rgb; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    fn seen(sight: &[Rgb; 3], colour: Rgb) -> Rgb {
        let channel = |row: &Rgb| (0..3).map(|i| row[i] * colour[i]).sum::<f64>().clamp(0.0, 1.0);
        [channel(&sight[0]), channel(&sight[1]), channel(&sight[2])]
    }

    fn distance(a: Rgb, b: Rgb) -> f64 {
        (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
    }

    /// The least distance between any two colours as this eye sees them (CIE 1976).
    fn least(colours: &[&str], see: impl Fn(Rgb) -> Rgb) -> f64 {
        let seen: Vec<Rgb> = colours.iter().map(|colour| lab(see(linear(colour)))).collect();
        let pairs = (0..seen.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.map(|(a, b)| distance(seen[a], seen[b])).fold(f64::MAX, f64::min)
    }

    /// A difference of 2.3 is just noticeable side by side; 20 is told apart across a page.
    const APART: f64 = 20.0;

    /// Six greys between black and what still stands out from white cannot be 20 apart.
    const GREYS_APART: f64 = 8.0;

    #[test]
    fn epochs_are_told_apart_by_every_eye() {
        for palette in [Palette::Hues, Palette::Print] {
            for colours in [palette.colours().0, palette.colours().1] {
                for (number, sight) in SIGHTS.iter().enumerate() {
                    let least = least(&colours, |colour| seen(sight, colour));
                    let wanted = if palette == Palette::Hues { APART } else { GREYS_APART };
                    assert!(least >= wanted, "{palette:?}, sight {number}: {least}");
                }
            }
        }
        for colours in [Palette::Print.colours().0, Palette::Print.colours().1] {
            let least = least(&colours, |colour| [luminance(colour); 3]);
            assert!(least >= GREYS_APART, "without colour: {least}");
        }
        let red_and_green = ["#d62728", "#2ca02c"];
        let deuteranopia = least(&red_and_green, |colour| seen(&SIGHTS[2], colour));
        assert!(deuteranopia < APART * 1.5, "the test can fail: {deuteranopia}");
    }

    /// WCAG 2 asks 4.5 of words and 3 of what carries meaning.
    #[test]
    fn everything_stands_out_from_its_ground() {
        for (inks, dark) in [(LIGHT, false), (DARK, true)] {
            for ground in [inks.paper, inks.band] {
                for words in [inks.ink, inks.muted, inks.wrong] {
                    assert!(contrast(words, ground) >= 4.5, "{words} on {ground}");
                }
                assert!(contrast(inks.message, ground) >= 3.0);
            }
            for palette in [Palette::Hues, Palette::Print] {
                let colours = if dark { palette.colours().1 } else { palette.colours().0 };
                for colour in colours {
                    assert!(contrast(colour, inks.paper) >= 3.0, "{palette:?} {colour}");
                }
            }
        }
    }
}
