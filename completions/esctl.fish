# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_esctl_global_optspecs
    string join \n store= context= layout= client= o/output= no-color wide local timeout= q/quiet v/verbose y/yes accept-clock accept-server h/help V/version
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

complete -c esctl -n "__fish_esctl_needs_command" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_needs_command" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_needs_command" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_needs_command" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_needs_command" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_needs_command" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_needs_command" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_needs_command" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_needs_command" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_needs_command" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_needs_command" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_needs_command" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_needs_command" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_needs_command" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_needs_command" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_needs_command" -s V -l version -d 'Print version'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "demo" -d 'Run a demo in a store of its own: a race, time travel, and the repair of a damaged row'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "resource" -d 'Manage resources: create, allocate, add, lock, unlock, show'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "doc" -d 'Manage JSON documents and their history'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "game" -d 'Play Caravan, a turn-based card game, against players or bots'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "stream" -d 'List, read, follow and append to streams'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "trace" -d 'Show all events of a correlation in all streams, each below the event that caused it'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "replay" -d 'Show the state of a stream, a category or the whole store at any moment'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "bisect" -d 'Find the first event after which a condition on the state holds; exit code 1 if it never does'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "snapshot" -d 'Manage snapshots'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "projection" -d 'Manage projections and read models'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "quarantine" -d 'Exclude events from every state and read model until they are released'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "layout" -d 'Map the tables of other programs to events'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "scenario" -d 'Run given/when/then scenarios'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "verify" -d 'Verify that a store is as it was written: events, snapshots, read models'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "checkpoint" -d 'Show the places that projections and other readers have reached'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "check" -d 'Check a store for monitoring, with exit codes 0 to 3'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "digest" -d 'Compute the number and the digest of events, which are those of every copy'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "copy" -d 'Copy the events of a store, also of another program, into a store of esctl'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "stats" -d 'Show the size of a store: events, streams, bytes and rates, by category and type'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "ui" -d 'View streams, events, states and projections in the terminal, live'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "serve" -d 'Serve clients over HTTP, WebSocket and SSE, with a dashboard'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "init" -d 'Create the store, migrate an older schema, or restore missing parts of it'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "selftest" -d 'Test the promises of a store against its database, in a scratch area that is removed'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "bench" -d 'Benchmark a store against the bare database'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "context" -d 'Manage named stores (contexts)'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "man" -d 'Print the manual page, or write a page for each command'
complete -c esctl -n "__fish_esctl_needs_command" -f -a "help" -d 'Print the help of a command or of a topic: exit-codes'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l keep -d 'Keep the store in this folder, to try further commands on it [default: esctl-demo]' -r -f -a "(__fish_complete_directories)"
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand demo" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "create" -d 'Create a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "allocate" -d 'Take an amount out of a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "add" -d 'Put an amount into a resource, up to its maximum'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "lock" -d 'Lock a resource, so that it rejects allocations and additions'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "unlock" -d 'Unlock a resource'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "show" -d 'Show a resource now, or at a version or time'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "list" -d 'List resources, now or at a time'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and not __fish_seen_subcommand_from create allocate add lock unlock show list history" -f -a "history" -d 'Show each event of a resource: time, client, type, the amount before and after'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l owner -d 'Owner of the resource' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l type -d 'Type of the resource' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l amount -d 'Amount at the start' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l max -d 'Maximum amount' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l regen -d 'Amount that regenerates each second' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l metadata -d 'Further information about the resource, a JSON object' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l reason -d 'Reason, recorded with the event' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from allocate" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l reason -d 'Reason, recorded with the event' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l for -d 'Duration of the lock: 90s, 5m, 1h30m' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l reason -d 'Reason, recorded with the event' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from lock" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l version -d 'Show the state at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l server -d 'Show the full schema of the server, not the client\'s'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l owner -d 'Only resources of this owner' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l type -d 'Only resources of this type' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l locked -d 'Only resources that are locked (true) or not locked (false) now' -r -f -a "true\t''
false\t''"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l limit -d 'Maximum number of resources' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l after -d 'Only resources after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand resource; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "create" -d 'Create a document; a deleted document can be created again'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "get" -d 'Show a document now, or at a version or time'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "update" -d 'Merge an object into a document (RFC 7396); null removes a member'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "patch" -d 'Apply a patch to a document (RFC 6902), all of it or nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "set" -d 'Set values in a document by their paths, all of them or none'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "delete" -d 'Delete a document; its history stays'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "list" -d 'List documents, now or at a time'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "history" -d 'Show each change of a document: version, time, client, patch'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "missing" -d 'Show the changes that a client with an older version lacks'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and not __fish_seen_subcommand_from create get update patch set delete list history missing diff" -f -a "diff" -d 'Show the JSON Patch between two versions of a document (RFC 6902)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s f -l file -d 'File with the document, a JSON object; - reads stdin' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l data -d 'The document, a JSON object; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l version -d 'Show the state at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l merge -d 'JSON object to merge into the document; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l patch -d 'JSON array of operations; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from patch" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l limit -d 'Maximum number of documents' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l after -d 'Only documents after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l after -d 'Version that the client has; 0 for none' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from missing" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l from -d 'Version to start from; 0 is before the first' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l to -d 'Version to end at [default: the last]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand doc; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "new" -d 'Create a game for 2 to 5 players'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "join" -d 'Join a game; the last player to join starts it'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "leave" -d 'Leave a game'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "play" -d 'Play a merchant card from the hand'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "acquire" -d 'Acquire a merchant card from the market, for a crystal on each card to its left'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "rest" -d 'Take all played merchant cards back into the hand'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "claim" -d 'Claim a point card and pay for it'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "discard" -d 'Discard crystals beyond the capacity of the caravan'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "end-turn" -d 'End the turn'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "show" -d 'Show a game, now or at a version or time, in full or as a player sees it'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "list" -d 'List games, now or at a time'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "history" -d 'Show the events of a game'
complete -c esctl -n "__fish_esctl_using_subcommand game; and not __fish_seen_subcommand_from new join leave play acquire rest claim discard end-turn show list history bot" -f -a "bot" -d 'Let bots play a game'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l players -d 'Number of players' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l seed -d 'Seed of the decks [default: a random one]. It reveals the decks' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l capacity -d 'Number of crystals that a caravan holds' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l point-cards -d 'Number of point cards that a player must claim to start the last round' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from join" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from leave" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l times -d 'Number of times that a trade is made' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l upgrade -d 'Crystals to upgrade, one step each, in order: yellow,green' -r -f -a "yellow\t''
green\t''
blue\t''
pink\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from play" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l pay -d 'Crystals to pay, from the first card on: yellow,yellow' -r -f -a "yellow\t''
green\t''
blue\t''
pink\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from acquire" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from rest" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from claim" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from discard" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l player -d 'Player [default: the client, see --client]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l expect-version -d 'Fail (exit 4) unless the stream is at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l idempotency-key -d 'Idempotency key: a repeated command with the same key on the same stream is applied once and gets the first answer [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l retry-for -d 'Retry for this long when other programs change the stream; 0s disables retries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l retries -d 'Maximum number of retries [default: as many as --retry-for allows]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l snapshot-every -d 'Take a snapshot of a stream at each multiple of this number of events; 0 takes none [default: 100]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l dry-run -d 'Show the events that would be appended, and append nothing'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from end-turn" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l player -d 'Show what this player may see: without the hands of others, the decks and the seed' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l version -d 'Show the state at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l phase -d 'Only games in this phase' -r -f -a "waiting\t''
playing\t''
finished\t''"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l limit -d 'Maximum number of games' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l after -d 'Only games after this id' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l player -d 'Show what this player may see: without the seed' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l limit -d 'Maximum number of entries' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l after -d 'Only events after this version or position, the \'next\' of a page; 0 reads from the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l since -d 'Only events recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l until -d 'Only events recorded at or before this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l player -d 'Play for these players only, as long as it is their turn, and let no bot join' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l moves -d 'Maximum number of moves' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l seed -d 'Seed of the choices that the rules leave open [default: a random one]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l idempotency-key -d 'Idempotency key: repeated moves are made once, and count toward --moves [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand game; and __fish_seen_subcommand_from bot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "list" -d 'List streams'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "show" -d 'Show the size, the types and the ends of a stream'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "read" -d 'Read the events of a stream, or of all streams'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "tail" -d 'Show the last events, and follow new events'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and not __fish_seen_subcommand_from list show read tail append" -f -a "append" -d 'Append events to a stream'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l category -d 'Only streams of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l prefix -d 'Only streams whose name starts with this' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l limit -d 'Maximum number of streams' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l after -d 'Only streams after this name' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
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
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l where -d 'Only events for which this jq program, or the one in @FILE, returns a value other than false and null' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l all -d 'Read the events of all streams, in the order of their positions'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l backwards -d 'Read from the last event to the first'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l hidden -d 'Also show the events that the store of another program hides, such as deleted ones; needs --layout'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l category -d 'Only events of this category; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l type -d 'Only events of this type; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l where -d 'Only events for which this jq program, or the one in @FILE, returns a value other than false and null' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l by -d 'Only events that this client recorded' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s n -l lines -d 'Number of existing events to show first [default: 10]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l after -d 'Start after this position, or version of the stream; 0 starts at the beginning' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l since -d 'Start with the first event recorded at or after this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l until -d 'End once this time has passed, and show no later event' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l resume -d 'Continue after the place in this file, and keep it there; with --layout only' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l all -d 'Follow the events of all streams'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s f -l follow -d 'Follow new events (the default)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l no-follow -d 'End after the existing events'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l type -d 'Type of the event' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l data -d 'Data of the event, a JSON object; - reads stdin, @FILE a file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l metadata -d 'Metadata of the event, a JSON object' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l batch -d 'File of events, one JSON object a line; - reads stdin' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l expect-version -d 'Expected version of the stream: a version, any, none or exists' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l event-id -d 'Id of the event; an id that was appended before is not appended again' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l idempotency-key -d 'Idempotency key: repeated events with the same key on the same stream are appended once. Event ids that are not given are derived from it [default: a new key]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l schema-version -d 'Version of the schema of the data' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l correlation-id -d 'Correlation id of the events; \'esctl trace\' shows all events of one [default: the id of the first event]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l causation-id -d 'Id of the event that caused this' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l force -d 'Append even an event that the domain of the stream fails to apply'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stream; and __fish_seen_subcommand_from append" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l category -d 'Replay every stream of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l into -d 'Target of --all: a store that is empty, or an incomplete copy' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l at -d 'Replay up to this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l version -d 'Replay up to this version of the stream' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l position -d 'Replay up to this position of the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l diff -d 'Show the changes since this time or version' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l reducer -d 'Reducer that folds the events: a domain, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own, else merge]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l all -d 'Copy the whole store into another one'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l retime -d 'Replace times that are in the future or do not grow; the original time goes to metadata.original_time'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l trace -d 'Show each event and its changes to the state'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l state -d 'Show the whole state after each event'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l verify -d 'Rebuild in memory and compare with the read model and the snapshots; exit code 1 if they differ'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l no-snapshot -d 'Fold every event, without a snapshot'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand replay" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l where -d 'Condition on the state: a jq program or @FILE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l reducer -d 'Reducer that folds the events: a domain, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own, else merge]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l from -d 'First version to check' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l at -d 'Check up to this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l version -d 'Check up to this version of the stream' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l position -d 'Check up to this position of the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bisect" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "take" -d 'Take a snapshot of a stream, or of every stream of a category'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "list" -d 'List snapshots'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "show" -d 'Show a snapshot with its state'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "verify" -d 'Compare snapshots with the events; exit code 1 if one differs'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "delete" -d 'Delete snapshots of a stream; events stay'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and not __fish_seen_subcommand_from take list show verify delete prune" -f -a "prune" -d 'Delete all but the newest snapshots of each stream'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l category -d 'Every stream of this category with events since its newest snapshot' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l min-events -d 'Minimum number of events since the newest snapshot' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l reducer -d 'Reducer that folds the events: a domain, merge, last, count, \'jq: PROGRAM\' or @FILE.jq [default: the category\'s own]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from take" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l version -d 'Version of the snapshot [default: the newest]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l reducer -d 'Only a snapshot that this reducer made' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l reducer -d 'Reducer that makes the snapshots of another program, as in \'esctl replay\'; needs --layout' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l version -d 'Only the snapshot at this version' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l if-exists -d 'Succeed if there is no such snapshot'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l keep -d 'Number of snapshots to keep for each stream and reducer' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand snapshot; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "list" -d 'List the projections'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "status" -d 'Show the progress of projections: position, head, lag, rows'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "run" -d 'Bring read models up to date'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "rebuild" -d 'Rebuild a read model and swap it in; the old one answers meanwhile'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "rollback" -d 'Restore the read model before the last rebuild, which is kept until the next one'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "pause" -d 'Pause a projection; its read model stays as it is until the projection is resumed'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "resume" -d 'Resume a paused projection'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "errors" -d 'Show the events that a projection failed to apply, retry one, or skip one'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "query" -d 'Query a read model, now or as it was at a time'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "create" -d 'Create a projection of jq programs, which the store keeps'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and not __fish_seen_subcommand_from list status run rebuild rollback pause resume errors query create delete" -f -a "delete" -d 'Delete a created projection with its read model; events stay'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l on-error -d 'Action when an event fails to apply, stored for later runs: stop at it, or park its stream and go on with other streams [default: stop, unless stored]' -r -f -a "stop\t''
park\t''"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s f -l follow -d 'Keep running and apply new events; reconnects if the store is unavailable, and retries a projection that cannot run'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l category -d 'Rebuild all projections that apply events of this category' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l batch -d 'Number of events in one transaction [default: one transaction a minute]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l memory -d 'Memory for rows; rows that do not fit go to a temporary file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l all -d 'Rebuild all projections, one after the other'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l verify -d 'Compare the new read model with the old one, and keep the old one if they differ (exit 1)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l retry -d 'Retry this event, then the waiting events of its stream; a skipped event is applied by the next rebuild' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l skip -d 'Skip this event for good, and apply the waiting events of its stream' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from errors" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l where -d 'Only rows with this value in a field; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l limit -d 'Maximum number of rows' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l after -d 'Only rows after this key' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l at -d 'Show the state at this time' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l stale -d 'Query the read model as it is, without bringing it up to date'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l from -d 'Source of events, category:C; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l key -d 'jq program, or @FILE, that gets an event and returns the key of its row; null for no row' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l reduce -d 'jq program, or @FILE, that gets {"state", "event"} and returns the row, an object of at most 12 MiB; the first state is null' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l all -d 'Apply the events of all categories'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l replace -d 'Replace an existing projection; the next run rebuilds its read model beside the old one'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l if-exists -d 'Succeed if there is no such projection'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand projection; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "add" -d 'Quarantine an event: every state and read model leaves it out, also of earlier moments'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "list" -d 'List the quarantined events'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and not __fish_seen_subcommand_from add list release" -f -a "release" -d 'Release a quarantined event: states and read models apply it again'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l reason -d 'Reason, recorded with the change' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l reason -d 'Reason, recorded with the change' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -f -a "list" -d 'List the built-in layouts'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -f -a "show" -d 'Show a layout: the text of a built-in one, or a checked file'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -f -a "detect" -d 'Find the layouts that fit a database of another program'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -f -a "check" -d 'Check a layout against a database: tables, columns, indexes, and the first events'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and not __fish_seen_subcommand_from list show detect check guess" -f -a "guess" -d 'Write a layout for a home-grown table, from its names, types and indexes'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from detect" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand layout; and __fish_seen_subcommand_from guess" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "run" -d 'Run given/when/then scenarios; exit code 1 if one fails'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "check" -d 'Check scenarios without running them: their form, and every name in them'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and not __fish_seen_subcommand_from run check init" -f -a "init" -d 'Print an example scenario with every kind of step, which passes'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l junit -d 'Write a JUnit report as well' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l fail-fast -d 'Stop at the first scenario that fails'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l keep -d 'Keep the scratch areas beside --store, and print their URLs'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l github -d 'Annotate failures in the files for GitHub Actions as well'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l github -d 'Annotate mistakes in the files for GitHub Actions as well'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand scenario; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l head -d 'Position and hash of a head that was kept elsewhere; they confirm everything before it' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l reducer -d 'Reducer that makes the snapshots of another program, to compare them; with --layout' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l all -d 'Verify the whole store'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List checkpoints: the place of each reader, and the events that wait behind it'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand checkpoint; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -f -a "lag" -d 'Check the lag of checkpoints; exit code 0 ok, 1 warning, 2 critical, 3 unknown'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -f -a "head" -d 'Check the age of the last event; exit code 0 ok, 1 warning, 2 critical, 3 unknown'
complete -c esctl -n "__fish_esctl_using_subcommand check; and not __fish_seen_subcommand_from lag head integrity" -f -a "integrity" -d 'Verify the whole store for monitoring; exit code 0 ok, 2 critical, 3 unknown'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l warn -d 'Warn about a lag over this many events, or over this age of the oldest waiting event: 1000 or 5m' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l crit -d 'Be critical about a lag over this many events, or over this age' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l format -d 'Output format [default: that of --output]' -r -f -a "table\t'A table for people'
json\t'One JSON document'
prometheus\t'Metrics in the text format of Prometheus, for a textfile collector'
nagios\t'One line with performance data, for Nagios and Icinga'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from lag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l warn -d 'Warn about a last event that is older: 90s, 5m' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l crit -d 'Be critical about a last event that is older' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l format -d 'Output format [default: that of --output]' -r -f -a "table\t'A table for people'
json\t'One JSON document'
prometheus\t'Metrics in the text format of Prometheus, for a textfile collector'
nagios\t'One line with performance data, for Nagios and Icinga'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l format -d 'Output format [default: that of --output]' -r -f -a "table\t'A table for people'
json\t'One JSON document'
prometheus\t'Metrics in the text format of Prometheus, for a textfile collector'
nagios\t'One line with performance data, for Nagios and Icinga'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand check; and __fish_seen_subcommand_from integrity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l category -d 'Only events of this category; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand digest" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand digest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l from -d 'Store to read' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l from-layout -d 'Layout of a store that another program wrote: a name, a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l to -d 'Store of esctl to write: one that is empty, or an incomplete copy' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l category -d 'Only events of this category; repeatable' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l transform -d 'Change type, data and metadata of each event by this jq program, or the one in @FILE; no result leaves the event out' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l rename -d 'Change the names by this jq program, or the one in @FILE, from {"stream","type"} to the same' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l late -d 'Handling of an event that appears after later events of its stream were copied' -r -f -a "stop\t'Copy no further event of the stream'
append\t'Append the event at the end of its stream'"
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l retime -d 'Replace times that are in the future; the original time goes to metadata.original_time'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s f -l follow -d 'Keep running and copy new events; reconnects if a store is unavailable'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l dry-run -d 'Show the changes that a copy would make, and write nothing'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l chart -d 'Draw the events over time'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand stats" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand ui" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l listen -d 'Address to listen on; port 0 chooses a free one [default: 127.0.0.1:8080]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l redis -d 'Redis through which servers notify each other: redis://HOST. Without it they poll the store' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-secret-file -d 'File with the secret that tokens are signed with (HS256), at least 32 bytes. Without a key the server serves this machine only, and every user of it may do everything' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-public-key-file -d 'File with the public key that tokens are verified with, in PEM: RSA (RS256) or Ed25519 (EdDSA)' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-audience -d 'Audience that tokens must have [default: esctl, in tokens that name one]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l jwt-issuer -d 'Issuer that tokens must have [default: any]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l allow-origin -d 'Allow pages of this origin to use the server, like https://app.example; * allows all. Its own pages always may' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-clients -d 'Maximum number of WebSocket clients [default: 20000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-message-bytes -d 'Maximum size of a message of a WebSocket client [default: 262144]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-body-bytes -d 'Maximum size of the body of a request [default: 1048576]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l rate-limit -d 'Maximum number of requests and messages of one client in a second; 0 disables the limit [default: 1000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l request-timeout -d 'Timeout for a request, including its body [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l retry-for -d 'Retry a command for this long when other programs change its stream; 0s disables retries [default: 2s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l header-timeout -d 'Timeout for the headers of a request, and for an idle connection [default: 10s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l shutdown-grace -d 'Time for requests in progress when the server is asked to stop [default: 20s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l client-patience -d 'Time that a WebSocket client may accept no data, or lag behind new events [default: 10s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l heartbeat -d 'Interval of pings to WebSocket clients; a client that does not answer is disconnected [default: 20s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l max-lag -d 'Maximum lag of a projection on a server that reports itself ready [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l log-format -d 'Format of diagnostics on stderr [default: text]' -r -f -a "text\t'A line for people: time, level, message and fields'
json\t'One JSON object a line, for programs'"
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand init" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand init" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand init" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand init" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand init" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l seconds -d 'Time for writing and reading, in seconds' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand selftest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "append" -d 'Append events to a scratch store, durably, beside bare inserts into the same database'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "read" -d 'Read a scratch store that is filled first, beside the bare database reading the same'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "replay" -d 'Fold the state of every stream'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "project" -d 'Rebuild a read model'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and not __fish_seen_subcommand_from append read replay project serve" -f -a "serve" -d 'Load a server: clients that listen, events for all of them, commands, and a slow client'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l events -d 'Number of events' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l streams -d 'Number of streams to append to [default: a tenth of the events]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l writers -d 'Number of concurrent writers' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l batch -d 'Number of events in an append' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l group -d 'Number of appends of a writer that share a commit, each with an outcome of its own' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l existing -d 'Number of events in the store before it is measured' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l dir -d 'Folder for the scratch store of SQLite, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l indexed -d 'Give the bare table the two unique indexes of the store'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l commands -d 'Send commands: each is decided on the state of its stream and leads to one event. With fewer streams than writers, the rate on 1,000 streams is measured as well'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from append" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l events -d 'Number of events [default: 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l streams -d 'Number of streams [default: a tenth of the events]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l sweep -d 'Measure these numbers of streams one after the other, with at least 5 events a stream [default: 1000 to 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l batch -d 'Number of events whose rows go into one commit, when a read model is rebuilt [default: each row is written once]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l memory -d 'Memory for rows, when a read model is rebuilt [default: 256MiB]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l dir -d 'Folder for the scratch store of SQLite, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l by-stream -d 'Read the streams one after the other instead of all events at once; --streams 1 measures one long stream'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l events -d 'Number of events [default: 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l streams -d 'Number of streams [default: a tenth of the events]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l sweep -d 'Measure these numbers of streams one after the other, with at least 5 events a stream [default: 1000 to 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l batch -d 'Number of events whose rows go into one commit, when a read model is rebuilt [default: each row is written once]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l memory -d 'Memory for rows, when a read model is rebuilt [default: 256MiB]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l dir -d 'Folder for the scratch store of SQLite, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l events -d 'Number of events [default: 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l streams -d 'Number of streams [default: a tenth of the events]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l sweep -d 'Measure these numbers of streams one after the other, with at least 5 events a stream [default: 1000 to 1000000]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l batch -d 'Number of events whose rows go into one commit, when a read model is rebuilt [default: each row is written once]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l memory -d 'Memory for rows, when a read model is rebuilt [default: 256MiB]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l dir -d 'Folder for the scratch store of SQLite, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from project" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l clients -d 'Number of clients that listen by WebSocket' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l streams -d 'Number of streams; each client listens to one' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l fan-out -d 'Number of events that reach clients in a second, all clients together' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l rate -d 'Number of commands in a second' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l seconds -d 'Duration of each of the three parts, in seconds' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l url -d 'URL of a running server: http://HOST:PORT. Resources named bench-… are created in its store and stay there' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l token-file -d 'File with a token that may read and write, for a server that checks tokens' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l dir -d 'Folder for the scratch store of SQLite, and so the disk to measure [default: the system\'s temporary folder]' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand bench; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "list" -d 'List the contexts'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "add" -d 'Add a context: a name for a store'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "use" -d 'Make a context the current one'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "show" -d 'Show the effective settings and the origin of each'
complete -c esctl -n "__fish_esctl_using_subcommand context; and not __fish_seen_subcommand_from list add use show remove" -f -a "remove" -d 'Remove a context; its store stays as it is'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l store -d 'Event store' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l store-timeout -d 'Timeout for each answer of this store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l use -d 'Make it the current context'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l if-exists -d 'Succeed if there is no such context'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand context; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l static -d 'Complete commands and flags only; never query the store'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand completions" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l dir -d 'Write a page for each command into this folder' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand man" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand man" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand man" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand man" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand man" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand man" -s h -l help -d 'Print help'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l store -d 'Event store: sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME or mongodb://HOST/DATABASE' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l context -d 'Named store from the configuration file' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l layout -d 'Read a store that another program wrote: a layout of \'esctl layout list\', a file, or auto for the only one that fits' -r -F
complete -c esctl -n "__fish_esctl_using_subcommand help" -l client -d 'Client recorded with every event [default: the OS user]' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -s o -l output -d 'Output format: table, json, ndjson, yaml or csv [default: table]' -r -f -a "table\t'Tables for people'
json\t'One JSON document'
ndjson\t'One JSON value a line'
yaml\t'One YAML document'
csv\t'A header and rows'"
complete -c esctl -n "__fish_esctl_using_subcommand help" -l timeout -d 'Timeout for connecting and for each answer of the store [default: 30s]' -r
complete -c esctl -n "__fish_esctl_using_subcommand help" -l no-color -d 'Disable colour, as the variable NO_COLOR does'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l wide -d 'Show every column of a table whole, even if the terminal is too narrow'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l local -d 'Show times in the local time zone with their offset, in tables and reports'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s q -l quiet -d 'Print results and errors only'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s v -l verbose -d 'Print diagnostics on stderr; -vv for more (or ESCTL_LOG=debug)'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s y -l yes -d 'Answer yes to every confirmation'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l accept-clock -d 'Append even if the clock of this machine was refused'
complete -c esctl -n "__fish_esctl_using_subcommand help" -l accept-server -d 'Accept a server that only speaks the protocol of PostgreSQL or MongoDB'
complete -c esctl -n "__fish_esctl_using_subcommand help" -s h -l help -d 'Print help'
