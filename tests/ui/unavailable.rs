//! A server that becomes unavailable and available again.

use url::Url;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::anything;
use crate::ui::tmux::Tmux;

#[test]
#[ignore = "needs a server: tests/run"]
fn a_server_that_becomes_unavailable_is_reported_and_its_events_are_shown_once_it_is_back() {
    let esctl = Esctl::new(Backend::Postgres);
    esctl.seed();
    let mut through: Url = esctl.place.url.parse().unwrap();
    let proxy = Proxy::before(through.port().unwrap_or(5432), anything);
    through.set_host(Some("127.0.0.1")).unwrap();
    through.set_port(Some(proxy.port())).unwrap();
    let tmux = Tmux::ui(&esctl, 80, 24, "--timeout 2s", &[("ESCTL_STORE", through.as_str())]);
    tmux.until_it_shows(&["resource-gold", "head 4"]);
    // Every connection there is loses its next answer, and no new one gets through.
    tmux.until(|screen| {
        proxy.set(Mode::LoseAnswerAndGo);
        screen.contains("! no answer, trying again") && screen.contains("resource-gold")
    });
    proxy.set(Mode::Gone);
    // Other pages are not held up meanwhile.
    tmux.keys(&["?"]);
    tmux.until_it_shows(&[" Keys "]);
    tmux.keys(&["x"]);
    esctl.must(&["stream", "append", "order-2", "--type", "order.placed", "--data", "{}"]);
    proxy.set(Mode::Pass);
    tmux.until(|screen| screen.contains("order-2") && screen.contains("head 5") && !screen.contains("no answer"));
    tmux.keys(&["q"]);
    tmux.until_it_shows(&["ended with 0"]);
}
