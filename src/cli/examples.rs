//! The examples at the end of the help of each command.

use clap::Command;

/// The examples of the main help.
pub(super) const MAIN: [&str; 7] = [
    "esctl demo",
    "esctl resource create gold --owner ann --type coin --amount 1000 --max 5000",
    "esctl resource allocate gold 250 --reason payday",
    "esctl stream read resource-gold -o json",
    "esctl replay resource-gold --version 1",
    "esctl stream append order-7 --type order.placed --data '{\"total\":12}'",
    "esctl context add work --store sqlite:/srv/events.db --use",
];

/// The heading of the examples.
pub(super) const EXAMPLES_HEADING: &str = "Examples:\n";

/// The number of examples of a group, one for each of its first commands.
const OF_GROUP: usize = 3;

/// The examples of each command, by its words.
const EXAMPLES: [(&str, &[&str]); 93] = [
    ("demo", &["esctl demo", "esctl demo --keep"]),
    (
        "resource create",
        &[
            "esctl resource create gold --owner ann --type coin --amount 1000 --max 5000",
            "esctl resource create mana --owner ann --type energy --amount 0 --max 100 --regen 0.5",
        ],
    ),
    (
        "resource allocate",
        &["esctl resource allocate gold 250 --reason payday", "esctl resource allocate gold 250 --expect-version 3 --dry-run"],
    ),
    ("resource add", &["esctl resource add gold 100", "esctl resource add gold 100 --idempotency-key refund-17"]),
    ("resource lock", &["esctl resource lock gold --for 5m --reason audit", "esctl resource lock gold --for 1h30m"]),
    ("resource unlock", &["esctl resource unlock gold", "esctl resource unlock gold --client bob"]),
    (
        "resource show",
        &["esctl resource show gold", "esctl resource show gold --version 2", "esctl resource show gold --at '10m ago'"],
    ),
    ("resource list", &["esctl resource list --owner ann", "esctl resource list --locked true --limit 10"]),
    ("resource history", &["esctl resource history gold", "esctl resource history gold --since yesterday --by bob"]),
    ("doc create", &["esctl doc create plan --data '{\"title\":\"Tour\"}'", "esctl doc create plan --file plan.json"]),
    ("doc get", &["esctl doc get plan", "esctl doc get plan --version 1 -o json"]),
    (
        "doc update",
        &["esctl doc update plan --merge '{\"title\":\"Grand Tour\"}'", "esctl doc update plan --merge '{\"notes\":null}'"],
    ),
    (
        "doc patch",
        &[
            "esctl doc patch plan --patch '[{\"op\":\"replace\",\"path\":\"/title\",\"value\":\"Tour\"}]'",
            "esctl doc patch plan --patch @changes.json --expect-version 3",
        ],
    ),
    (
        "doc set",
        &[
            "esctl doc set plan title=Tour budget.limit=250",
            "esctl doc set plan 'stops[]={\"at\":\"Rome\"}'",
            "esctl doc set plan budget.spent+=30",
        ],
    ),
    ("doc delete", &["esctl doc delete plan", "esctl doc delete plan --expect-version 3"]),
    ("doc list", &["esctl doc list --limit 20", "esctl doc list --at yesterday"]),
    ("doc history", &["esctl doc history plan", "esctl doc history plan --by ann -o ndjson"]),
    ("doc missing", &["esctl doc missing plan --after 2", "esctl doc missing plan --after 0 -o ndjson"]),
    ("doc diff", &["esctl doc diff plan --from 1", "esctl doc diff plan --from 1 --to 3 -o json"]),
    ("game new", &["esctl game new g1 --players 2", "esctl game new g1 --players 4 --seed 7"]),
    ("game join", &["esctl game join g1 --player ann", "esctl game join g1 --client bob"]),
    ("game leave", &["esctl game leave g1 --player ann", "esctl game leave g1 --client bob"]),
    ("game play", &["esctl game play g1 s1 --player ann", "esctl game play g1 s2 --player ann --upgrade yellow,green"]),
    ("game acquire", &["esctl game acquire g1 0 --player ann", "esctl game acquire g1 2 --player ann --pay yellow,yellow"]),
    ("game rest", &["esctl game rest g1 --player ann", "esctl game rest g1 --player ann --dry-run"]),
    ("game claim", &["esctl game claim g1 0 --player ann", "esctl game claim g1 0 --player ann --dry-run"]),
    ("game discard", &["esctl game discard g1 yellow=2 --player ann", "esctl game discard g1 yellow=1 pink=1 --player ann"]),
    ("game end-turn", &["esctl game end-turn g1 --player ann", "esctl game end-turn g1 --client bob"]),
    ("game show", &["esctl game show g1", "esctl game show g1 --player ann", "esctl game show g1 --version 12"]),
    ("game list", &["esctl game list --phase playing", "esctl game list --at '1h ago'"]),
    ("game history", &["esctl game history g1", "esctl game history g1 --player ann --limit 20"]),
    ("game bot", &["esctl game bot g1", "esctl game bot g1 --player ann --moves 3 --seed 7"]),
    ("stream list", &["esctl stream list --category order", "esctl stream list --prefix order-2026 --limit 50"]),
    ("stream show", &["esctl stream show resource-gold", "esctl stream show order-7 -o json"]),
    (
        "stream read",
        &[
            "esctl stream read resource-gold --from 2",
            "esctl stream read --all --type order.placed --since yesterday",
            "esctl stream read --all --where '.data.total > 100' -o ndjson",
        ],
    ),
    (
        "stream tail",
        &[
            "esctl stream tail --all",
            "esctl stream tail order-7 --after 0 -o ndjson",
            "esctl stream tail --all --layout marten --resume marten.place -o ndjson",
        ],
    ),
    (
        "stream append",
        &[
            "esctl stream append order-7 --type order.placed --data '{\"total\":12}'",
            "esctl stream append order-7 --type order.paid --data @paid.json --expect-version 1",
            "esctl stream append order-8 --batch events.ndjson --expect-version none",
        ],
    ),
    ("trace", &["esctl trace 018c2f5e-7a00-7000-8000-000000000001", "esctl trace payday-17 -o ndjson"]),
    (
        "replay",
        &[
            "esctl replay resource-gold --version 1",
            "esctl replay resource-gold --at yesterday --diff 1",
            "esctl replay --all --into sqlite:copy.db",
        ],
    ),
    (
        "bisect",
        &["esctl bisect resource-gold --where '.amount < 500'", "esctl bisect order-7 --where '.total > 10' --reducer merge"],
    ),
    ("snapshot take", &["esctl snapshot take resource-gold", "esctl snapshot take --category resource --min-events 100"]),
    ("snapshot list", &["esctl snapshot list", "esctl snapshot list resource-gold"]),
    ("snapshot show", &["esctl snapshot show resource-gold", "esctl snapshot show resource-gold --version 3"]),
    (
        "snapshot verify",
        &[
            "esctl snapshot verify",
            "esctl snapshot verify resource-gold",
            "esctl snapshot verify --layout auto --store sqlite:orders.db --reducer merge",
        ],
    ),
    (
        "snapshot delete",
        &["esctl snapshot delete resource-gold", "esctl snapshot delete resource-gold --version 3 --if-exists --yes"],
    ),
    ("snapshot prune", &["esctl snapshot prune", "esctl snapshot prune --keep 2 --yes"]),
    ("projection list", &["esctl projection list", "esctl projection list -o json"]),
    ("projection status", &["esctl projection status", "esctl projection status resources -o json"]),
    ("projection run", &["esctl projection run", "esctl projection run resources --follow --on-error park"]),
    ("projection rebuild", &["esctl projection rebuild resources", "esctl projection rebuild --all --verify"]),
    ("projection rollback", &["esctl projection rollback resources", "esctl projection rollback resources -o json"]),
    ("projection pause", &["esctl projection pause resources", "esctl projection pause resources --client ann"]),
    ("projection resume", &["esctl projection resume resources", "esctl projection resume resources -o json"]),
    (
        "projection errors",
        &[
            "esctl projection errors resources",
            "esctl projection errors resources --skip 018c2f5e-7a00-7000-8000-000000000001",
            "esctl projection errors resources --retry 018c2f5e-7a00-7000-8000-000000000001",
        ],
    ),
    (
        "projection query",
        &["esctl projection query resources --where owner_id=ann", "esctl projection query resources --at yesterday --limit 10"],
    ),
    (
        "projection create",
        &[
            "esctl projection create orders --all --key .stream --reduce '{n: ((.state.n // 0) + 1)}'",
            "esctl projection create totals --from category:order --key .data.customer --reduce @totals.jq",
        ],
    ),
    ("projection delete", &["esctl projection delete orders", "esctl projection delete orders --if-exists --yes"]),
    (
        "quarantine add",
        &[
            "esctl quarantine add 018c2f5e-7a00-7000-8000-000000000001 --reason 'wrong currency'",
            "esctl quarantine add 018c2f5e-7a00-7000-8000-000000000001 --reason test -o json",
        ],
    ),
    ("quarantine list", &["esctl quarantine list", "esctl quarantine list -o json"]),
    (
        "quarantine release",
        &[
            "esctl quarantine release 018c2f5e-7a00-7000-8000-000000000001",
            "esctl quarantine release 018c2f5e-7a00-7000-8000-000000000001 --reason corrected",
        ],
    ),
    ("layout list", &["esctl layout list", "esctl layout list -o json"]),
    ("layout show", &["esctl layout show message-db", "esctl layout show shop.toml -o json"]),
    ("layout detect", &["esctl layout detect --store sqlite:orders.db", "esctl layout detect --store sqlite:orders.db -o json"]),
    (
        "layout check",
        &[
            "esctl layout check sqlite-es --store sqlite:orders.db",
            "esctl layout check shop.toml --store sqlite:orders.db -o json",
        ],
    ),
    (
        "layout guess",
        &[
            "esctl layout guess --store sqlite:orders.db",
            "esctl layout guess order_events --store sqlite:orders.db > orders.toml",
        ],
    ),
    ("scenario run", &["esctl scenario run scenarios.yaml", "esctl scenario run scenarios.yaml --junit report.xml --fail-fast"]),
    ("scenario check", &["esctl scenario check scenarios.yaml", "esctl scenario check scenarios.yaml --github"]),
    ("scenario init", &["esctl scenario init", "esctl scenario init > scenarios.yaml"]),
    (
        "verify",
        &["esctl verify", "esctl verify resource-gold", "esctl verify --layout auto --store sqlite:orders.db --reducer merge"],
    ),
    ("checkpoint list", &["esctl checkpoint list", "esctl checkpoint list --layout auto --store sqlite:shop.db -o json"]),
    ("check head", &["esctl check head --warn 5m --crit 1h", "esctl check head --crit 1h --format nagios"]),
    ("check integrity", &["esctl check integrity", "esctl check integrity --format nagios"]),
    (
        "check lag",
        &[
            "esctl check lag --warn 1000 --crit 5m",
            "esctl check lag --layout auto --store sqlite:shop.db --crit 10000 --format nagios",
        ],
    ),
    (
        "copy",
        &[
            "esctl copy --from sqlite:orders.db --from-layout sqlite-es --to sqlite:mirror.db",
            "esctl copy --from postgres://localhost/shop --from-layout message-db --to sqlite:mirror.db --category order --follow",
            "esctl copy --from sqlite:orders.db --from-layout sqlite-es --to sqlite:mirror.db --dry-run",
        ],
    ),
    ("digest", &["esctl digest", "esctl digest order-7", "esctl digest --category order -o json"]),
    ("stats", &["esctl stats", "esctl stats --chart"]),
    ("ui", &["esctl ui", "esctl ui --store sqlite:events.db"]),
    (
        "serve",
        &["esctl serve", "esctl serve --listen 0.0.0.0:8080 --jwt-secret-file secret", "esctl serve --redis redis://localhost"],
    ),
    ("init", &["esctl init", "esctl init --store postgres://localhost/events"]),
    ("selftest", &["esctl selftest", "esctl selftest --seconds 30 --store mongodb://localhost/events"]),
    ("bench append", &["esctl bench append", "esctl bench append --writers 8 --events 50000 --commands"]),
    (
        "bench read",
        &[
            "esctl bench read",
            "esctl bench read --by-stream --streams 1 --events 100000",
            "esctl bench read --layout auto --store sqlite:shop.db",
        ],
    ),
    ("bench replay", &["esctl bench replay", "esctl bench replay --events 100000 --streams 100"]),
    ("bench project", &["esctl bench project", "esctl bench project --events 100000 --batch 1000"]),
    ("bench serve", &["esctl bench serve", "esctl bench serve --clients 200 --seconds 5"]),
    ("context list", &["esctl context list", "esctl context list -o json"]),
    (
        "context add",
        &[
            "esctl context add work --store sqlite:/srv/events.db --use",
            "esctl context add prod --store postgres://app@db/events --store-timeout 5s",
        ],
    ),
    ("context use", &["esctl context use work", "esctl context use work -o json"]),
    ("context show", &["esctl context show", "esctl context show work -o json"]),
    ("context remove", &["esctl context remove work", "esctl context remove work --if-exists --yes"]),
    ("completions", &["esctl completions bash", "esctl completions zsh > _esctl", "esctl completions fish --static"]),
    ("man", &["esctl man", "esctl man --dir man1"]),
    ("help", &["esctl help", "esctl help resource create", "esctl help exit-codes"]),
];

/// Adds the examples to the help of each subcommand of `esctl`.
pub(super) fn with_examples(command: Command) -> Command {
    command.mut_subcommands(|command| add(command, ""))
}

fn add(command: Command, group: &str) -> Command {
    let words = format!("{group}{}", command.get_name());
    let below = format!("{words} ");
    let examples: Vec<&str> = match EXAMPLES.iter().find(|(of, _)| *of == words) {
        Some((_, examples)) => examples.to_vec(),
        None => {
            let below: Vec<&[&str]> =
                EXAMPLES.iter().filter(|(of, _)| of.starts_with(&below)).map(|(_, examples)| *examples).collect();
            match below.as_slice() {
                [only] => only.to_vec(),
                below => below.iter().filter_map(|examples| examples.first()).take(OF_GROUP).copied().collect(),
            }
        }
    };
    if examples.is_empty() {
        return command.mut_subcommands(|command| add(command, &below));
    }
    let before = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    let lines: Vec<String> = examples.iter().map(|example| format!("  {example}")).collect();
    let command = command.after_help(format!("{before}{EXAMPLES_HEADING}{}", lines.join("\n")));
    command.mut_subcommands(|command| add(command, &below))
}
