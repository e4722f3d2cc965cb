//! The reading of a home-grown table through a user's file: the same cases on every engine.

use serde_json::Value;
use serde_json::json;

use crate::layout::stores::Foreign;

/// The store of the cases, and the file of its layout.
pub struct Shop {
    pub foreign: Foreign,
    pub layout: String,
}

/// The layout of the table, without its engine.
const LAYOUT: &str = r#"
[events]
from           = "order_log"
position       = "e.id"
stream         = { parts = ["e.kind", "e.order_id"] }
version        = { column = "e.seq", first = 0 }
type           = "e.type"
time           = { column = "e.at", as = "epoch-ms" }
id             = "e.key"
data           = { column = "e.body" }
client_id      = "e.who"
correlation_id = "e.corr"
causation_id   = "e.cause"
extra          = { tenant = "e.tenant" }
"#;

/// The columns of a row.
pub const COLUMNS: [&str; 11] = ["id", "kind", "order_id", "seq", "type", "at", "key", "who", "corr", "cause", "tenant"];

/// Returns the rows: their columns, and the body. Positions have holes, and a type and an id have dashes.
pub fn rows() -> Vec<(Vec<Value>, Value)> {
    let mut rows = Vec::new();
    for (number, (kind, id)) in [("game", "1"), ("order-line", "a-1"), ("order", "b")].into_iter().enumerate() {
        for seq in 0..4 {
            let position = 10 + 10 * (seq * 3 + number);
            let (event_type, who) = (if seq == 0 { "Opened" } else { "Added" }, if seq % 2 == 0 { "ann" } else { "bob" });
            let (at, key) = (1_793_527_200_000_u64 + 60_000 * position as u64, format!("k{position}"));
            let row = json!([position, kind, id, seq, event_type, at, key, who, "c1", null, "t1"]);
            rows.push((row.as_array().unwrap().clone(), json!({"n": seq, "total": 10 * seq})));
        }
    }
    rows
}

/// Returns the statements that make the table in SQLite and PostgreSQL.
pub fn sql() -> String {
    let table = "CREATE TABLE order_log (id bigint NOT NULL PRIMARY KEY, kind text, order_id text, seq integer, type text, at bigint, key text UNIQUE, who text, \
                 corr text, cause text, tenant text, body text, UNIQUE (kind, order_id, seq));";
    let value = |value: &Value| match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    let rows = rows().into_iter().map(|(row, body)| {
        let columns = row.iter().map(value).collect::<Vec<_>>().join(", ");
        // The white space is that of a program that prints JSON for people.
        format!("INSERT INTO order_log VALUES ({columns}, '{}');", serde_json::to_string_pretty(&body).unwrap())
    });
    format!("{table}\n{}", rows.collect::<Vec<_>>().join("\n"))
}

impl Shop {
    pub fn new(foreign: Foreign, engine: &str) -> Self {
        let mut text = format!("title = \"Orders\"\nengine = \"{engine}\"\n{LAYOUT}");
        if engine == "mongodb" {
            text = text.replace("\"e.", "\"");
        }
        let layout = foreign.file("shop.toml", &text);
        Self { foreign, layout }
    }

    #[track_caller]
    fn read(&self, args: &str) -> Value {
        self.foreign.read(&self.layout, &args.split(' ').collect::<Vec<_>>())
    }

    fn refused(&self, args: &str) -> (i32, Value) {
        self.foreign.refused(&self.layout, &args.split(' ').collect::<Vec<_>>())
    }

    /// The versions of the events of a command that follows until a time that has passed.
    #[track_caller]
    fn followed(&self, args: &str) -> Vec<u64> {
        let all = format!("--layout {} {args} --until 2026-11-02T00:00:00Z -o ndjson", self.layout);
        let (code, out, err) = self.foreign.run(&all.split(' ').collect::<Vec<_>>());
        assert_eq!(code, 0, "{args}: {err}");
        let version = |line: &str| serde_json::from_str::<Value>(line).unwrap()["version"].as_u64().unwrap();
        out.lines().map(version).collect()
    }

    /// Checks everything that can be read.
    pub fn check(&self) {
        self.lists();
        self.reads_streams();
        self.reads_all();
        self.replays();
        self.traces();
        self.refuses();
    }

