//! The files that each file uses, found through modules and re-exports.

use std::collections::BTreeMap;

use crate::modules::ModLine;
use crate::modules::mod_lines;
use crate::source::Source;
use crate::source::name_at;
use crate::source::places;

/// A re-export that leads through more modules than this is not followed.
const MAX_HOPS: usize = 8;

/// The edges between the files of a crate: the offset at which a file first uses another one.
pub struct Graph<'s> {
    pub edges: BTreeMap<&'s str, BTreeMap<&'s str, usize>>,
}

/// The crate as modules.
struct Modules<'s> {
    sources: BTreeMap<&'s str, &'s Source>,
    /// The file that a module line leads to, by the file with the line and the module's name.
    children: BTreeMap<&'s str, BTreeMap<String, &'s str>>,
    parents: BTreeMap<&'s str, &'s str>,
    /// The names that a file imports or re-exports, with their full paths.
    imports: BTreeMap<&'s str, BTreeMap<String, Vec<String>>>,
}

impl<'s> Graph<'s> {
    pub fn of(sources: &'s [Source]) -> Self {
        let modules = Modules::of(sources);
        let edges = sources.iter().map(|source| (source.path.as_str(), modules.used_by(source)));
        Self { edges: edges.collect() }
    }

    /// The shortest way from a file through others back to it.
    pub fn circle(&self, file: &'s str) -> Option<Vec<&'s str>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut next = vec![file];
        while !next.is_empty() {
            let mut further = Vec::new();
            for from in next {
                for to in self.edges.get(from).into_iter().flat_map(BTreeMap::keys) {
                    if *to == file {
                        let mut way = vec![file, from];
                        while way[way.len() - 1] != file {
                            way.push(came_from[way[way.len() - 1]]);
                        }
                        way.reverse();
                        return Some(way);
                    }
                    if !came_from.contains_key(to) {
                        came_from.insert(to, from);
                        further.push(*to);
                    }
                }
            }
            next = further;
        }
        None
    }
}

impl<'s> Modules<'s> {
    fn of(sources: &'s [Source]) -> Self {
        let by_path: BTreeMap<&str, &Source> = sources.iter().map(|source| (source.path.as_str(), source)).collect();
        let mut modules =
            Self { sources: by_path, children: BTreeMap::new(), parents: BTreeMap::new(), imports: BTreeMap::new() };
        for source in sources {
            let mut children: BTreeMap<String, &str> = BTreeMap::new();
            for ModLine { name, candidates, .. } in mod_lines(source) {
                // A substitute in a smaller build has no part in the full one.
                for candidate in candidates.into_iter().filter(|candidate| !candidate.contains("/absent/")) {
                    if let Some((path, _)) = modules.sources.get_key_value(candidate.as_str()) {
                        children.insert(name.clone(), path);
                        modules.parents.insert(path, &source.path);
                    }
                }
            }
            modules.children.insert(&source.path, children);
            modules.imports.insert(&source.path, imports(source));
        }
        modules
    }

    fn used_by(&self, source: &'s Source) -> BTreeMap<&'s str, usize> {
        let mut used = BTreeMap::new();
        for (at, path) in paths(&source.live) {
            // The reach of a visibility uses nothing of the module.
            if source.live[..at].ends_with("pub(in ") || is_only_re_exported(&source.live, at, &path) {
                continue;
            }
            if let Some(file) = self.resolve(&source.path, &path, MAX_HOPS)
                && file != source.path
                && file != "src/lib.rs"
            {
                used.entry(file).or_insert(at);
            }
        }
        used
    }

    /// Returns the file that a path leads to from a file.
    fn resolve(&self, from: &'s str, path: &[String], hops: usize) -> Option<&'s str> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(self.descend("src/lib.rs", rest, hops)),
            "self" => Some(self.descend(from, rest, hops)),
            "super" => {
                let parent = self.parents.get(from)?;
                let further_up = rest.first().is_some_and(|next| next == "super");
                if further_up { self.resolve(parent, rest, hops) } else { Some(self.descend(parent, rest, hops)) }
            }
            name => self.children[from].contains_key(name).then(|| self.descend(from, path, hops)),
        }
    }

    fn descend(&self, module: &'s str, rest: &[String], hops: usize) -> &'s str {
        let Some((name, deeper)) = rest.split_first() else { return module };
        if let Some(file) = self.children[module].get(name) {
            return self.descend(file, deeper, hops);
        }
        // A name that the module re-exports belongs to the file that it comes from.
        let re_exported = self.imports[module].get(name).filter(|_| hops > 0);
        re_exported.and_then(|path| self.resolve(module, path, hops - 1)).unwrap_or(module)
    }
}

/// Returns true for a re-export of a name that the file itself does not use: it only lists what a module offers.
fn is_only_re_exported(code: &str, at: usize, path: &[String]) -> bool {
    let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
    let is_re_export = line.starts_with("pub") && line.ends_with("use");
    is_re_export && path.last().is_some_and(|name| places(code, name).count() == 1)
}

/// The `use` lines of a file: each name with its path.
fn imports(source: &Source) -> BTreeMap<String, Vec<String>> {
    let mut imports = BTreeMap::new();
    for at in places(&source.live, "use") {
        let statement = source.live[at + "use".len()..].split(';').next().unwrap_or_default();
        let (path, renamed) = statement.split_once(" as ").unwrap_or((statement, ""));
        let path: Vec<String> = path.trim().split("::").map(str::to_owned).collect();
        let name = if renamed.is_empty() { path[path.len() - 1].clone() } else { renamed.trim().to_owned() };
        imports.insert(name, path);
    }
    imports
}

/// The paths in code, each where it begins: `crate::store::Store`, `super::open`, `read::page`.
fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("::") {
        let first = code[..at]
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |end| end + code[end..].chars().next().map_or(1, char::len_utf8));
        if first == at || code[..first].ends_with("::") {
            continue;
        }
        let mut path = vec![code[first..at].to_owned()];
        let mut rest = &code[at..];
        while let Some(next) = rest.strip_prefix("::") {
            let name = name_at(next);
            if name.is_empty() {
                break;
            }
            path.push(name.to_owned());
            rest = &next[name.len()..];
        }
        paths.push((first, path));
    }
    paths
}
