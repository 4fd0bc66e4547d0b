#!/usr/bin/env python3
"""What a ping costs a server, counted and not timed: a busy machine counts like an idle one.

    counts.py DOORSTEP_BINARY [FORM:BATCH ...]

Each form is sent twice to servers of their own under `valgrind --tool=callgrind`, few pings and
then more; told is the difference for each ping: instructions, allocations, and the functions
that take most. Counted is the whole server, from the socket to the map.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

KEY = "dsk_measured0measured0measured0measured0"
CONFIG = Path(__file__).parent / "doorstep.toml"
COURIERS = 20_000
SECONDS = 15
# Until what was taken is on the map too, at a fiftieth of the pace.
SETTLING_SECONDS = 10
PINGS = {"single": (1_000, 12_000), "json": (20_000, 100_000), "binary": (50_000, 250_000)}
ALLOCATING = re.compile(
    r"^(malloc|calloc|realloc|memalign|mi_malloc|mi_zalloc|mi_realloc"
    r"|mi_malloc_aligned|mi_zalloc_aligned|mi_realloc_aligned)$"
)
FUNCTIONS_TOLD = 25


def main():
    binary, *forms = sys.argv[1:]
    forms = forms or ["single:1", "json:1000", "binary:1000"]
    for form, _, batch in (form.partition(":") for form in forms):
        few, more = (counted(binary, form, batch, pings) for pings in PINGS[form])
        pings = more[0] - few[0]
        each = {name: (count - few[1][name]) / pings for name, count in more[1].items()}
        calls = sum((more[2] - few[2]).values()) / pings
        print(f"{form} in requests of {batch}: {sum(each.values()):,.0f} instructions, "
              f"{calls:.2f} allocations")
        for name, count in sorted(each.items(), key=lambda item: -item[1])[:FUNCTIONS_TOLD]:
            print(f"  {count:8.0f}  {name[:110]}")


def counted(binary, form, batch, pings):
    """Pings acknowledged, instructions by function, and calls of the allocator."""
    directory = Path(tempfile.mkdtemp(prefix="counts-"))
    try:
        acknowledged = served(binary, form, batch, pings, directory)
        instructions, allocations = Counter(), Counter()
        for file in directory.glob("callgrind*"):
            read(file, instructions, allocations)
        return acknowledged, instructions, allocations
    finally:
        shutil.rmtree(directory)


def served(binary, form, batch, pings, directory):
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/callgrind"]
    serve = ["serve", "--listen", "127.0.0.1:0", "--config", CONFIG, "--data-dir", directory / "d"]
    environment = os.environ | {"DOORSTEP_LOG": "warn", "DOORSTEP_ADMIN_KEY": KEY}
    server = subprocess.Popen(valgrind + [binary] + serve, env=environment,
                              stderr=subprocess.PIPE, text=True)
    said = (line.partition("listening on ")[2].strip() for line in server.stderr)
    url = next(filter(None, said))
    drive = [binary, "simulate", "couriers", "--json", "--server", url, "--key", KEY,
             "--couriers", str(COURIERS)]
    subprocess.run(drive + ["--every", "1h", "--for", "1ms"], check=True, stdout=subprocess.DEVNULL)
    every_us = COURIERS * SECONDS * 1_000_000 // pings
    load = ["--registered", "--form", form, "--batch", batch, "--every", f"{every_us}us",
            "--for", f"{SECONDS}s", "--connections", "64"]
    figures = subprocess.run(drive + load, check=True, capture_output=True, text=True)
    time.sleep(SETTLING_SECONDS)
    server.send_signal(signal.SIGTERM)
    server.communicate()
    return json.loads(figures.stdout)["acknowledged"]


def read(file, instructions, allocations):
    """Adds one file of callgrind's: its own format, version 1, with compressed names."""
    names, inside, called, is_of_call = {}, None, None, False
    for line in file.open():
        named = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line)
        if named:
            kind, number, name = named.groups()
            names.setdefault(number, (name or "").strip())
            inside, called = (number, called) if kind == "fn" else (inside, number)
        elif line.startswith("calls="):
            is_of_call = True
            if ALLOCATING.match(names[called]):
                allocations[names[called]] += int(line[6:].split()[0])
        elif line[:1].isdigit() or line[:1] in "+-*":
            if not is_of_call:
                instructions[names[inside]] += int(line.split()[1])
            is_of_call = False


if __name__ == "__main__":
    main()
