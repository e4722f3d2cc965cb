//! Times and durations that cannot be read are refused with the right form.

use crate::cli::bad_input::refused;
use crate::cli::support::Home;
use crate::common::backend::Backend;

crate::on_every_backend! {
    times
}

fn times(on: Backend) {
    refused(
        &Home::seeded(on),
        &[
            ("stream read --all --since 2026-02-30", 2, "day"),
            ("stream read --all --since '2026-01-01 24:00'", 2, "hour"),
            ("stream read --all --until 10000-01-01", 2, "after the year 9999"),
            ("stream read --all --since 1969-12-31", 2, "before 1970"),
            ("stream read --all --since 1700000000", 2, "did you mean @1700000000?"),
            ("stream read --all --since @1700000000000", 2, "milliseconds"),
            ("stream read --all --since @1700000000000", 2, "did you mean @1700000000?"),
            ("stream read --all --since 1764780403437", 2, "did you mean @1764780403.437?"),
            ("stream read --all --until 29.11.2026", 2, "did you mean 2026-11-29?"),
            ("stream read --all --until '16:46'", 2, "did you mean 'today 16:46' or 'yesterday 16:46'?"),
            ("stream read --all --until 2025-12-03T16:46[Europe/Berln]", 2, "did you mean '2025-12-03T16:46[Europe/Berlin]'?"),
            ("stream read --all --until 2025-12-03T16:46+05:00[Europe/Berlin]", 2, "contradicts itself"),
            ("replay resource-gold --at 2025-12-03T16:46[Mars/Phobos]", 2, "unknown"),
            ("stream read --all --since=-10x", 2, "is not a duration"),
            ("stream read --all --since soon", 2, "is not a time"),
            ("stream read --all --since ''", 2, "is not a time"),
            ("stream read --all --since now --until '10m ago'", 2, "after"),
            ("stream read --all --since @20 --until @10", 2, "after"),
            ("resource lock gold --for 5", 2, "did you mean 5s?"),
            ("resource lock gold --for ''", 2, "duration"),
            ("resource lock gold --for soon", 2, "duration"),
            ("resource lock gold --for 0s", 5, "cannot be locked for"),
            ("resource lock gold --for -5m", 5, "cannot be locked for"),
        ],
    );
}