    fn lists(&self) {
        let all = self.read("stream list");
        let names: Vec<&str> = all["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["game-1", "order-b", "order-line-a-1"]);
        let game = all["items"].as_array().unwrap().iter().find(|item| item["stream"] == "game-1").unwrap();
        assert_eq!((&game["version"], &game["last_position"], &game["category"]), (&json!(4), &json!(100), &json!("game")));
        assert_eq!(game["last_recorded_at"], "2026-11-01T11:40:00.000000Z");
        // Page by page, each stream once.
        let (mut after, mut found) = (None::<String>, Vec::new());
        loop {
            let args = after
                .as_ref()
                .map_or("stream list --limit 1".to_owned(), |after| format!("stream list --limit 1 --after {after}"));
            let page = self.read(&args);
            found.extend(page["items"].as_array().unwrap().iter().map(|item| item["stream"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(found, names);
        assert_eq!(self.read("stream list --category order")["items"].as_array().unwrap().len(), 2);
        assert_eq!(self.read("stream list --prefix order-l")["items"].as_array().unwrap().len(), 1);
        let shown = self.read("stream show order-line-a-1");
        assert_eq!((&shown["version"], &shown["types"]), (&json!(4), &json!({"Added": 3, "Opened": 1})));
        assert_eq!((&shown["first_event"]["position"], &shown["last_event"]["position"]), (&json!(20), &json!(110)));
    }

    fn reads_streams(&self) {
        let first = self.read("stream read order-line-a-1 --limit 2");
        let event = &first["items"][1];
        assert_eq!((&event["stream"], &event["version"], &event["position"]), (&json!("order-line-a-1"), &json!(2), &json!(50)));
        assert_eq!((&event["type"], &event["data"]), (&json!("Added"), &json!({"n": 1, "total": 10})));
        assert_eq!((&event["hash"], &event["metadata"]), (&Value::Null, &json!({"client_id": "bob", "correlation_id": "c1"})));
        assert_eq!(event["source"], json!({"id": "k50", "tenant": "t1", "version": 1}));
        assert_eq!(event["recorded_at"], "2026-11-01T10:50:00.000000Z");
        let id = uuid::Uuid::parse_str(event["event_id"].as_str().unwrap()).unwrap();
        assert_eq!(id.get_version_num(), 5);
        assert_eq!(self.read("stream read order-line-a-1 --limit 2"), first);
        let rest = self.read(&format!("stream read order-line-a-1 --after {}", first["next"].as_str().unwrap()));
        assert_eq!(versions(&rest), [3, 4]);
        assert_eq!(versions(&self.read("stream read order-line-a-1 --backwards --from 2")), [4, 3, 2]);
        assert_eq!(versions(&self.read("stream read order-line-a-1 --from 2 --to 3")), [2, 3]);
        assert_eq!(versions(&self.read("stream read order-line-a-1 --type Opened")), [1]);
        assert_eq!(versions(&self.read("stream read order-line-a-1 --by bob")), [2, 4]);
        assert_eq!(versions(&self.read("stream read order-line-a-1 --where .data.n>1")), [3, 4]);
        let times = "--since 2026-11-01T10:50:00Z --until 2026-11-01T11:20:00Z";
        assert_eq!(versions(&self.read(&format!("stream read order-line-a-1 {times}"))), [2, 3]);
        assert_eq!(versions(&self.read("stream tail order-line-a-1 --no-follow -n 2")), [3, 4]);
        assert_eq!(self.followed("stream tail order-line-a-1 -n 2"), [3, 4]);
        assert_eq!(self.followed("stream tail order-line-a-1 --after 2"), [3, 4]);
        assert_eq!(self.refused("stream read order-line-a-2").0, 3);
        assert_eq!(self.refused("stream read order-line-a-1 --after 9").0, 8);
    }

    fn reads_all(&self) {
        assert_eq!(self.followed("stream tail --all -n 3"), [4, 4, 4], "the last of three streams");
        assert_eq!(self.followed("stream tail --all --after 0").len(), 12);
        assert_eq!(self.followed("stream tail --all --after 0 --type Added --category game").len(), 3);
        let positions = |page: &Value| -> Vec<u64> {
            page["items"].as_array().unwrap().iter().map(|event| event["position"].as_u64().unwrap()).collect()
        };
        let all = self.read("stream read --all");
        assert_eq!(positions(&all), (1..=12).map(|number| number * 10).collect::<Vec<_>>());
        let page = self.read("stream read --all --limit 3");
        assert_eq!((positions(&page), &page["next"]), (vec![10, 20, 30], &json!("30")));
        assert_eq!(positions(&self.read("stream read --all --after 95 --limit 2")), [100, 110]);
        assert_eq!(positions(&self.read("stream read --all --backwards --limit 2")), [120, 110]);
        assert_eq!(positions(&self.read("stream read --all --category game --type Added")), [40, 70, 100]);
        assert_eq!(positions(&self.read("stream read --all --since 2026-11-01T11:40:00Z")), [100, 110, 120]);
        let stats = self.read("stats");
        assert_eq!((&stats["events"], &stats["streams"], &stats["size_bytes"]), (&json!(12), &json!(3), &Value::Null));
        assert_eq!((&stats["first_recorded_at"], &stats["quarantined"]), (&json!("2026-11-01T10:10:00.000000Z"), &Value::Null));
        let counted: u64 = stats["chart"].as_array().unwrap().iter().map(|span| span["events"].as_u64().unwrap()).sum();
        assert_eq!(counted, 12);
    }

    fn replays(&self) {
        // A game of another program is no game of esctl.
        let game = self.read("replay game-1");
        assert_eq!(
            (&game["reducer"], &game["state"], &game["position"]),
            (&json!("merge"), &json!({"n": 3, "total": 30}), &json!(100))
        );
        let past = self.read("replay game-1 --version 3 --diff 2");
        assert_eq!((&past["state"]["n"], past["diff"]["patch"].as_array().unwrap().len()), (&json!(2), 2));
        assert_eq!(self.read("replay game-1 --at 2026-11-01T11:00:00Z")["version"], 2);
        assert_eq!(self.refused("replay game-1 --at 2026-11-01T10:00:00Z").0, 3);
        assert_eq!(self.refused("replay game-1 --version 5").0, 3);
        let steps = self.read("replay game-1 --trace");
        assert_eq!((&steps["items"][1]["reducer"], &steps["items"][1]["state"]["total"]), (&json!("merge"), &json!(10)));
        let args = ["replay", "game-1", "--reducer", "jq: (.state // 0) + .event.data.total"];
        assert_eq!(self.foreign.read(&self.layout, &args)["state"], 60);
        assert_eq!(self.read("replay game-1 --reducer count")["state"]["events"], 4);
        let (code, error) = self.refused("replay game-1 --reducer game");
        assert!(code == 2 && error["message"].as_str().unwrap().contains("folds only events of esctl"), "{error}");
        let found = self.read("bisect game-1 --where .total>=20");
        assert_eq!(
            (&found["event"]["version"], &found["event"]["position"], &found["reducer"]),
            (&json!(3), &json!(70), &json!("merge"))
        );
        assert_eq!(self.refused("bisect game-1 --where .total>99").0, 1);
    }

    fn traces(&self) {
        let trace = self.read("trace c1");
        assert_eq!(trace["items"].as_array().unwrap().len(), 12);
        let event = &self.read("stream read game-1 --limit 1")["items"][0];
        // By the id of an event, which is derived from that of the store.
        let same = self.read(&format!("trace {}", event["event_id"].as_str().unwrap()));
        assert_eq!(same, trace);
        assert_eq!(self.refused("trace nothing").0, 3);
    }

    fn refuses(&self) {
        for args in [
            "stream append game-1 --type Added --data {}",
            "resource list",
            "resource create gold --owner ann --type gold --amount 1 --max 2",
            "game list",
            "game show 1",
            "doc get 1",
            "snapshot take game-1",
            "projection list",
            "projection run",
            "quarantine list",
            "init",
            "replay --category game --verify",
            "replay game-1 --verify",
            "replay --all --into sqlite::memory:",
        ] {
            let (code, error) = self.refused(args);
            assert_eq!((code, &error["code"]), (2, &json!("store_read_only")), "{args}: {error}");
        }
        let (code, error) = self.refused("replay game-1 --position 10");
        assert!(code == 2 && error["message"].as_str().unwrap().contains("name a version"), "{error}");
    }
}

fn versions(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|event| event["version"].as_u64().unwrap()).collect()
}

#[test]
fn a_sqlite_file_is_read() {
    Shop::new(Foreign::sqlite(&sql()), "sqlite").check();
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_postgresql_table_is_read() {
    Shop::new(Foreign::postgres(&sql()), "postgres").check();
}

#[test]
#[ignore = "needs a server: tests/run"]
fn a_mongodb_collection_is_read() {
    use crate::common::backend::Backend;
    let documents = rows().into_iter().map(|(row, body)| {
        let mut document: serde_json::Map<String, Value> = COLUMNS.into_iter().map(str::to_owned).zip(row).collect();
        document.insert("body".into(), body);
        Value::Object(document)
    });
    let collections = json!({"order_log": {"unique": ["kind", "order_id", "seq"], "documents": documents.collect::<Vec<_>>()}});
    for on in [Backend::MongoReplicaSet, Backend::MongoStandalone] {
        Shop::new(Foreign::mongodb(on, &collections), "mongodb").check();
    }
}
