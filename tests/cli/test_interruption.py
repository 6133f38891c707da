"""Ctrl-C while a source does not answer."""

import signal
import socket
import subprocess
import sys

PATIENCE = 120
"""Seconds, of which fewer than the source's timeout: who waits for the source is found out."""
# What starts in the background begins with Ctrl-C ignored.
COLLECT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from collector.cli.main import collect_main
collect_main()
"""


def test_ctrl_c_ends_a_run_whose_source_hangs_and_leaves_gaps(tmp_path, controlproof, initialised):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        initialised(url)
        configuration = tmp_path / "controlproof.yaml"
        text = configuration.read_text("utf-8")
        assert text.count(f"endpoint_url: {url}\n") == 1
        patient = text.replace(f"endpoint_url: {url}\n", f"endpoint_url: {url}\n      read_timeout: 300\n")
        configuration.write_text(patient, "utf-8")
        process = subprocess.Popen(
            [sys.executable, "-c", COLLECT],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            connection, _ = silent.accept()
            with connection:
                # The source was asked; it never answers.
                connection.settimeout(PATIENCE)
                assert connection.recv(1)
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    shown = controlproof("show").stdout
    assert shown.count("gap") >= 3
    assert "snapshot" not in shown
    assert controlproof("verify").returncode in (0, 3)
