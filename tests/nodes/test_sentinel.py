"""Redis fails over to a replica while people talk: Sentinel names the new master, and talk goes on."""

from __future__ import annotations

import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.process import free_port
from tests.nodes.checker import Talk
from tests.nodes.cluster import Cluster, Daemon
from tests.nodes.redis_server import HERE, MISSING, RedisServer
from tests.short_folder import short_folder

CONFIGURATION = """\
port {port}
dir {folder}
sentinel monitor hall 127.0.0.1 {master} 1
sentinel down-after-milliseconds hall 1000
sentinel failover-timeout hall 5000
"""


class SentinelTests(SynchronousTestCase):
    skip = MISSING or None

    def setUp(self) -> None:
        folder = short_folder(self)
        self.cluster = Cluster(folder)
        self.addCleanup(self.cluster.close)
        self.cluster.redis.stop()
        master, replica, self.port = free_port(), free_port(), free_port()
        self.master = self.server(folder / "master", master)
        self.replica = self.server(folder / "replica", replica, "--replicaof", "127.0.0.1", str(master))
        self.cluster.until(lambda: "master_link_status:up" in self.replica.run("INFO", "replication"))
        self.watch(folder, master)
        url = f"sentinel://127.0.0.1:{self.port}/hall"
        self.cluster.daemons += [Daemon(folder, name, url) for name in "ab"]

    def server(self, folder: Path, port: int, *more: str) -> RedisServer:
        server = RedisServer(folder, False, "--bind", "127.0.0.1", *more, port=port)
        self.addCleanup(server.stop)
        return server

    def watch(self, folder: Path, master: int) -> None:
        path = folder / "sentinel.conf"
        path.write_text(CONFIGURATION.format(port=self.port, folder=folder, master=master))
        with (folder / "sentinel.log").open("wb") as log:
            sentinel = subprocess.Popen([str(HERE), str(path), "--sentinel"], stdout=log, stderr=log)
        self.addCleanup(sentinel.wait)
        self.addCleanup(sentinel.kill)
        self.cluster.until(lambda: "slaves=1" in self.ask_sentinel("INFO", "sentinel"), 20)

    def ask_sentinel(self, *command: str) -> str:
        client = ["redis-cli", "-p", str(self.port), *command]
        return subprocess.run(client, capture_output=True, text=True, timeout=10, check=False).stdout

    def test_failover(self) -> None:
        """Nothing is lost in silence, nothing comes twice, and nobody has left."""
        cluster = self.cluster
        people = [cluster.enter(cluster.daemons[n % 2], f"p{n}") for n in range(10)]
        talk = Talk(cluster, people)
        talk.go_on(1)
        self.master.kill()
        talk.go_on(1)
        cluster.until(lambda: len([one for one in people if one.of("reunited")]) == len(people), 30)
        talk.go_on(2)
        talk.settle()
        told = {person.name for person in people if person.of("some_lost")}
        self.assertEqual([line for line in talk.missing() if line.split()[0] not in told], [])
        self.assertEqual(list(talk.doubled()) + list(talk.disordered()), [])
        self.assertEqual([person.name for person in people if person.of("left", "nickname_lost")], [])
        self.assertIn("role:master", self.replica.run("INFO", "replication"))
        for daemon in cluster.daemons:
            self.assertNotIn("Traceback", daemon.log)
