//! Dispatch: a city that asks for six hundred deliveries a second, with two thousand couriers and
//! with two hundred thousand; and a thousand couriers who accept one delivery at once. Server and
//! load share this machine.

use super::machine::{self, cpu_seconds, resident_mib};
use super::server::{Server, Template, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, MIB};
use serde_json::{Map, Value};

/// Couriers of the city of which each has a stream.
const COURIERS: u32 = 2_000;

/// Couriers of the larger one, and how many of them listen.
const COURIERS_MANY: u32 = 200_000;
const LISTENING: u32 = 2_000;

/// Couriers who accept the same delivery.
const RACERS: u32 = 1_000;

const REQUESTS_PER_S: u32 = 600;

const MS: Unit = Unit("ms", 1.0, 1);

/// For each delivery, from its request to the door.
const EACH: Unit = Unit("", 1.0, 2);

/// Runs all of it on release binaries, each run on a data directory of its own; told are medians.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let (runs, seconds) = if bench.full { (3, 60) } else { (1, 20) };
    let cities = [(COURIERS, COURIERS), (COURIERS_MANY, LISTENING)];
    let mut rows = Vec::new();
    for (couriers, listening) in cities {
        let load = ["dispatch", "--streams", "1", "--requests-per-second", "1", "--for", "1s"];
        let template = Template::prepared(&bench.root, &binary, ("dispatch", couriers), &load)?;
        let run = || city(&template, listening, seconds);
        rows.push(medians((0..runs).map(|_| run()).collect::<Result<_, _>>()?));
    }
    print_city(&rows);
    println!("\n### One delivery, {RACERS} couriers\n");
    let load = ["race", "--rounds", "1"];
    let template = Template::prepared(&bench.root, &binary, ("race", RACERS), &load)?;
    let run = || race(&template, if bench.full { 20 } else { 5 });
    let row = medians((0..runs).map(|_| run()).collect::<Result<_, _>>()?);
    print_table(
        &[
            Column("races", "/rounds", COUNT),
            Column("with one winner", "/with_one_winner", COUNT),
            Column("won p50", "/won_ms/p50", MS),
            Column("most", "/won_ms/most", MS),
            Column("all answered p50", "/all_answered_ms/p50", MS),
            Column("most", "/all_answered_ms/most", MS),
            Column("asked to wait", "/asked_to_wait", COUNT),
        ],
        &[row],
    );
    Ok(())
}

fn print_city(rows: &[Value]) {
    println!("### A city: {REQUESTS_PER_S} requests a second\n");
    let columns = [
        Column("couriers", "/couriers", COUNT),
        Column("answered p50", "/latency_ms/request/p50", MS),
        Column("p99", "/latency_ms/request/p99", MS),
        Column("first offer p50", "/latency_ms/first_offer/p50", MS),
        Column("p99", "/latency_ms/first_offer/p99", MS),
        Column("accept p50", "/latency_ms/accept/p50", MS),
        Column("p99", "/latency_ms/accept/p99", MS),
        Column("status p99", "/latency_ms/status/p99", MS),
        Column("assigned p50", "/latency_ms/assigned/p50", MS),
        Column("p99", "/latency_ms/assigned/p99", MS),
    ];
    print_table(&columns, rows);
    println!();
    let columns = [
        Column("couriers", "/couriers", COUNT),
        Column("asked", "/asked", COUNT),
        Column("delivered", "/delivered", COUNT),
        Column("refused", "/refused", COUNT),
        Column("failed", "/failed", COUNT),
        Column("lost", "/proof/lost", COUNT),
        Column("twice", "/proof/doubled", COUNT),
        Column("two couriers", "/proof/with_two_couriers", COUNT),
        Column("CPU each", "/cpu_ms_each", MS),
        Column("commits each", "/commits_each", EACH),
        Column("memory", "/mib", MIB),
    ];
    print_table(&columns, rows);
}

/// One run: the load's figures, and what it has cost the server. Errors: also a load that has found
/// something lost, doubled, or given to two.
fn city(template: &Template, listening: u32, seconds: u32) -> Result<Value, String> {
    let server = template.serve_cold()?;
    let before = (cpu_seconds(server.pid()), commits(&server)?);
    let words = [
        ("--couriers", template.couriers),
        ("--streams", listening),
        ("--requests-per-second", REQUESTS_PER_S),
    ];
    let words = words.map(|(name, value)| [name.to_owned(), value.to_string()]).concat();
    let length = format!("{seconds}s");
    let mut load: Vec<&str> = vec!["dispatch", "--registered", "--for", &length];
    load.extend(words.iter().map(String::as_str));
    let mut row = server.simulates(&load)?;
    let delivered = row["delivered"].as_f64().unwrap_or(f64::NAN);
    let cpu_s = cpu_seconds(server.pid()) - before.0;
    row["cpu_ms_each"] = (cpu_s * 1e3 / delivered).into();
    row["commits_each"] = ((commits(&server)? - before.1) / delivered).into();
    row["mib"] = resident_mib(server.pid()).into();
    Ok(row)
}

fn commits(server: &Server) -> Result<f64, String> {
    Ok(server.figure("doorstep_store_commits_total")?.unwrap_or(0.0))
}

/// One run of races. Errors: also a race that nobody or several have won.
fn race(template: &Template, rounds: u32) -> Result<Value, String> {
    let server = template.serve_cold()?;
    let (couriers, rounds) = (template.couriers.to_string(), rounds.to_string());
    server.simulates(&["race", "--registered", "--couriers", &couriers, "--rounds", &rounds])
}

/// Of several runs, the median of each figure by itself.
fn medians(runs: Vec<Value>) -> Value {
    let Some(first) = runs.first() else {
        return Value::Null;
    };
    if let Some(fields) = first.as_object() {
        let of = |name: &String| runs.iter().map(|run| run[name].clone()).collect();
        let medians = fields.keys().map(|name| (name.clone(), medians(of(name))));
        return Value::Object(medians.collect::<Map<String, Value>>());
    }
    let mut figures: Vec<f64> = runs.iter().filter_map(Value::as_f64).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).map_or_else(|| first.clone(), |median| (*median).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_figure_has_a_median_of_its_own() {
        let run = |p50: u32, p99: u32| json!({ "ms": { "p50": p50, "p99": p99 }, "why": "x" });
        let told = medians(vec![run(1, 30), run(3, 10), run(2, 20)]);
        assert_eq!(told, json!({ "ms": { "p50": 2.0, "p99": 20.0 }, "why": "x" }));
        assert_eq!(medians(vec![]), Value::Null);
    }
}
