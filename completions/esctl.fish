# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_esctl_global_optspecs
    string join \n store= context= client= o/output= no-color timeout= q/quiet v/verbose y/yes accept-clock accept-server h/help V/version
end

function __fish_esctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_esctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_esctl_using_subcommand
    set -l cmd (__fish_esctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c esctl -n "__fish_esctl_needs_command" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_needs_command" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_needs_command" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_needs_command" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_needs_command" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_needs_command" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_needs_command" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_needs_command" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_needs_command" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_needs_command" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_needs_command" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_needs_command" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_needs_command" -s V -l version -d 'Print version'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "demo" -d 'Show what esctl does, in a store of its own: the lock/allocate flow, then a replay to a moment in it'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "resource" -d 'Drive resources: create, allocate, add, lock, unlock, look at them'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "doc" -d 'Keep JSON documents: create, change, look at them as they are and were, and at what a client has missed'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "game" -d 'Play Caravan, a turn-based card game: set up tables, play, watch, let bots play'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "stream" -d 'Look into streams, follow them, append to them'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "trace" -d 'Show everything that belongs together, in all streams, each event below the one that caused it'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "replay" -d 'Show what a stream, a category or the whole store was like at any moment'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "bisect" -d 'Find the first event after which a condition on the state holds; exit code 1 when it never does'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "snapshot" -d 'Keep states, so that they need not be folded from the start'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "projection" -d 'Look after read models: how far they are, bring them up to date, rebuild them, ask them'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "quarantine" -d 'Leave events out of every state and read model until they are released'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "scenario" -d 'Run stories that must come out as they are told: given, when, then'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "verify" -d 'Check that the store is as it was written: events, snapshots, read models'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "stats" -d 'Show a store in numbers: events, streams, size, rates, per category and type'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "ui" -d 'Look around in a store, live, in the terminal'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "serve" -d 'Serve clients over HTTP, WebSocket and SSE, with a dashboard'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "init" -d 'Make the store, bring an older schema up to date, or put back what is missing in it'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "selftest" -d 'Try the promises of a store against this very server, in a scratch area that is removed'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "bench" -d 'Measure how fast a store is here, beside the bare database'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "context" -d 'Give stores names, and choose the one that counts'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "man" -d 'Print the manual page, or write one for each command'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "help" -d 'Print the help of a command, or about a topic: exit-codes'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "create" -d 'Create a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "allocate" -d 'Take an amount out of a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "add" -d 'Put an amount into a resource, up to its maximum'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "lock" -d 'Lock a resource, so that nobody can allocate or add'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "unlock" -d 'Unlock a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "show" -d 'Show a resource as it is now'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "list" -d 'List resources'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "history" -d 'Show what happened to a resource: when, who, what, the amount before and after'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l owner -d 'Whose it is' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l type -d 'What kind of resource it is' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l amount -d 'How much there is at the start' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l max -d 'How much there can be at most' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l regen -d 'How much comes back each second' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l metadata -d 'What else is to be known about it, a JSON object' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l reason -d 'Why' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l reason -d 'Why' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l for -d 'For how long: 90s, 5m, 1h30m' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l reason -d 'Why' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l version -d 'As it was at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l server -d 'The full schema of the server, not the client\'s'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l owner -d 'Only of this owner' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l type -d 'Only of this type' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l locked -d 'Only those that are locked (true) or not (false) now' -r -f -a "true\t''
false\t''"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l after -d 'Only those after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "create" -d 'Create a document; one that was deleted can be created again'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "get" -d 'Show a document as it is, or as it was at a version or time'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "update" -d 'Merge an object into a document (RFC 7396); null takes a member away'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "patch" -d 'Apply a patch to a document (RFC 6902), all of it or nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "set" -d 'Set values in a document by their paths, all of them or none'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "delete" -d 'Delete a document; its history stays'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "list" -d 'List documents'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "history" -d 'Show each change of a document: version, time, who, what'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "missing" -d 'Show what a client that saw a version has not seen'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "diff" -d 'Show what makes one version of a document of another (RFC 6902)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s f -l file -d 'A file that holds it, a JSON object; - reads stdin' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l data -d 'What it holds, a JSON object; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l version -d 'As it was at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l merge -d 'What to merge into it, a JSON object; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l patch -d 'The operations, a JSON array; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l after -d 'Only those after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l after -d 'The version that the client saw; 0: none' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l from -d 'The one version; 0: before the first' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l to -d 'The other version [default: the last]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "new" -d 'Set up a table for 2 to 5 players'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "join" -d 'Sit down; the last one to do so starts the game'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "leave" -d 'Get up'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "play" -d 'Play a merchant from the hand'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "acquire" -d 'Take a merchant from the market, for a crystal on each of those to its left'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "rest" -d 'Take all played merchants back'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "claim" -d 'Pay a point card'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "discard" -d 'Give up crystals that the caravan cannot hold'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "end-turn" -d 'Let the next player go on'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "show" -d 'Show a game, as it is or was, in full or as a player sees it'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "list" -d 'List games'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "history" -d 'Show what happened in a game'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "bot" -d 'Let bots play'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l players -d 'How many play' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l seed -d 'Where everything random comes from; made when not given. Who knows it knows the decks' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l capacity -d 'How many crystals a caravan holds' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l point-cards -d 'How many point cards somebody must claim to bring the end' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l times -d 'How often a trade is made' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l upgrade -d 'Crystals that go up a step each, one after the other: yellow,green' -r -f -a "yellow\t''
green\t''
blue\t''
pink\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l pay -d 'The crystals, from the first card on: yellow,yellow' -r -f -a "yellow\t''
green\t''
blue\t''
pink\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l player -d 'Who plays [default: who is asking, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l expect-version -d 'Fail with 4 unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l idempotency-key -d 'Key that makes a repeat safe: the same command with the same key on the same stream changes nothing the second time, and answers as the first did [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l retry-for -d 'Retry for this long when other programs change the stream; 0s: not at all' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l snapshot-every -d 'Take a snapshot every so many events of a stream; 0: never [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l dry-run -d 'Only show the events that would be appended'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l player -d 'As this player sees it: without the hands of the others, the decks and the seed' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l version -d 'As it was at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l phase -d 'Only those that are so far' -r -f -a "waiting\t''
playing\t''
finished\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l after -d 'Only those after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l player -d 'As this player sees it: without the seed' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l player -d 'Play only for these players, as long as it is their turn, and take no seats' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l moves -d 'Stop after so many moves' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l seed -d 'What they decide by where the rules leave something open; made when not given' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l idempotency-key -d 'Key that makes a repeat safe: moves that were made under it count toward --moves and are not made again [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "list" -d 'List streams'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "show" -d 'Show a stream in a few numbers'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "read" -d 'Read events of a stream, or of all'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "tail" -d 'Show the last events and follow what comes'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "append" -d 'Append events to a stream'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l category -d 'Only of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l prefix -d 'Only names that start with this' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l limit -d 'At most so many' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l after -d 'Only those after this name' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l from -d 'First version to read (with --all: first position)' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l to -d 'Last version to read (with --all: last position)' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l limit -d 'Maximum number of events' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l category -d 'Only events of this category; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l type -d 'Only events of this type; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l where -d 'Only events for which this jq program, or the one in @FILE, gives a value other than false and null' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l all -d 'Read the events of all streams, in the order of their positions'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l backwards -d 'From the last to the first'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l category -d 'Only events of this category; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l type -d 'Only events of this type; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l where -d 'Only events for which this jq program, or the one in @FILE, gives a value other than false and null' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s n -l lines -d 'Number of existing events to show first [default: 10]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l after -d 'Start after this position, or version of the stream; 0 starts at the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l since -d 'Start with the first event recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l until -d 'Show no event recorded after this time, and end once it has passed' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l all -d 'Follow the events of all streams'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s f -l follow -d 'Follow what comes (the default)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l no-follow -d 'End after the events that are there already'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l type -d 'What happened' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l data -d 'The fact, a JSON object; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l metadata -d 'What is known beside it, a JSON object' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l batch -d 'A file of events, one JSON object a line; - reads stdin' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l expect-version -d 'What the stream must be like: a version, any, none or exists' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l event-id -d 'The id of the event; the same id again is the same event' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l idempotency-key -d 'Key that makes a repeat safe: the same events with the same key on the same stream are appended once. The ids of events that have none are derived from it [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l schema-version -d 'Which shape the data has' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l correlation-id -d 'What the events belong to; \'esctl trace\' shows all of one [default: the id of the first of them]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l causation-id -d 'The id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l force -d 'Append also an event that the domain of the stream cannot apply'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l category -d 'Every stream of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l into -d 'The store that --all is copied into; empty, or a copy that was broken off' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l version -d 'As it was at this version of the stream' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l position -d 'As it was at this position of the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l diff -d 'What has changed since this time or version' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l reducer -d 'What makes the state: resource, document, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own, else merge]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l all -d 'The whole store, into another one'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l retime -d 'Replace times that are in the future or do not grow; the original time goes to metadata.original_time'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l trace -d 'Each event and what it changed'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l verify -d 'Rebuild in memory and compare with the read model and the snapshots; exit code 1 when something differs'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l no-snapshot -d 'Fold every event, without a snapshot'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l where -d 'The condition on the state, a jq program or @FILE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l reducer -d 'What makes the state: resource, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own, else merge]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l from -d 'Ask from this version on' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l at -d 'Ask up to this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l version -d 'Ask up to this version of the stream' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l position -d 'Ask up to this position of the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "take" -d 'Take a snapshot of a stream, or of every stream of a category'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "list" -d 'List snapshots'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "show" -d 'Show a snapshot with its state'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "verify" -d 'Compare snapshots with what the events make; exit code 1 when one is wrong'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "delete" -d 'Delete snapshots of a stream; events stay as they are'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "prune" -d 'Delete all but the newest snapshots of each stream'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l category -d 'Every stream of this category that has moved on since its newest snapshot' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l min-events -d 'Only where at least so many events have come since the newest snapshot' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l reducer -d 'What makes the state: resource, document, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l version -d 'The one at this version [default: the newest]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l reducer -d 'Only one that this reducer made' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l version -d 'Only the one at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l if-exists -d 'Succeed also when there is no such snapshot'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l keep -d 'How many stay, of each stream and reducer' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "list" -d 'List the projections there are'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "status" -d 'Show how far projections are: position, head, lag, rows'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "run" -d 'Bring read models up to date'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "rebuild" -d 'Build a read model anew beside the old one, which answers until the new one replaces it'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "rollback" -d 'Go back to the read model before the last rebuild'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "pause" -d 'Pause a projection: its read model answers as it is until it is resumed'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "resume" -d 'Let a paused projection go on'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "errors" -d 'Show the events that a projection cannot take in, try one again, or leave one out'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "query" -d 'Ask a read model'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "create" -d 'Make a projection of jq programs, which the store keeps'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "delete" -d 'Delete a projection of one\'s own, with its read model; events are never touched'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l on-error -d 'What they do from now on at an event that cannot be taken in: stop before it, or park it with the later events of its stream and go on with the others. Kept in the store; stop unless ever told' -r -f -a "stop\t''
park\t''"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s f -l follow -d 'Go on with each new event as it comes; a store that is away is waited for, and a projection that cannot go on is tried again'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l category -d 'All projections that apply events of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l batch -d 'Events in one transaction' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l all -d 'All projections, one after the other'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l verify -d 'Compare the new read model with the old one first, and keep the old one if they differ (exit 1)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l retry -d 'Try this event again, and then those of its stream that were held back; one that was skipped: by the next rebuild' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l skip -d 'Leave this event out for good, and take in those of its stream that were held back' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l where -d 'Only rows with this value; can be given several times' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l limit -d 'At most so many' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l after -d 'Only those after this key' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l at -d 'As it was at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l stale -d 'Answer from the read model as it is, without bringing it up to date'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l from -d 'Whose events: category:C; can be given several times' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l key -d 'The jq program, or @FILE, that is given an event and returns the key of its row; null: no row' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l reduce -d 'The jq program, or @FILE, that is given {"state", "event"} and returns the row, an object of at most 12 MiB; the first state is null' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l all -d 'The events of all categories'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l replace -d 'Replace one that is there; the next run builds its read model anew beside the old one'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l if-exists -d 'Succeed also when there is no such projection'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "add" -d 'Quarantine an event: every state and read model leaves it out, also of earlier moments'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "list" -d 'List the quarantined events'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "release" -d 'Release a quarantined event: states and read models apply it again'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l reason -d 'Reason, which is recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l reason -d 'Reason, which is recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "run" -d 'Run scenarios: what is given, what happens, and what must come of it; exit code 1 when one fails'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "check" -d 'Read scenarios and look whether every name in them is one, without running them'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "init" -d 'Print a scenario to begin with: it shows every kind of step, and passes'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l junit -d 'Also write a JUnit report' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l fail-fast -d 'Stop at the first scenario that fails'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l keep -d 'Leave the areas beside --store as they are after the last step, and say where they are'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l github -d 'Also mark what failed in the files as GitHub shows it'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l github -d 'Also mark what is wrong in the files as GitHub shows it'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l head -d 'A head that was kept elsewhere: it vouches for everything before it' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l all -d 'The whole store'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l chart -d 'Draw the events over time'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l listen -d 'Where to listen; port 0: any that is free [default: 127.0.0.1:8080]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l redis -d 'The Redis through which instances tell each other of news: redis://HOST. Without it they look at the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-secret-file -d 'A file with the secret that tokens are signed with (HS256), at least 32 bytes. Without a key only this machine is served, and everybody on it may do everything' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-public-key-file -d 'A file with the public key of who signs tokens, in PEM: RSA (RS256) or Ed25519 (EdDSA)' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-audience -d 'Who tokens must be meant for [default: esctl, where a token says so at all]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-issuer -d 'Who tokens must be from [default: anybody who has the key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l allow-origin -d 'Pages of this origin may use the server too, like https://app.example; * for all. Its own always may' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-clients -d 'WebSocket clients at the same time [default: 20000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-message-bytes -d 'The longest message of a WebSocket client [default: 262144]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-body-bytes -d 'The longest body of a request [default: 1048576]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l rate-limit -d 'Requests and messages of one client in a second; 0: no limit [default: 1000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l request-timeout -d 'How long a request may take, its body included [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l retry-for -d 'Retry a command for this long when other programs change its stream; 0s: not at all [default: 2s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l header-timeout -d 'How long the headers of a request may take, and a connection may be idle [default: 10s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l shutdown-grace -d 'How long what has begun may take to end when the server is told to stop [default: 20s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l client-patience -d 'How long a WebSocket client may take nothing of what it is sent, or lag behind what is new [default: 10s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l heartbeat -d 'How often a WebSocket client is asked for a sign of life; one that gives none is disconnected [default: 20s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-lag -d 'How far a projection may be behind on a server that says it is ready [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l log-format -d 'How diagnostics are written on stderr [default: text]' -r -f -a "text\t'For people: a time, a level, a message and what belongs to it'
json\t'For programs: one JSON object a line'"
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand init" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l seconds -d 'How long to write and read, in seconds' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "append" -d 'Append events, durably'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "read" -d 'Scan all events, or read stream by stream'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "replay" -d 'Fold the state of every stream'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "project" -d 'Rebuild a read model'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "serve" -d 'Load a server: clients that listen, events to all of them, commands, and a client that is slow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l events -d 'How many events' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l streams -d 'To how many streams' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l writers -d 'How many append at the same time' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l batch -d 'Events in an append: one commit' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l dir -d 'SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l commands -d 'Send commands: each is decided on the state of its stream and leads to one event. With fewer streams than writers, the rate on 1,000 streams is measured too'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l events -d 'How many events' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l streams -d 'Of how many streams' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l batch -d 'Events whose rows go into one commit, where a read model is rebuilt' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l dir -d 'SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l by-stream -d 'Read one stream after the other instead of everything at once: --streams 1 measures one long stream'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l events -d 'How many events' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l streams -d 'Of how many streams' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l batch -d 'Events whose rows go into one commit, where a read model is rebuilt' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l dir -d 'SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l events -d 'How many events' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l streams -d 'Of how many streams' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l batch -d 'Events whose rows go into one commit, where a read model is rebuilt' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l dir -d 'SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l clients -d 'How many clients listen, by WebSocket' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l streams -d 'To how many streams, each client to one' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l fan-out -d 'Events that reach clients in a second, all clients together' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l rate -d 'Commands in a second' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l seconds -d 'How long each of the three parts takes' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l url -d 'A server that runs already: http://HOST:PORT. Resources named bench-… are made in its store and stay there' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l token-file -d 'A file with a token that may read and write, for a server that wants one' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l dir -d 'SQLite: the folder to make the scratch store in, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "list" -d 'List the contexts'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "add" -d 'Add a context: a name for a store'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "use" -d 'Make a context the current one'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "show" -d 'Show which settings count, and where each comes from'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "remove" -d 'Remove a context; its store stays as it is'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l store -d 'Which event store' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l store-timeout -d 'How long any one answer of this store may take [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l use -d 'Make it the current one'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l if-exists -d 'Succeed also when there is no such context'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l static -d 'Only commands and flags: the store is never asked'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l dir -d 'Write a page for each command into this folder' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand man" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand man" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l store -d 'Which event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l context -d 'A named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l client -d 'Who is asking; recorded on every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -s o -l output -d 'table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand help" -l timeout -d 'For connecting, and for any one answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s q -l quiet -d 'Results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s v -l verbose -d 'Diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l accept-clock -d 'Append although the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l accept-server -d 'Use a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s h -l help -d 'Print help'
