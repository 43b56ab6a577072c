//! The whole: the all-in-one, and three processes on one Postgres, alone and behind the gateway, through the same journeys.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and a table of cases is long"
)]

mod admin;
mod all_in_one;
mod backup;
mod browser;
mod canaries;
mod containers;
mod deployment;
mod dist;
mod doctor;
mod export;
mod gateway;
mod journey;
mod kubernetes;
mod observability;
mod openapi;
mod person;
mod project_access;
mod reports;
mod roles;
mod rolling;
mod sessions;
mod start;
mod tls;
mod tools;
mod traces;
mod units;
mod upgrade;
mod web;
