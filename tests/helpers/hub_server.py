"""A server with the download API of the Hugging Face Hub."""

import contextlib
import hashlib
import http.server
import json
import pathlib
import threading

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextlib.contextmanager
def serving(repositories):
    """Serves folders as repositories.

    Args:
        repositories: Dict from `user/name` to folders.

    Yields:
        The address, for `HF_ENDPOINT`, and the list of requested paths.
    """
    requested = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self._answer(with_body=False)

        def do_GET(self):
            self._answer(with_body=True)

        def log_message(self, *_):
            pass

        def _answer(self, with_body):
            path = self.path.partition("?")[0]
            requested.append(path)
            for name, folder in repositories.items():
                if path.startswith(f"/api/models/{name}/tree/"):
                    return self._list(pathlib.Path(folder), with_body)
                if path.startswith(f"/api/models/{name}"):
                    return self._describe(name, pathlib.Path(folder), with_body)
                prefix = f"/{name}/resolve/"
                if path.startswith(prefix):
                    file = path.removeprefix(prefix).partition("/")[2]
                    file = pathlib.Path(folder, file)
                    if not file.is_file():
                        return self._refuse("EntryNotFound")
                    return self._send(file.read_bytes(), with_body)
            self._refuse("RepoNotFound")

        def _refuse(self, reason):
            self.send_response(404)
            self.send_header("X-Error-Code", reason)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _describe(self, name, folder, with_body):
            files = [p.relative_to(folder).as_posix() for p in _files(folder)]
            siblings = [{"rfilename": file} for file in files]
            info = {"id": name, "sha": COMMIT, "siblings": siblings}
            info |= {"private": False, "tags": [], "downloads": 0, "likes": 0}
            self._send(json.dumps(info).encode(), with_body)

        def _list(self, folder, with_body):
            entries = [
                {
                    "type": "file",
                    "path": path.relative_to(folder).as_posix(),
                    "size": path.stat().st_size,
                    "oid": hashlib.sha1(path.read_bytes()).hexdigest(),
                }
                for path in _files(folder)
            ]
            self._send(json.dumps(entries).encode(), with_body)

        def _send(self, data, with_body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/json")
            self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if with_body:
                self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requested
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())
