//! The table of built-in layouts in `docs/foreign-stores.md` says what the layouts say.

use std::fs;

use esctl::store::layout::built_in;

use crate::docs::root;

#[test]
fn the_table_of_built_in_layouts_is_true() {
    let page = fs::read_to_string(root().join("docs/foreign-stores.md")).unwrap();
    let (_, section) = page.split_once("\n## The built-in layouts\n").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut shown: Vec<String> = rows.map(str::to_owned).collect();
    shown.sort_unstable();
    let mut expected: Vec<String> = built_in()
        .iter()
        .map(|built_in| {
            let layout = built_in.layout().unwrap();
            let events = &layout.events;
            let has = [
                events.position.is_some(),
                events.time.is_some(),
                events.id.is_some(),
                layout.checkpoints.is_some(),
                layout.snapshots.is_some(),
            ];
            let has = has.map(|has| if has { "yes" } else { "-" }).join(" | ");
            format!("| `{}` | {} | {has} |", built_in.name, layout.engine)
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(shown, expected);
}
