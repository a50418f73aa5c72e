#!/usr/bin/env python3
"""Measures synod beside etcd, in turns, on this machine: rounds of fresh three-node clusters.

side_by_side.py --loadgen PATH --synod PATH [--etcd PATH] [--rounds 3] [--seconds 10] OUT.jsonl

The load generator is any program with the flags used below that prints one line of JSON a run.
Prints a Markdown table of medians, spreads and ratios.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

POINTS = [("put", 1), ("put", 64), ("put", 256), ("get", 1), ("get", 64)]
CLIENT = [2379, 2389, 2399]


def etcd(binary, folder):
    members = ",".join(f"n{n}=http://127.0.0.1:{port + 1}" for n, port in enumerate(CLIENT))
    return [[binary, "--name", f"n{n}", "--data-dir", f"{folder}/n{n}",
             "--listen-client-urls", f"http://127.0.0.1:{port}", "--advertise-client-urls", f"http://127.0.0.1:{port}",
             "--listen-peer-urls", f"http://127.0.0.1:{port + 1}",
             "--initial-advertise-peer-urls", f"http://127.0.0.1:{port + 1}",
             "--initial-cluster", members, "--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error"]
            for n, port in enumerate(CLIENT)]


def synod(binary, folder):
    members = ",".join(f"127.0.0.1:{port}/127.0.0.1:{port + 1}" for port in CLIENT)
    return [[binary, "serve", f"--node={n}", "--cluster=beef", f"--members={members}", f"--data={folder}/n{n}"]
            for n in range(len(CLIENT))]


def load(options, op, clients, pids, *more):
    command = [options.loadgen, "etcd", "--endpoints", ",".join(f"127.0.0.1:{p}" for p in CLIENT), "--op", op,
               "--clients", str(clients), "--conns", "3", "--keys", "10000", "--value-size", "256", *more]
    if pids:
        command += ["--pids", pids]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-300:])
    return json.loads(done.stdout)


def wait_until_served(options):
    for _ in range(200):
        try:
            return load(options, "load", 1, "", "--seconds", "1", "--warmup", "0")
        except RuntimeError:
            time.sleep(0.1)
    raise RuntimeError("the cluster is not ready")


def measure(options, peer, binary, round_, out):
    folder = tempfile.mkdtemp(dir=options.data)
    commands = {"etcd": etcd, "synod": synod}[peer](binary, folder)
    nodes = [subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for c in commands]
    try:
        wait_until_served(options)
        pids = ",".join(str(node.pid) for node in nodes)
        for op, clients in POINTS:
            run = load(options, op, clients, pids, "--seconds", str(options.seconds), "--warmup", "2")
            run.update(peer=peer, point=f"{op} c={clients}", round=round_)
            out.write(json.dumps(run) + "\n")
            out.flush()
            print(f"{peer:6} {op} c={clients}: {run['ops_per_s']:.0f}/s p50 {run['p50_us']:.0f} us "
                  f"errors {run['errors']} servers {run.get('server_cpu_us_per_op', 0):.1f} us/op", flush=True)
    finally:
        for node in nodes:
            node.send_signal(signal.SIGTERM)
        for node in nodes:
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)


def table(path):
    runs = [json.loads(line) for line in open(path)]
    print("\n| point | synod ops/s | min..max | p50 us | p99 us | servers CPU us/op | etcd ops/s | min..max | p50 us "
          "| p99 us | servers CPU us/op | synod : etcd |")
    print("| --- " + "| ---: " * 11 + "|")
    for op, clients in POINTS:
        point, cells, rates = f"{op} c={clients}", [], {}
        for peer in ("synod", "etcd"):
            of = [run for run in runs if run["peer"] == peer and run["point"] == point]
            if not of:
                return

            def median(name):
                return statistics.median(run[name] for run in of)
            rates[peer] = median("ops_per_s")
            low, high = min(r["ops_per_s"] for r in of), max(r["ops_per_s"] for r in of)
            cells += [f"{rates[peer]:,.0f}", f"{low:,.0f}..{high:,.0f}", f"{median('p50_us'):,.0f}",
                      f"{median('p99_us'):,.0f}", f"{median('server_cpu_us_per_op'):.1f}"]
        print(f"| {point} | " + " | ".join(cells) + f" | {rates['synod'] / rates['etcd']:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loadgen", required=True)
    parser.add_argument("--synod", required=True)
    parser.add_argument("--etcd", default="etcd")
    parser.add_argument("--only", choices=["synod", "etcd"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--data", default=tempfile.gettempdir())
    parser.add_argument("out")
    options = parser.parse_args()
    with open(options.out, "a") as out:
        for round_ in range(options.rounds):
            for peer, binary in (("synod", options.synod), ("etcd", options.etcd)):
                if options.only in (None, peer):
                    measure(options, peer, os.path.abspath(binary) if os.path.exists(binary) else binary, round_, out)
    table(options.out)


main()
