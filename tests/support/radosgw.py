"""A real S3 service with Object Lock: Ceph's RADOS Gateway on one monitor and one object store in memory.

Debian: `apt-get install radosgw ceph-mon ceph-osd`. It listens on the loopback address alone.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

NEEDED = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph-authtool", "monmaptool", "ceph")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
KEY, SECRET = "radosgw-test", "radosgw-test-secret"
PATIENCE = 120


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _configure(folder, port):
    fsid = uuid.uuid4()
    (folder / "ceph.conf").write_text(f"""[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{port}
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
run dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
osd objectstore = memstore
osd data = {folder}/osd
osd memstore size = 1073741824
mon data = {folder}/mon
mon allow pool size one = true
mon data avail crit = 1
mon data avail warn = 2
mon max pg per osd = 1000
mon warn on pool no redundancy = false
ms bind msgr2 = false
""")
    return fsid


class _Cluster:
    def __init__(self, folder):
        self._folder = folder
        self._settings = ["-c", folder / "ceph.conf", "--keyring", folder / "keyring"]

    def run(self, command, *arguments):
        """Run a tool to its end; give what it says."""
        done = subprocess.run(
            [command, *self._settings, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{command} {arguments}: {done.stderr[-2000:]}"
        return done.stdout

    @contextmanager
    def serving(self, command, *arguments):
        """Run a server."""
        with (self._folder / f"{command}.out").open("wb") as output:
            process = subprocess.Popen([command, *self._settings, "-f", *arguments], stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _prepare(cluster, folder, fsid, port):
    """Make the keys, the map of monitors and the empty stores."""
    tool = ["ceph-authtool", folder / "keyring", "--gen-key"]
    everything = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
    subprocess.run(
        [*tool, "--create-keyring", "-n", "mon.", "--cap", "mon", "allow *"], check=True, capture_output=True
    )
    subprocess.run([*tool, "-n", "client.admin", *everything], check=True, capture_output=True)
    monmap = folder / "monmap"
    address = f"[v1:127.0.0.1:{port}]"
    subprocess.run(
        ["monmaptool", "--create", "--addv", "a", address, "--fsid", str(fsid), monmap], check=True, capture_output=True
    )
    cluster.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)


@contextmanager
def radosgw():
    """Run one; give its URL. It knows one user, of KEY and SECRET."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="rgw-", ignore_cleanup_errors=True)))
        monitor, gateway = _free_port(), _free_port()
        fsid = _configure(folder, monitor)
        cluster = _Cluster(folder)
        _prepare(cluster, folder, fsid, monitor)
        running.enter_context(cluster.serving("ceph-mon", "-i", "a"))
        osd = str(uuid.uuid4())
        cluster.run("ceph", "osd", "new", osd)
        (folder / "osd").mkdir()
        cluster.run("ceph", "auth", "get-or-create", "osd.0", "mon", "allow profile osd", "osd", "allow *",
                    "-o", folder / "osd" / "keyring")  # fmt: skip
        cluster.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, "--keyring", folder / "osd" / "keyring")
        running.enter_context(cluster.serving("ceph-osd", "-i", "0", "--keyring", folder / "osd" / "keyring"))
        running.enter_context(
            cluster.serving("radosgw", "-n", "client.admin", f"--rgw-frontends=beast endpoint=127.0.0.1:{gateway}")
        )
        _await(gateway, folder)
        cluster.run("radosgw-admin", "user", "create", "--uid", "auditor", "--display-name", "auditor",
                    "--access-key", KEY, "--secret-key", SECRET)  # fmt: skip
        yield f"http://127.0.0.1:{gateway}"


def _await(port, folder):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/")
                connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    said = json.dumps({each.name: each.read_text("utf-8", "replace")[-500:] for each in folder.glob("*.out")})
    raise AssertionError(f"the gateway never answered: {said}")
