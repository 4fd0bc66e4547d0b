#!/usr/bin/env python3
"""The same day's pay by Doorstep and by DuckDB, from the same file, to the cent.

    peer.py DOORSTEP_BINARY CONFIG EVENTS DAY [RUNS]

Both take turns; printed is one line of JSON with the median seconds of each. Fails where any
courier's figures differ.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

import day_sql

MARKET = "sf"
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FIGURES = ["total_minor", "worked_seconds", "peak_seconds", "deliveries", "tip_minor"]


def main():
    binary, config, events, day, *runs = sys.argv[1:]
    figures = {}
    for _ in range(int(runs[0]) if runs else 3):
        ours = doorstep(binary, config, events, day)
        theirs = peer(config, events, day)
        compare(ours.pop("pay"), theirs.pop("pay"))
        for name, value in (ours | theirs).items():
            figures.setdefault(name, []).append(value)
    medians = {name: statistics.median(values) for name, values in figures.items()}
    print(json.dumps(medians | {"duckdb_version": duckdb.__version__}))


def doorstep(binary, config, events, day):
    """Seconds of a durable import, of everybody's pay, and of a recomputation from the log."""
    data = tempfile.mkdtemp(prefix="peer-", dir=Path(events).parent)
    command = [binary, "--config", config, "--data-dir", data]
    of_day = ["--market", MARKET, "--day", day, "--json"]
    try:
        _, import_s = timed(run, command + ["import", "events", events, "--json"])
        listed, list_s = timed(run, command + ["pay"] + of_day)
        _, recompute_s = timed(run, command + ["reconcile"] + of_day)
    finally:
        shutil.rmtree(data)
    pay = {row["courier_id"]: [row[name] for name in FIGURES] for row in json.loads(listed)}
    return {
        "couriers": len(pay),
        "doorstep_import_s": import_s,
        "doorstep_list_s": list_s,
        "doorstep_recompute_s": recompute_s,
        "pay": pay,
    }


def peer(config, events, day):
    """Seconds of loading the file into a database file, and of pricing what it holds."""
    market = tomllib.loads(Path(config).read_text())["markets"][MARKET]
    directory = tempfile.mkdtemp(prefix="duckdb-", dir=Path(events).parent)
    try:
        with duckdb.connect(f"{directory}/day.duckdb") as database:
            _, load_s = timed(load, database, events)
            rows, price_s = timed(price, database, market, date.fromisoformat(day))
    finally:
        shutil.rmtree(directory)
    pay = {courier: list(figures) for courier, *figures in rows}
    return {"duckdb_load_s": load_s, "duckdb_price_s": price_s, "pay": pay}


def load(database, events):
    database.execute(day_sql.LOAD, [str(events)])
    database.execute("checkpoint")


def price(database, market, day):
    zone, plan = ZoneInfo(market["time_zone"]), market["pay"]
    assert (plan["overlap"], plan["multiplies"]) == ("union", "time"), "the query knows no other"
    database.execute(day_sql.PIECE)
    database.executemany("insert into piece values (?, ?, ?)", pieces(zone, plan["windows"], day))
    query = day_sql.PRICE.format(
        per_hour=plan["per_hour_minor"],
        per_delivery=plan["per_delivery_minor"],
        per_km=plan["per_km_minor"],
    )
    return database.execute(query).fetchall()


def pieces(zone, windows, day):
    """The local day in pieces of one multiplier each: start, end in microseconds, basis points."""
    midnights = [local(zone, day, "00:00"), local(zone, day + timedelta(days=1), "00:00")]
    peaks = []
    for window in windows:
        if WEEKDAYS[day.weekday()] in window.get("days", WEEKDAYS):
            start, end = (local(zone, day, window[edge]) for edge in ("from", "to"))
            peaks.append((start, end, round(float(window["multiplier"]) * 10_000)))
    edges = sorted({*midnights, *(edge for start, end, _ in peaks for edge in (start, end))})
    highest = lambda at: max((bp for start, end, bp in peaks if start <= at < end), default=10_000)
    return [(start, end, highest(start)) for start, end in zip(edges, edges[1:])]


def local(zone, day, clock):
    instant = datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), zone)
    return (instant - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)


def compare(ours, theirs):
    different = [
        f"{courier}: {ours.get(courier)} by doorstep, {theirs.get(courier)} by DuckDB"
        for courier in sorted(ours.keys() | theirs.keys())
        if ours.get(courier) != theirs.get(courier)
    ]
    if different:
        shown = "\n".join(different[:10])
        sys.exit(f"{len(different)} couriers differ in {FIGURES}:\n{shown}")


def run(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def timed(function, *arguments):
    began = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - began


if __name__ == "__main__":
    main()
