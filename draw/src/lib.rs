//! Runs as pictures: space-time diagrams (Lamport 1978), a page to walk through them, recorded
//! histories as bars, and figures beside formulas.
//!
//! Everything here is a pure function from what happened to text; nothing reads or writes files.
//! Pictures are SVG, pages are one HTML file that fetches nothing.

mod chart;
mod diagram;
mod history;
mod ink;
mod look;
mod page;
mod scene;
mod sheet;
mod shiviz;
mod text;

pub use chart::{Series, Shape, chart};
pub use diagram::svg;
pub use history::{Bar, history};
pub use look::{Look, Palette, Spacing, Theme, Toward};
pub use page::{difference, page};
pub use sheet::sheet;
pub use shiviz::shiviz;
