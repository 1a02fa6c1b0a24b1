"""Downloads against a real server: progress, checksum, and going on where it broke off."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from vae_core.data import download
from vae_core.errors import LoupeError

CONTENT = np.random.default_rng(0).bytes(3_000_000)


class Server(ThreadingHTTPServer):
    """Serves CONTENT; can break off, answer without ranges, or send something else."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.break_after, self.ranges, self.content = [], [], True, CONTENT

    def starts(self):
        return [int(wanted[6:-1] or 0) for wanted in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range", "")
        self.server.requests.append(wanted)
        first = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        body = self.server.content[first:]
        if self.path != "/file.bin" or not body:
            self.send_error(416 if not body else 404)
            return
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.break_after.pop(0)] if self.server.break_after else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def source():
    source = Server()
    thread = threading.Thread(target=source.serve_forever, args=(0.01,))
    thread.start()
    yield source
    source.shutdown()
    source.server_close()
    thread.join()


@pytest.fixture
def file(source):
    checksum = hashlib.sha256(CONTENT).hexdigest()
    return download.File(f"http://127.0.0.1:{source.server_port}/file.bin", f"sha256:{checksum}")


def test_once_with_progress(source, file, settings):
    seen = []
    path = download.fetch(file, settings, lambda *state: seen.append(state))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == ("Downloading file.bin", len(CONTENT), len(CONTENT)) and len(seen) > 3
    assert download.fetch(file, settings) == path and len(source.requests) == 1


def test_a_broken_connection_goes_on_by_itself(source, file, settings):
    source.break_after = [700_000, 900_000]
    assert download.fetch(file, settings).read_bytes() == CONTENT
    assert [start // 100_000 for start in source.starts()] == [0, 6, 15]  # less than a block of each part is lost


def test_a_later_attempt_goes_on_where_the_first_one_stopped(source, file, settings):
    source.break_after = [1_000_000, 0]  # then the server says nothing more
    with pytest.raises(LoupeError, match="LOUPE_DATA"):
        download.fetch(file, settings)
    assert not download.path(file, settings).exists()
    assert download.fetch(file, settings).read_bytes() == CONTENT
    first, second, third = source.starts()
    assert first == 0 and second == third > 900_000
    assert {path.name for path in (settings.cache / "downloads").iterdir()} <= {"file.bin", "file.bin.lock"}


def test_a_server_without_ranges_sends_everything_again(source, file, settings):
    partial = settings.cache / "downloads" / "file.bin.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"old" * 1000)
    source.ranges = False
    assert download.fetch(file, settings).read_bytes() == CONTENT


def test_a_part_that_is_the_whole_file(source, file, settings):
    partial = settings.cache / "downloads" / "file.bin.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CONTENT)
    assert download.fetch(file, settings).read_bytes() == CONTENT


def test_a_wrong_file_is_refused_and_does_not_stay(source, file, settings):
    source.content = CONTENT[:-1] + b"!"
    with pytest.raises(LoupeError, match="damaged"):
        download.fetch(file, settings)
    assert {path.name for path in (settings.cache / "downloads").iterdir()} <= {"file.bin.lock"}
    source.content = CONTENT
    assert download.fetch(file, settings).read_bytes() == CONTENT


def test_what_was_damaged_since_it_came_is_fetched_anew(source, file, settings):
    path = download.fetch(file, settings)
    path.write_bytes(b"?" + CONTENT[1:])
    assert download.fetch(file, settings).read_bytes() == CONTENT and len(source.requests) == 2


def test_no_such_file_and_no_server(source, file, settings):
    missing = download.File(file.url.replace("file.bin", "other.bin"), file.checksum)
    with pytest.raises(LoupeError, match="the server answered 404"):
        download.fetch(missing, settings)
    with pytest.raises(LoupeError, match="need no network"):
        download.fetch(download.File("http://127.0.0.1:9/file.bin", file.checksum), settings)
