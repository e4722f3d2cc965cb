//! Exactly once, and in order, while Redis between the instances is killed and started again.

use std::net::SocketAddr;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::watch;

use crate::common::backend::Backend;
use crate::common::own_server::Server;
use crate::common::proxy::Mode;
use crate::common::proxy::Proxy;
use crate::common::proxy::anything;
use crate::serve::exposition::Scrape;
use crate::serve::live_exactly_once::Instances;
use crate::serve::live_exactly_once::any;
use crate::serve::live_exactly_once::how_long;
use crate::serve::live_exactly_once::under;
use crate::serve::support::Served;

mod sqlite {
    #[test]
    #[ignore = "needs a server: tests/run"]
    fn clients_see_every_event_once_while_redis_is_killed_in_between() {
        crate::common::backend::run(super::clients_see_every_event_once_while_redis_is_killed_in_between(super::Backend::Sqlite));
    }
}
crate::on_server! { postgres Postgres async: clients_see_every_event_once_while_redis_is_killed_in_between }
crate::on_server! { mongodb MongoReplicaSet async: clients_see_every_event_once_while_redis_is_killed_in_between }

async fn clients_see_every_event_once_while_redis_is_killed_in_between(on: Backend) {
    let mut redis = Server::redis(&[]);
    let args = ["--rate-limit", "0", "--redis", &redis.url.clone()];
    let first = Served::with(on, &args).await;
    let second = first.beside(&args).await;
    let proxies = [&first, &second].map(|served| Proxy::before(served.address.port(), anything));
    let addresses = proxies.iter().map(|proxy| SocketAddr::from(([127, 0, 0, 1], proxy.port()))).collect();
    let (_now, instances) = watch::channel(addresses);
    let mut killed = 0;
    let trouble = async {
        let until = Instant::now() + how_long();
        while Instant::now() < until {
            redis.kill();
            killed += 1;
            tokio::time::sleep(Duration::from_millis(any(500))).await;
            proxies[any(2) as usize].set(Mode::Gone);
            redis.start_again();
            tokio::time::sleep(Duration::from_millis(any(500))).await;
            proxies.iter().for_each(|proxy| proxy.set(Mode::Pass));
        }
    };
    under(&first.store, Instances(instances), trouble).await;
    assert!(killed > 1);
    // They find it again by themselves, and look at once for what they have not heard.
    for served in [&first, &second] {
        let said = async || Scrape::read(&served.get("/metrics").await.text);
        while said().await.value("esctl_bus_up") != 1.0 || said().await.value("esctl_bus_gap_fills_total") < 1.0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
