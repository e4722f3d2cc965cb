//! `esctl serve` as clients meet it: the whole program, over the network, on each backend.

mod attack_bodies;
mod attack_floods;
mod attack_origins;
mod attack_others;
mod attack_paths;
mod attack_slow;
mod attack_sockets;
mod attack_tokens;
#[path = "../common/backend.rs"]
mod backend;
mod client_js;
mod commands;
mod configuration;
mod dashboard;
mod exposition;
mod games;
mod jobs;
mod live_client;
mod live_exactly_once;
mod live_games;
mod live_messages;
mod live_redis;
mod live_restored;
mod live_slow;
mod log;
mod metrics;
mod news;
mod node;
mod openapi;
#[path = "../common/own_server.rs"]
mod own_server;
#[path = "../common/proxy.rs"]
mod proxy;
mod queries;
mod raw;
mod shutdown;
mod streams;
mod support;
mod token;
