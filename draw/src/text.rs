//! Text in pictures: escaped, measured and cut.

use std::fmt::Write;

/// Text of one line that only shows itself: control characters, which XML forbids, and overrides of
/// direction, with which a message could rearrange the words around it, become the replacement
/// character.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Plain text as XML and HTML may hold it, in content and in attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// JSON as it may stand within an HTML script element: no `<` is left, so neither an end tag nor a
/// comment can begin, and no line separator that older scripts would not take.
pub(crate) fn json_in_script(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    safe
}

/// How many columns of a fixed-width font a text takes: two for the wide characters of East Asia
/// and for pictures.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd)
}

/// The beginning of a text that fits into so many columns, with an ellipsis if it was cut.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    if columns(text) <= limit {
        return text.to_string();
    }
    let mut short = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += if is_wide(c) { 2 } else { 1 };
        if used + 1 > limit {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// A length in a picture, with at most one decimal.
pub(crate) fn length(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let mut text = String::new();
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    let _ = write!(text, "{sign}{whole}");
    if rest != 0 {
        let _ = write!(text, ".{rest}");
    }
    text
}

/// A span of time in words, with three digits at most.
pub(crate) fn span(nanoseconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns")];
    let fits = UNITS.iter().find(|(size, _)| nanoseconds >= *size);
    let (size, unit) = fits.copied().unwrap_or((1, "ns"));
    let (whole, tenth) = (nanoseconds / size, nanoseconds % size * 10 / size);
    if whole >= 100 || tenth == 0 {
        format!("{whole} {unit}")
    } else {
        format!("{whole}.{tenth} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_out_of_its_place() {
        let hostile = "</script><!--\u{0}\u{2028}&'\"\u{202e}x\u{ffff}";
        let safe = escape(hostile);
        assert_eq!(safe, "&lt;/script&gt;&lt;!--\u{fffd} &amp;&#39;&quot;\u{fffd}x\u{fffd}");
        let json = serde_json::to_string(hostile).expect("text is JSON");
        let script = json_in_script(&json);
        assert!(!script.contains(['<', '>', '\u{2028}']));
        let back: String = serde_json::from_str(&script).expect("it is still JSON");
        assert_eq!(back, hostile);
    }

    #[test]
    fn texts_are_cut_to_the_columns_they_may_take() {
        for text in ["", "abc", "abcdef", "日本語テキスト", "a日b本c"] {
            for limit in 1..12 {
                assert!(columns(&cut(text, limit)) <= limit, "{text} {limit}");
            }
        }
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abcd", 4), "abcd");
    }

    #[test]
    fn lengths_and_spans_are_short() {
        assert_eq!([1.0, -0.04, 2.25, -3.5].map(length), ["1", "0", "2.3", "-3.5"]);
        assert_eq!(
            [0, 999, 1_500, 12_340_000, 250_000_000, 61_000_000_000].map(span),
            ["0 ns", "999 ns", "1.5 µs", "12.3 ms", "250 ms", "61 s"]
        );
    }
}
