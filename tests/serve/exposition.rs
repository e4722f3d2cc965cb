//! The text of `GET /metrics`, read strictly: what a scraper would refuse fails here.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The numbers of one scrape.
#[derive(Debug)]
pub struct Scrape {
    /// By name and labels, as they are written: `esctl_commands_total{command="resource.create",outcome="applied"}`.
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads a text in the format OpenMetrics, of which the older one of Prometheus differs in the last line.
    #[track_caller]
    pub fn read(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("no end");
        let (mut kind, mut family, mut families) = ("", "", BTreeSet::new());
        let mut samples = BTreeMap::new();
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(is_name(name) && !help.is_empty(), "{line}");
                assert!(families.insert(name), "{name} is there twice");
                (family, kind) = (name, "");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, what) = rest.split_once(' ').unwrap();
                assert_eq!(name, family, "a type without a help: {line}");
                assert!(["counter", "gauge", "histogram", "info"].contains(&what), "{line}");
                kind = what;
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
                let suffixes: &[&str] = match kind {
                    "counter" => &["_total"],
                    "gauge" => &[""],
                    "histogram" => &["_bucket", "_sum", "_count"],
                    "info" => &["_info"],
                    _ => panic!("no type before {line}"),
                };
                assert!(suffixes.contains(&suffix), "{line} of a {kind}");
                check_labels(labels.strip_suffix('}').unwrap());
                let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
                assert!(kind == "gauge" || value >= 0.0, "{line}");
                let series = series.trim_end_matches("{}").to_owned();
                assert!(samples.insert(series, value).is_none(), "{line} is there twice");
            }
        }
        let scrape = Self { samples };
        scrape.check_buckets();
        scrape
    }

    /// The value of a series; 0 where it is not there.
    pub fn value(&self, series: &str) -> f64 {
        self.samples.get(series).copied().unwrap_or_default()
    }

    /// Returns true if there is a series.
    pub fn has(&self, series: &str) -> bool {
        self.samples.contains_key(series)
    }

    /// All values of a label.
    pub fn labels(&self, label: &str) -> BTreeSet<&str> {
        let start = format!("{label}=\"");
        let values = self.samples.keys().filter_map(|series| series.split_once(&start));
        values.map(|(_, rest)| rest.split_once('"').unwrap().0).collect()
    }

    /// The buckets of a histogram grow, and the last one is its count.
    fn check_buckets(&self) {
        let mut last: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (series, value) in &self.samples {
            let Some((name, labels)) = series.split_once("_bucket{") else { continue };
            let (others, bound): (Vec<&str>, Vec<&str>) =
                labels.trim_end_matches('}').split(',').partition(|label| !label.starts_with("le="));
            let bound = bound[0].trim_start_matches("le=").trim_matches('"').parse().unwrap();
            last.entry(format!("{name}_count{{{}}}", others.join(","))).or_default().push((bound, *value));
        }
        for (count, mut buckets) in last {
            buckets.sort_by(|a, b| a.partial_cmp(b).unwrap());
            assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{count}: {buckets:?}");
            let (bound, all) = buckets.last().unwrap();
            assert_eq!((*bound, *all), (f64::INFINITY, self.value(count.trim_end_matches("{}"))), "{count}");
        }
    }
}

fn is_name(text: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    text.chars().all(ok) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty()
}

/// `a="x",b="y"`; no value here holds a quote.
fn check_labels(labels: &str) {
    let mut seen = BTreeSet::new();
    for label in labels.split(',').filter(|label| !label.is_empty()) {
        let (name, value) = label.split_once('=').unwrap_or_else(|| panic!("no label: {labels}"));
        assert!(is_name(name) && !name.contains(':') && seen.insert(name), "{labels}");
        let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        assert!(inside.is_some_and(|value| !value.contains(['"', '\n'])), "{labels}");
    }
}

#[test]
#[should_panic(expected = "is not of esctl_a")]
fn a_number_under_another_name_is_refused() {
    Scrape::read("# HELP esctl_a A.\n# TYPE esctl_a counter\nesctl_b_total 1\n# EOF\n");
}

#[test]
#[should_panic(expected = "of a counter")]
fn a_counter_without_its_ending_is_refused() {
    Scrape::read("# HELP esctl_a A.\n# TYPE esctl_a counter\nesctl_a 1\n# EOF\n");
}

#[test]
#[should_panic(expected = "esctl_a_count")]
fn buckets_that_do_not_add_up_are_refused() {
    Scrape::read(concat!(
        "# HELP esctl_a A.\n# TYPE esctl_a histogram\nesctl_a_sum 1.0\nesctl_a_count 3\n",
        "esctl_a_bucket{le=\"1.0\"} 1\nesctl_a_bucket{le=\"+Inf\"} 2\n# EOF\n"
    ));
}
