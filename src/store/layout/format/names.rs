//! The names of tables, columns and schemas. A name is only ever a name: text that is SQL is refused.

/// The longest name of a table or column, in bytes.
const MAX_BYTES: usize = 255;

/// Checks a name of a table, column or schema. Returns the reason why it is none.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("a name is empty".into());
    }
    if name.len() > MAX_BYTES {
        return Err(format!("a name has more than {MAX_BYTES} bytes"));
    }
    let is_plain = |c: char| c.is_alphanumeric() || "_-.:$#@/+ ".contains(c);
    let odd = name.chars().find(|c| !is_plain(*c));
    let shown: String = name.chars().flat_map(char::escape_debug).collect();
    match odd {
        Some(odd) => Err(format!("\"{shown}\" is no name: a layout names tables and columns and cannot carry SQL ({odd:?})")),
        None if name.contains("--") || name.contains("::") => {
            Err(format!("\"{shown}\" is no name: a layout names tables and columns and cannot carry SQL"))
        }
        None if name.trim() != name => Err(format!("\"{shown}\" begins or ends with a space")),
        None => Ok(()),
    }
}

/// Checks the name of a table, which may have one placeholder. Returns the name of the placeholder.
pub(super) fn check_table(name: &str) -> Result<Option<&str>, String> {
    let Some((before, rest)) = name.split_once('<') else { return check_name(name).map(|()| None) };
    let (inside, after) = rest.split_once('>').ok_or_else(|| format!("\"{name}\" has a < without a >"))?;
    let is_word = !inside.is_empty() && inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        return Err(format!("\"{name}\" has no word between < and >"));
    }
    check_name(&format!("{before}x{after}")).map(|()| Some(inside))
}

/// Checks the path of a field of MongoDB.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    check_name(path)?;
    match path.split('.').find(|part| part.is_empty() || part.starts_with('$')) {
        Some("") => Err(format!("\"{path}\" has an empty part")),
        Some(part) => Err(format!("\"{path}\" has the part {part}; a name of a field does not begin with $")),
        None => Ok(()),
    }
}
