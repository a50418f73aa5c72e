//! Several pictures on one page.

use std::fmt::Write;

use crate::ink::{properties, theme_attribute};
use crate::look::Look;
use crate::text::escape;

/// A page of pictures, each with its caption: histories, charts, excerpts. One HTML file that
/// fetches nothing and prints as it looks. The pictures are those that this crate draws; they are
/// taken as they are, so they must not come from anywhere else.
pub fn sheet(title: &str, pictures: &[(String, String)], look: &Look) -> String {
    let title = escape(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"{theme}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{colours}{style}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n",
        theme = theme_attribute(look.theme),
        colours = properties(look.palette),
        style = include_str!("page/sheet.css"),
    );
    for (caption, picture) in pictures {
        let caption = escape(caption);
        let _ = writeln!(
            page,
            "<figure>\n<div class=\"picture\" tabindex=\"0\" role=\"group\" \
             aria-label=\"{caption}\">{picture}</div>\n<figcaption>{caption}</figcaption>\n\
             </figure>"
        );
    }
    page.push_str("</body>\n</html>\n");
    page
}
