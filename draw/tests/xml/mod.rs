//! A small reader of XML that refuses what is not well-formed, and gives every element.

#![allow(dead_code)]

use std::collections::BTreeMap;

/// One element: its name, its attributes, and the text directly within it.
#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    /// The place of the element around it in the list.
    pub parent: Option<usize>,
}

impl Element {
    pub fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub fn number(&self, name: &str) -> f64 {
        let text = self.get(name);
        text.parse().unwrap_or_else(|_| panic!("{name}={text:?} of {self:?} is no number"))
    }

    pub fn has_class(&self, class: &str) -> bool {
        self.get("class").split(' ').any(|one| one == class)
    }
}

/// All elements of a document in the order in which they begin.
pub fn read(text: &str) -> Result<Vec<Element>, String> {
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (before, after) = rest.split_once('<').unwrap_or((rest, ""));
        let words = content(before)?;
        match open.last() {
            Some(&place) => elements[place].text.push_str(&words),
            None if words.trim().is_empty() => {}
            None => return Err(format!("{words:?} stands outside of the root")),
        }
        if before.len() == rest.len() {
            break;
        }
        let (tag, following) = after.split_once('>').ok_or("a tag does not end")?;
        rest = following;
        if let Some(name) = tag.strip_prefix('/') {
            let place = open.pop().ok_or_else(|| format!("</{name}> ends nothing"))?;
            if elements[place].name != name {
                return Err(format!("<{}> is ended by </{name}>", elements[place].name));
            }
            continue;
        }
        if open.is_empty() && !elements.is_empty() {
            return Err(format!("<{tag}> is a second root"));
        }
        let (tag, is_closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let mut element = begin(tag)?;
        element.parent = open.last().copied();
        elements.push(element);
        if !is_closed {
            open.push(elements.len() - 1);
        }
    }
    match open.last() {
        Some(&place) => Err(format!("<{}> does not end", elements[place].name)),
        None if elements.is_empty() => Err("there is no element".to_string()),
        None => Ok(elements),
    }
}

fn begin(tag: &str) -> Result<Element, String> {
    let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    if name.is_empty() {
        return Err(format!("<{tag}> has no name"));
    }
    let mut rest = &tag[name.len()..];
    let mut element = Element { name, ..Element::default() };
    while !rest.trim().is_empty() {
        let spaced = rest.trim_start();
        if spaced.len() == rest.len() {
            return Err(format!("{rest:?} follows an attribute at once"));
        }
        let (name, after) = spaced.split_once("=\"").ok_or(format!("{spaced:?} has no value"))?;
        let (value, after) = after.split_once('"').ok_or(format!("{name} is not closed"))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(format!("{name:?} is no name of an attribute"));
        }
        if element.attributes.insert(name.to_string(), content(value)?).is_some() {
            return Err(format!("{name} is there twice"));
        }
        rest = after;
    }
    Ok(element)
}

/// Text with its entities replaced.
fn content(text: &str) -> Result<String, String> {
    if let Some(c) = text.chars().find(|&c| is_forbidden(c)) {
        return Err(format!("{c:?} is forbidden"));
    }
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (name, after) = part.split_once(';').ok_or(format!("&{part} is no entity"))?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            _ => return Err(format!("&{name}; is no entity")),
        });
        plain.push_str(after);
    }
    Ok(plain)
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
